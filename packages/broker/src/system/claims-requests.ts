/**
 * Account JWTs over `$SYS`, for a server whose resolver is a folder: push, look up, list, delete, and hand all of them over.
 * Source: nats-server server/accounts.go DirAccResolver.Start; the answers are those of 2.15.1.
 */
import type { ReceivedMessage } from '../account/internal-subscriber.ts';
import { AccountFolder, isAccountId } from '../auth/jwt/account-folder.ts';
import { asTexts, decodeJwt, type JwtClaims } from '../auth/jwt/decode-jwt.ts';
import { Trust } from '../auth/jwt/trust.ts';
import type { Server } from '../server.ts';
import type { Speaker } from './speaker.ts';
import type { SystemActions } from './system-services.ts';

type Decoded = { readonly ok: true; readonly claims: JwtClaims } | { readonly ok: false; readonly error: string };

/** The services, when there is a folder; none otherwise. */
export function subscribeClaims(server: Server, speaker: Speaker, actions: SystemActions): (() => void)[] {
  const folder = server.options.operator?.folder;
  if (folder === undefined) return [];
  return new ClaimsRequests(server, speaker, { actions, folder: new AccountFolder(server.env.disk, folder) }).subscribe();
}

class ClaimsRequests {
  private readonly server: Server;
  private readonly speaker: Speaker;
  private readonly actions: SystemActions;
  private readonly folder: AccountFolder;

  constructor(server: Server, speaker: Speaker, parts: { readonly actions: SystemActions; readonly folder: AccountFolder }) {
    this.server = server;
    this.speaker = speaker;
    this.actions = parts.actions;
    this.folder = parts.folder;
  }

  subscribe(): (() => void)[] {
    const { account } = this.speaker;
    const update = (request: ReceivedMessage) => this.update(request);
    return [
      account.subscribe('$SYS.REQ.CLAIMS.UPDATE', update),
      account.subscribe('$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE', update),
      account.subscribe('$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP', (request) => this.lookUp(request)),
      account.subscribe('$SYS.REQ.CLAIMS.LIST', (request) => this.list(request)),
      account.subscribe('$SYS.REQ.CLAIMS.DELETE', (request) => this.delete(request)),
      account.subscribe('$SYS.REQ.CLAIMS.PACK', (request) => this.pack(request)),
    ];
  }

  private update(request: ReceivedMessage): void {
    const jwt = textOf(request);
    const named = request.subject.startsWith('$SYS.REQ.ACCOUNT.') ? request.subject.split('.')[3] : undefined;
    const decoded = decode(jwt);
    const account = named ?? (decoded.ok ? decoded.claims.subject : 'n/a');
    const problem = decoded.ok ? this.take(decoded.claims, jwt, account) : decoded.error;
    if (problem === undefined) return this.answer(request, { data: { account, code: 200, message: 'jwt updated' } });
    this.answer(request, { error: { account, code: 500, description: `jwt update resulted in error - ${problem}` } });
  }

  /** Stores the JWT and takes it into force; says why not. Whether it is trusted shows when users come. */
  private take(claims: JwtClaims, jwt: string, account: string): string | undefined {
    if (claims.type !== 'account') return 'not account claim';
    if (claims.subject !== account || !isAccountId(account)) return 'subject does not match jwt content';
    try {
      this.folder.write(account, jwt);
      this.reload();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  private reload(): void {
    const { operator } = this.server.options;
    if (operator !== undefined) this.actions.reload({ operator: { ...operator, preload: this.folder.readAll() } });
  }

  private lookUp(request: ReceivedMessage): void {
    const id = request.subject.split('.')[3] ?? '';
    this.speaker.reply(request, this.folder.readAll()[id] ?? '');
  }

  private list(request: ReceivedMessage): void {
    this.answer(request, { data: Object.keys(this.folder.readAll()) });
  }

  /** A generic claim that a trusted operator has signed names the accounts. */
  private delete(request: ReceivedMessage): void {
    const decoded = decode(textOf(request));
    const fail = (by: string, problem: string) =>
      this.answer(request, { error: { code: 500, description: `delete accounts request by ${by} failed - ${problem}` } });
    if (!decoded.ok) return fail('', decoded.error);
    const { claims } = decoded;
    const { operator } = this.server.options;
    if (operator === undefined || !new Trust(operator).isTrustedKey(claims.issuer)) return fail(claims.issuer, 'not trusted');
    if (operator.folder?.mayDelete !== true) return fail(claims.issuer, 'delete must be enabled in server config');
    const accounts = asTexts(claims.nats['accounts']);
    if (accounts.length === 0) return fail(claims.issuer, 'malformed request');
    const count = accounts.filter((id) => this.folder.delete(id)).length;
    this.reload();
    this.answer(request, { data: { code: 200, message: `deleted ${count} accounts` } });
  }

  /** One message per account, and an empty one at the end. */
  private pack(request: ReceivedMessage): void {
    for (const [id, jwt] of Object.entries(this.folder.readAll())) this.speaker.reply(request, `${id}|${jwt}`);
    this.speaker.reply(request, '');
  }

  private answer(request: ReceivedMessage, body: object): void {
    this.speaker.reply(request, { server: this.speaker.identity(), ...body });
  }
}

function textOf(request: ReceivedMessage): string {
  return Buffer.from(request.payload).toString('utf8').trim();
}

function decode(jwt: string): Decoded {
  if (jwt.split('.').length !== 3) return { ok: false, error: 'expected 3 chunks' };
  return decodeJwt(jwt);
}
