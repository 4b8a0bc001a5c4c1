/**
 * Account JWTs over `$SYS`. Every server takes those of accounts that it knows; one whose resolver is a folder keeps them, tells what it
 * has, and compares itself with the others. Source: nats-server server/events.go accountClaimUpdate, server/accounts.go
 * DirAccResolver.Start, CacheDirAccResolver.Start; the answers are those of 2.15.1.
 */
import type { ReceivedMessage } from '../account/internal-subscriber.ts';
import type { AccountFolder } from '../auth/jwt/account-folder.ts';
import { isAccountId } from '../auth/jwt/account-folder.ts';
import { accountProblems } from '../auth/jwt/account-problems.ts';
import { asTexts, decodeJwt, type JwtClaims } from '../auth/jwt/decode-jwt.ts';
import type { KnownAccounts } from '../auth/jwt/known-accounts.ts';
import { applyClaims, removeAccount } from '../client/apply-claims.ts';
import { inboxPrefix, type Server } from '../server.ts';
import type { Speaker } from './speaker.ts';

/** How often servers compare what they hold, when the configuration does not say. */
const DEFAULT_INTERVAL_MS = 60_000;
/** Files whose time is over are looked for this often at least. */
const MAX_EXPIRE_CHECK_MS = 60_000;

/** What the answer to a push says of it: the words differ between kinds of resolvers. */
const WORDS = {
  memory: { failed: 'jwt update resulted in error', done: 'jwt updated', skipped: 'jwt update skipped' },
  full: { failed: 'jwt update resulted in error', done: 'jwt updated', skipped: '' },
  cache: { failed: 'jwt update cache resulted in error', done: 'jwt updated cache', skipped: 'jwt update cache skipped' },
} as const;
type Kind = keyof typeof WORDS;

/** Subscribes what the server's resolver serves; the functions end it. */
export function subscribeClaims(server: Server, speaker: Speaker): (() => void)[] {
  return new ClaimsRequests(server, speaker).subscribe();
}

class ClaimsRequests {
  private readonly server: Server;
  private readonly speaker: Speaker;

  constructor(server: Server, speaker: Speaker) {
    this.server = server;
    this.speaker = speaker;
  }

  private get kind(): Kind {
    const kind = this.server.options.operator?.resolver?.kind;
    return kind === 'full' || kind === 'cache' ? kind : 'memory';
  }

  subscribe(): (() => void)[] {
    const { account } = this.speaker;
    const { known } = this.server;
    const update = (request: ReceivedMessage) => this.update(request);
    const pushes = ['$SYS.ACCOUNT.*.CLAIMS.UPDATE', '$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE'].map((subject) =>
      account.subscribe(subject, update),
    );
    const folder = known?.resolver.folder;
    if (known === undefined || folder === undefined) return pushes;
    return [
      ...pushes,
      account.subscribe('$SYS.REQ.CLAIMS.UPDATE', update),
      account.subscribe('$SYS.REQ.CLAIMS.LIST', (request) => this.list(request, folder)),
      account.subscribe('$SYS.REQ.CLAIMS.DELETE', (request) => this.delete(request, known, folder)),
      ...(this.kind === 'full' ? this.subscribeFull(known, folder) : []),
      this.expireRegularly(folder),
    ];
  }

  /** What a server that holds all accounts does for the others. */
  private subscribeFull(known: KnownAccounts, folder: AccountFolder): (() => void)[] {
    const { account } = this.speaker;
    const own = inboxPrefix(this.server.id);
    const packs = `${own}PACK`;
    const isOwn = (reply: string): boolean => reply.startsWith(own);
    const pack = (request: ReceivedMessage) => this.pack(request, folder);
    const resolver = this.server.options.operator?.resolver;
    const intervalMs = resolver?.kind === 'full' ? (resolver.intervalMs ?? DEFAULT_INTERVAL_MS) : DEFAULT_INTERVAL_MS;
    const timer = this.server.env.clock.setRepeatingTimer(intervalMs, () => {
      account.publish('$SYS.REQ.CLAIMS.PACK', folder.hash(), { reply: packs });
    });
    return [
      account.subscribe('$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP', (request) => {
        if (!isOwn(request.reply)) this.lookUp(request, folder);
      }),
      account.subscribe('$SYS.REQ.CLAIMS.PACK', pack, { queue: 'responder', refuses: isOwn }),
      account.subscribe(packs, (message) => this.merge(message, known, folder)),
      () => timer.cancel(),
    ];
  }

  private expireRegularly(folder: AccountFolder): () => void {
    const { ttlMs } = folder.options;
    const everyMs = ttlMs === undefined ? MAX_EXPIRE_CHECK_MS : Math.min(MAX_EXPIRE_CHECK_MS, Math.max(1, ttlMs / 2));
    const timer = this.server.env.clock.setRepeatingTimer(everyMs, () => folder.expire());
    return () => timer.cancel();
  }

  private update(request: ReceivedMessage): void {
    const jwt = textOf(request);
    const named = accountOf(request.subject);
    const decoded = decodeJwt(jwt);
    const isFull = this.kind === 'full';
    const subject = decoded.ok && decoded.claims.type === 'account' ? decoded.claims.subject : undefined;
    // A full resolver says no name as long as it cannot read the JWT.
    const account = (isFull && subject === undefined ? undefined : named) ?? subject ?? 'n/a';
    if (this.kind === 'memory' && jwt === '') return this.respond(request, account, 'jwt update error', 'request body is empty');
    const { failed, done, skipped } = WORDS[this.kind];
    if (!decoded.ok) return this.respond(request, account, failed, decoded.error);
    const { claims } = decoded;
    if (claims.type !== 'account') return this.respond(request, account, failed, 'not account claim');
    const invalid = this.kind === 'memory' ? [] : accountProblems(claims, 0).filter(({ isOfTime }) => !isOfTime);
    const validation = invalid.length === 0 ? undefined : `validation errors: [${invalid.map(({ text }) => text).join(' ')}]`;
    if (isFull && validation !== undefined) return this.respond(request, claims.subject, 'jwt validation failed', validation);
    if (claims.subject !== account) return this.respond(request, account, failed, 'subject does not match jwt content');
    const strict = this.strictProblem(claims);
    if (strict !== undefined) return this.respond(request, account, failed, strict);
    const isKnown = this.server.known?.trust.find(account) !== undefined;
    if (!isFull && !isKnown) return this.respond(request, account, skipped);
    if (validation !== undefined) return this.respond(request, account, 'jwt update cache validation failed', validation);
    const problem = this.take(account, jwt);
    return problem === undefined ? this.respond(request, account, done) : this.respond(request, account, failed, problem);
  }

  /** An operator may bind itself to sign with its signing keys only. */
  private strictProblem({ issuer }: JwtClaims): string | undefined {
    const operator = this.server.known?.trust.operators[0];
    const isStrict = operator?.nats['strict_signing_key_usage'] === true && this.kind !== 'memory';
    return isStrict && operator?.subject === issuer ? 'operator requires issuer to be a signing key' : undefined;
  }

  /** Stores the JWT and takes it into force; says why it could not be stored. Whether it is trusted shows when users come. */
  private take(account: string, jwt: string): string | undefined {
    const { known, env } = this.server;
    if (known === undefined) return 'account validation failed';
    const { folder } = known.resolver;
    if (folder === undefined) return applyClaims(this.server, known, account, jwt);
    try {
      if (!folder.save(account, jwt)) return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const problem = applyClaims(this.server, known, account, jwt);
    if (problem === undefined) return undefined;
    const what = this.kind === 'cache' ? 'Update' : `Update for account ${JSON.stringify(account)}`;
    env.log.write('ERR', `DirResolver - ${what} resulted in error ${problem}`);
    return undefined;
  }

  private lookUp(request: ReceivedMessage, folder: AccountFolder): void {
    this.speaker.reply(request, folder.load(accountOf(request.subject) ?? '') ?? '');
  }

  private list(request: ReceivedMessage, folder: AccountFolder): void {
    this.answer(request, { data: folder.all().map(([id]) => id) });
  }

  /** A generic claim that the operator has signed names the accounts. */
  private delete(request: ReceivedMessage, known: KnownAccounts, folder: AccountFolder): void {
    const decoded = decodeJwt(textOf(request));
    const problem = decoded.ok ? this.deleteProblem(decoded.claims, known, folder) : decoded.error;
    if (problem !== undefined) {
      const by = decoded.ok ? decoded.claims.subject : '';
      return this.respond(request, '', `delete accounts request by ${by} failed`, problem);
    }
    const accounts = decoded.ok ? asTexts(decoded.claims.nats['accounts']) : [];
    const failures: string[] = [];
    for (const id of accounts) {
      try {
        folder.delete(id);
        removeAccount(this.server, known, id);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
    const count = accounts.length - failures.length;
    if (failures.length === 0) return this.respond(request, '', `deleted ${count} accounts`);
    this.respond(request, '', `deleted ${count} accounts, failed for ${failures.length}`, failures.join('\n'));
  }

  private deleteProblem(claims: JwtClaims, { trust }: KnownAccounts, folder: AccountFolder): string | undefined {
    if (!folder.options.mayDelete) return 'delete must be enabled in server config';
    if (claims.subject !== claims.issuer) return 'not self signed';
    if (!trust.isTrustedKey(claims.issuer)) return 'not trusted';
    const list = claims.nats['accounts'];
    if (!Array.isArray(list) || list.some((id) => typeof id !== 'string' || !isAccountId(id))) return 'malformed request';
    return list.includes(this.server.options.systemAccount) ? 'not allowed to delete system account' : undefined;
  }

  /** One message per account, and an empty one at the end; only that to whom holds the same. */
  private pack(request: ReceivedMessage, folder: AccountFolder): void {
    const isSame = folder.hash().equals(request.payload);
    if (!isSame) for (const [id, jwt] of folder.all()) this.speaker.reply(request, `${id}|${jwt}`);
    this.speaker.reply(request, '');
  }

  /** What another server holds that is newer, or not here. */
  private merge({ payload }: ReceivedMessage, known: KnownAccounts, folder: AccountFolder): void {
    const { log } = this.server.env;
    try {
      for (const line of Buffer.from(payload).toString('utf8').split('\n')) {
        if (line === '') continue;
        const [id = '', jwt, ...more] = line.split('|');
        if (jwt === undefined || more.length > 0)
          throw new Error(`line in package didn't contain 2 entries: ${JSON.stringify(line)}`);
        if (!isAccountId(id)) throw new Error('key to merge is not a valid public account key');
        if (folder.saveIfNewer(id, jwt)) applyClaims(this.server, known, id, jwt);
      }
    } catch (error) {
      log.write('ERR', `DirResolver - Merging resulted in error: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Told to whoever asked and to the log. */
  private respond(request: ReceivedMessage, account: string, message: string, problem?: string): void {
    const { log } = this.server.env;
    const who = account === '' ? '' : ` - ${account}`;
    if (problem === undefined) log.write('DBG', `${message}${who}`);
    else log.write('ERR', `${message}${who} - ${problem}`);
    const named = account === '' ? {} : { account };
    if (problem === undefined) return this.answer(request, { data: { ...named, code: 200, message } });
    this.answer(request, { error: { ...named, code: 500, description: `${message} - ${problem}` } });
  }

  private answer(request: ReceivedMessage, body: object): void {
    this.speaker.reply(request, { server: this.speaker.identity(), ...body });
  }
}

/** The account that a subject names, or undefined. */
function accountOf(subject: string): string | undefined {
  const tokens = subject.split('.');
  if (subject.startsWith('$SYS.REQ.ACCOUNT.')) return tokens[3];
  return subject.startsWith('$SYS.ACCOUNT.') ? tokens[2] : undefined;
}

function textOf(request: ReceivedMessage): string {
  return Buffer.from(request.payload).toString('utf8').trim();
}
