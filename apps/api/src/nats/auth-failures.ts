/**
 * Refused logins of NATS clients, gathered by who tried: a client that tries again every second is one row with a count, and never
 * crowds the others out. What the broker noted itself (the exact reason, and what happened before the console listened) is laid over.
 */
import type { AuthFailureRow, ConsoleConfig } from '@sluice/protocol/console';
import type { NotedAuthError } from '../presenters/own-statistics.ts';

/** Rows kept; of more, the one whose last try is longest ago goes. */
const MAX_ROWS = 1000;
/** What an event says, which names no reason. */
const USUAL_REASON = 'Authentication Failure';

export interface RefusedLogin {
  readonly cid: number;
  readonly serverId: string;
  readonly user: string | null;
  readonly name: string | null;
  readonly address: string;
  readonly client: string | null;
  readonly reason: string;
  readonly atMs: number;
}

interface Gathered {
  readonly id: string;
  /** The newest try. */
  last: RefusedLogin;
  readonly firstAtMs: number;
  tries: number;
}

export class AuthFailures {
  /** In the order of their last tries, oldest first. */
  readonly #rows = new Map<string, Gathered>();

  add(login: RefusedLogin): void {
    const id = [login.serverId, login.user ?? '', login.name ?? '', login.address].join('\n');
    const known = this.#rows.get(id);
    this.#rows.delete(id);
    const client = login.client ?? known?.last.client ?? null;
    this.#rows.set(id, {
      id,
      last: { ...login, client },
      firstAtMs: Math.min(known?.firstAtMs ?? login.atMs, login.atMs),
      tries: (known?.tries ?? 0) + 1,
    });
    const [oldest] = this.#rows.keys();
    if (this.#rows.size > MAX_ROWS && oldest !== undefined) this.#rows.delete(oldest);
  }

  /** What the broker noted: reasons of tries that are known, and tries that nobody told of. Newest first, as it tells them. */
  learn(serverId: string, noted: readonly NotedAuthError[]): void {
    for (const { cid, user, name, host, reason, atMs } of [...noted].reverse()) {
      const row = this.#rowOf(serverId, cid);
      if (row === undefined) this.#addEarlier({ cid, serverId, user, name, address: host, client: null, reason, atMs });
      else if (row.last.reason === USUAL_REASON) row.last = { ...row.last, reason };
    }
  }

  /** Every row, with what the configuration says of it; undefined where that is not known. */
  rows(config: ConsoleConfig | undefined): AuthFailureRow[] {
    return [...this.#rows.values()].map(({ id, last, firstAtMs, tries }) => {
      const { user, name, address, client, reason, atMs } = last;
      return { id, user, name, address, client, tries, firstAtMs, lastAtMs: atMs, reason, hint: hintFor(last, config) };
    });
  }

  #rowOf(serverId: string, cid: number): Gathered | undefined {
    for (const row of this.#rows.values()) if (row.last.cid === cid && row.last.serverId === serverId) return row;
    return undefined;
  }

  /** A try that is older than a known one of the same client was counted with it. */
  #addEarlier(login: RefusedLogin): void {
    for (const { last } of this.#rows.values()) {
      const isSame = last.serverId === login.serverId && last.user === login.user && last.name === login.name;
      if (isSame && last.address === login.address && last.atMs >= login.atMs) return;
    }
    this.add(login);
  }
}

/** What the configuration says of a refused login, and what would help; null where nothing is known. */
export function hintFor(
  { user, reason }: Pick<RefusedLogin, 'user' | 'reason'>,
  config: ConsoleConfig | undefined,
): string | null {
  if (reason === 'too many wrong credentials')
    return 'Wrong credentials came too often from its address, so tries from there are slowed down for a while. Correct the credentials and wait.';
  if (reason === 'Authentication Timeout')
    return 'It connected and did not log in within authorization.timeout: look for a client that never sends CONNECT, or speaks another protocol.';
  if (config === undefined) return null;
  if (user === null)
    return config.isAnonymousAllowed
      ? null
      : 'It named no user, and this server lets nobody in without credentials. A wrong token looks the same.';
  if (config.users.length === 0) return null;
  const known = config.users.find(({ username }) => username === user);
  if (known === undefined)
    return `The configuration has no user ${user}. Correct the name, or add the user under Config, NATS users.`;
  const secret = known.hasPassword ? 'the password is wrong' : 'its signature does not fit';
  return `There is a user ${user} in account ${known.account}: ${secret}.`;
}
