/** Who would lose the connection by a change: asked before it is made, so that an operator can decide. */
import { GLOBAL_ACCOUNT } from '../../account/accounts.ts';
import type { ClientConnection } from '../../client/client-connection.ts';
import type { ResolvedOptions, UserOptions } from '../../options.ts';
import type { Server } from '../../server.ts';

export interface DroppedClient {
  readonly cid: number;
  readonly name?: string;
  readonly user?: string;
  readonly why: string;
}

/** Clients listed; the count goes on. */
const MAX_LISTED = 500;

/** Reads every connection once. */
export function findDropped(server: Server, next: ResolvedOptions): { listed: DroppedClient[]; total: number } {
  const judge = new Judge(server.options, next);
  const listed: DroppedClient[] = [];
  let total = 0;
  for (const client of server.clients.values()) {
    const why = judge.verdict(client);
    if (why === undefined) continue;
    total++;
    if (listed.length < MAX_LISTED) listed.push(describe(client, why));
  }
  return { listed, total };
}

function describe(client: ClientConnection, why: string): DroppedClient {
  const name = client.connectOptions?.name ?? '';
  const user = client.identity?.user ?? '';
  return { cid: client.cid, ...(name === '' ? {} : { name }), ...(user === '' ? {} : { user }), why };
}

class Judge {
  private readonly before: ResolvedOptions;
  private readonly next: ResolvedOptions;
  private readonly usersBefore: ReadonlyMap<string, UserOptions>;
  private readonly usersNext: ReadonlyMap<string, UserOptions>;
  private seen = 0;

  constructor(before: ResolvedOptions, next: ResolvedOptions) {
    this.before = before;
    this.next = next;
    this.usersBefore = usersByName(before);
    this.usersNext = usersByName(next);
  }

  /** Why this client goes, or undefined when it stays. Connections are asked in the order of the registry, as a reload does. */
  verdict(client: ClientConnection): string | undefined {
    this.seen++;
    const { maxConnections } = this.next;
    if (maxConnections > 0 && this.seen > maxConnections) return 'max_connections is lower';
    const connect = client.connectOptions;
    const hasCredentials = [connect?.user, connect?.nkey, connect?.auth_token, connect?.jwt].some(
      (text) => text !== undefined && text !== '',
    );
    return hasCredentials ? this.verdictOnUser(client) : this.verdictOnAnonymous(client);
  }

  private verdictOnUser(client: ClientConnection): string | undefined {
    const name = client.identity?.user ?? '';
    const before = this.usersBefore.get(name);
    const next = this.usersNext.get(name);
    if (before === undefined) return undefined;
    if (next === undefined) return `user ${name} is removed`;
    if (accountOf(before) !== accountOf(next)) return `user ${name} moves to account ${accountOf(next)}`;
    if (before.password !== next.password && client.connectOptions?.pass !== next.password) {
      return `the password of ${name} changes`;
    }
    return undefined;
  }

  private verdictOnAnonymous(client: ClientConnection): string | undefined {
    const { auth } = this.next;
    const isClosed = auth.users.length > 0 || auth.user !== undefined || auth.token !== undefined;
    if (!isClosed) return undefined;
    const user = auth.noAuthUser === undefined ? undefined : this.usersNext.get(auth.noAuthUser);
    if (user === undefined) return this.isOpenTo(this.before) ? 'clients must authenticate' : undefined;
    const account = client.account?.name;
    return account !== undefined && accountOf(user) !== account ? `no_auth_user is in account ${accountOf(user)}` : undefined;
  }

  private isOpenTo(options: ResolvedOptions): boolean {
    const { auth } = options;
    return auth.noAuthUser !== undefined || (auth.users.length === 0 && auth.user === undefined && auth.token === undefined);
  }
}

function usersByName(options: ResolvedOptions): Map<string, UserOptions> {
  return new Map(options.auth.users.map((user) => [user.user, user]));
}

function accountOf(user: UserOptions): string {
  return user.account ?? GLOBAL_ACCOUNT;
}
