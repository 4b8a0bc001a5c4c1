/**
 * Where accounts come from that the server does not know yet: a web server, a folder, or other servers of the same operator.
 * Source: nats-server server/accounts.go URLAccResolver, DirAccResolver, fetch.
 */

import type { Account } from '../../account/account.ts';
import { ask } from '../../account/ask.ts';
import type { Env } from '../../env/env.ts';
import type { OperatorModeOptions, ResolverOptions } from '../../options.ts';
import { AccountFolder } from './account-folder.ts';
import { MAX_JWT_CHARS } from './decode-jwt.ts';

/** Time for an account to come, when the configuration does not say. */
const FETCH_TIMEOUT_MS = 1900;
const REPLY_TOKEN_BYTES = 12;

export type Fetched = { readonly ok: true; readonly jwt: string } | { readonly ok: false; readonly error: string };

export interface AccountResolver {
  readonly folder: AccountFolder | undefined;
  /** A promise only when somebody else must be asked. */
  fetch(id: string): Fetched | Promise<Fetched>;
}

export interface ResolverParts {
  readonly env: Pick<Env, 'clock' | 'random' | 'disk' | 'net'>;
  /** The system account, over which other servers are asked; undefined without one. */
  readonly systemAccount: () => Account | undefined;
  /** How reply subjects of this server begin. */
  readonly inboxPrefix: string;
}

/** `known` is the folder of the resolver in force, which goes on when the options name the same. @throws when a folder cannot be had. */
export function makeResolver(
  { resolver: options, preload }: Pick<OperatorModeOptions, 'resolver' | 'preload'>,
  parts: ResolverParts,
  known?: AccountFolder,
): AccountResolver {
  if (options === undefined) return new PreloadResolver(preload);
  if (options.kind === 'url') return new UrlResolver(options, parts);
  const { path, limit } = options;
  const rules =
    options.kind === 'full'
      ? { mayDelete: options.mayDelete, isHardDelete: options.isHardDelete, isCache: false }
      : { mayDelete: true, isHardDelete: true, isCache: true, ...(options.ttlMs === undefined ? {} : { ttlMs: options.ttlMs }) };
  const isKnown = known !== undefined && known.options.path === path;
  const folder = isKnown
    ? known
    : new AccountFolder(parts.env.disk, parts.env.clock, { path, ...rules, ...limitOf(limit, rules.isCache) });
  return new FolderResolver(folder, options.timeoutMs ?? FETCH_TIMEOUT_MS, parts);
}

/** Accounts that a cache holds when the configuration does not say. */
const CACHE_LIMIT = 1000;

function limitOf(limit: number | undefined, isCache: boolean): { limit?: number } {
  if (limit !== undefined) return { limit };
  return isCache ? { limit: CACHE_LIMIT } : {};
}

/** Only what is in the configuration is known. */
class PreloadResolver implements AccountResolver {
  readonly folder = undefined;
  private readonly preload: Readonly<Record<string, string>>;

  constructor(preload: Readonly<Record<string, string>>) {
    this.preload = preload;
  }

  fetch(id: string): Fetched {
    const jwt = this.preload[id];
    return jwt === undefined ? { ok: false, error: 'account missing' } : { ok: true, jwt };
  }
}

class UrlResolver implements AccountResolver {
  readonly folder = undefined;
  private readonly options: Extract<ResolverOptions, { kind: 'url' }>;
  private readonly parts: ResolverParts;

  constructor(options: Extract<ResolverOptions, { kind: 'url' }>, parts: ResolverParts) {
    this.options = options;
    this.parts = parts;
  }

  /** The empty id asks whether anybody is there. */
  async fetch(id: string): Promise<Fetched> {
    const base = this.options.url;
    const url = `${base}${base.endsWith('/') ? '' : '/'}${id}`;
    const shown = `could not fetch <${JSON.stringify(withoutSecrets(url))}>`;
    const { tls } = this.options;
    const got = await this.parts.env.net.fetchHttp(url, {
      timeoutMs: FETCH_TIMEOUT_MS,
      maxBytes: MAX_JWT_CHARS,
      ...(tls === undefined ? {} : { tls }),
    });
    if (!got.ok) return { ok: false, error: `${shown}: Get ${JSON.stringify(withoutSecrets(url))}: ${got.error}` };
    return got.status === 200 ? { ok: true, jwt: got.body } : { ok: false, error: `${shown}: ${got.status} ${got.statusText}` };
  }
}

/** A password in a URL is not for the log. */
function withoutSecrets(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^/@:]*):[^/@]*@/i, '$1:xxxxx@');
}

class FolderResolver implements AccountResolver {
  readonly folder: AccountFolder;
  private readonly timeoutMs: number;
  private readonly parts: ResolverParts;

  constructor(folder: AccountFolder, timeoutMs: number, parts: ResolverParts) {
    this.folder = folder;
    this.timeoutMs = timeoutMs;
    this.parts = parts;
  }

  fetch(id: string): Fetched | Promise<Fetched> {
    const jwt = this.folder.load(id);
    return jwt === undefined ? this.askOthers(id) : { ok: true, jwt };
  }

  private async askOthers(id: string): Promise<Fetched> {
    const { env, inboxPrefix } = this.parts;
    const account = this.parts.systemAccount();
    if (account === undefined) return { ok: false, error: 'eventing shut down' };
    const answer = await ask(account, {
      subject: `$SYS.REQ.ACCOUNT.${id}.CLAIMS.LOOKUP`,
      reply: `${inboxPrefix}${Buffer.from(env.random.bytes(REPLY_TOKEN_BYTES)).toString('base64url')}`,
      payload: new Uint8Array(0),
      timeoutMs: this.timeoutMs,
    });
    if (answer === undefined) return { ok: false, error: 'fetching jwt timed out' };
    if (answer.length === 0) return { ok: false, error: 'account jwt not found' };
    return this.keep(id, answer.toString('utf8'));
  }

  private keep(id: string, jwt: string): Fetched {
    try {
      this.folder.saveIfNewer(id, jwt);
      return { ok: true, jwt };
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
  }
}
