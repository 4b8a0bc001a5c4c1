/** Options → the authenticator that a server asks: which methods there are, in which order, and who an anonymous client is. */
import type { Env } from '../env/env.ts';
import type { Peer } from '../env/net.ts';
import type { AuthOptions, Permissions, ResolvedOptions, UserOptions } from '../options.ts';
import { type AuthMethod, accepted, refused } from './auth-method.ts';
import type { Authenticator, AuthRequest, AuthResult, Identity } from './authenticator.ts';
import { BcryptChecker } from './bcrypt-checker.ts';
import { CalloutAuthenticator } from './callout/callout-authenticator.ts';
import type { Callouts } from './callout/callouts.ts';
import { mayAttach } from './connection-type.ts';
import { JwtAuthenticator } from './jwt/jwt-authenticator.ts';
import type { KnownAccounts } from './jwt/known-accounts.ts';
import { NkeyMethod } from './nkey.ts';
import { PasswordChecker } from './password.ts';
import { TlsMapMethod } from './tls-map.ts';
import { TokenMethod } from './token.ts';
import { ProxyAuthenticator } from './trusted-proxies.ts';
import { type KnownUser, UserPasswordMethod } from './user-password.ts';

/** The account of everybody who is not bound to one. */
const GLOBAL_ACCOUNT = '$G';

/** What of the options decides who may come in. */
export type AuthRelevantOptions = Pick<
  ResolvedOptions,
  'auth' | 'accounts' | 'websocket' | 'tls' | 'operator' | 'trustedProxies'
>;

/** What authenticators need of the server. */
export interface AuthenticatorParts extends Pick<Env, 'random' | 'clock' | 'log'> {
  /** Asks outside services. */
  readonly callouts: Callouts;
  readonly hasAccount: (name: string) => boolean;
  /** Accounts of operator mode. */
  readonly known: KnownAccounts | undefined;
}

/** @throws when the options contradict themselves: an nkey that is none, a `no_auth_user` that no user has. */
export function makeAuthenticator(options: AuthRelevantOptions, parts: AuthenticatorParts): Authenticator {
  const authenticator = withCallout(makeDirectAuthenticator(options, parts), options, parts);
  const { trustedProxies = [], operator, auth } = options;
  const isDecidedElsewhere = operator !== undefined || auth.callout !== undefined;
  const mayNeedProxy = isDecidedElsewhere || auth.users.some((user) => user.proxyRequired === true);
  return trustedProxies.length > 0 || mayNeedProxy ? new ProxyAuthenticator(authenticator, trustedProxies) : authenticator;
}

function withCallout(inner: Authenticator, { auth, operator }: AuthRelevantOptions, parts: AuthenticatorParts): Authenticator {
  const { callout, users } = auth;
  if (callout === undefined || operator !== undefined) return inner;
  const { callouts, hasAccount, log } = parts;
  const warn = (text: string): void => log.write('WRN', text);
  return new CalloutAuthenticator({ inner, options: callout, callouts, users, hasAccount, warn });
}

function makeDirectAuthenticator(options: AuthRelevantOptions, parts: AuthenticatorParts): Authenticator {
  const { operator, auth } = options;
  const { known } = parts;
  if (operator !== undefined && known !== undefined) return new JwtAuthenticator(known, operator, parts);
  const isOpen = auth.users.length === 0 && auth.token === undefined && auth.user === undefined;
  const own = isOpen ? new OpenAuthenticator() : new CredentialAuthenticator(options, parts);
  const webSocket = webSocketAuthenticator(options, parts);
  return webSocket === undefined ? own : new ListenerAuthenticator(own, webSocket);
}

/** The WebSocket port has credentials of its own: they count there, and nowhere else. */
class ListenerAuthenticator implements Authenticator {
  readonly isRequired: boolean;
  readonly isRequiredOnWebSocket = true;
  readonly needsNonce: boolean;
  private readonly own: Authenticator;
  private readonly webSocket: Authenticator;

  constructor(own: Authenticator, webSocket: Authenticator) {
    this.own = own;
    this.webSocket = webSocket;
    this.isRequired = own.isRequired;
    this.needsNonce = own.needsNonce || webSocket.needsNonce;
  }

  private of({ kind }: Peer): Authenticator {
    return kind === 'websocket' ? this.webSocket : this.own;
  }

  anonymous(peer: Peer): Identity | undefined {
    return this.of(peer).anonymous(peer);
  }

  authenticate(request: AuthRequest): AuthResult | Promise<AuthResult> {
    return this.of(request.peer).authenticate(request);
  }

  stop(): Promise<void> {
    return Promise.all([this.own.stop?.(), this.webSocket.stop?.()]).then(() => undefined);
  }
}

/** No authentication: everybody is in the global account and may do everything. */
class OpenAuthenticator implements Authenticator {
  readonly isRequired = false;
  readonly isRequiredOnWebSocket = false;
  readonly needsNonce = false;
  private readonly identity: Identity = { user: '', account: GLOBAL_ACCOUNT, permissions: undefined };

  anonymous(): Identity {
    return this.identity;
  }

  authenticate(): AuthResult {
    return accepted(this.identity);
  }
}

class CredentialAuthenticator implements Authenticator {
  readonly isRequired = true;
  readonly isRequiredOnWebSocket = true;
  readonly needsNonce: boolean;
  private readonly methods: readonly AuthMethod[];
  private readonly noAuthUser: KnownUser | undefined;
  private readonly webSocketNoAuthUser: KnownUser | undefined;
  private readonly bcrypt: BcryptChecker;
  private readonly tlsMap: TlsMapMethod | undefined;

  constructor(options: AuthRelevantOptions, env: Pick<Env, 'random'>) {
    const { auth } = options;
    this.bcrypt = new BcryptChecker(env.random);
    const users = usersOf(options);
    const byName = new Map(users.map((user) => [user.options.user, user]));
    this.noAuthUser = findNoAuthUser(auth.noAuthUser, byName);
    this.webSocketNoAuthUser = findNoAuthUser(options.websocket?.noAuthUser, byName) ?? this.noAuthUser;
    const keyUsers = users.filter((user) => user.options.nkey !== undefined);
    this.needsNonce = keyUsers.length > 0;
    this.tlsMap = this.tlsMapMethod(options, users);
    this.methods = [
      ...(keyUsers.length > 0 ? [new NkeyMethod(keyUsers)] : []),
      ...(this.tlsMap === undefined ? [] : [this.tlsMap]),
      ...(auth.token === undefined ? [] : [this.tokenMethod(auth.token, auth)]),
      ...(users.length > keyUsers.length ? [this.passwordMethod(users)] : []),
    ];
  }

  private tlsMapMethod({ tls, websocket }: AuthRelevantOptions, users: readonly KnownUser[]): TlsMapMethod | undefined {
    const listeners = { tcp: tls?.verifyAndMap === true, websocket: websocket?.tls?.verifyAndMap === true };
    if ((!listeners.tcp && !listeners.websocket) || users.length === 0) return undefined;
    const byName = new Map(users.map((user) => [user.options.user, user]));
    return new TlsMapMethod(byName, new PasswordChecker(this.bcrypt, []), listeners);
  }

  private tokenMethod(token: string, auth: AuthOptions): AuthMethod {
    const identity = { user: '', account: GLOBAL_ACCOUNT, permissions: auth.defaultPermissions };
    return new TokenMethod(token, new PasswordChecker(this.bcrypt, [token]), identity);
  }

  private passwordMethod(users: readonly KnownUser[]): AuthMethod {
    const withPassword = users.filter((user) => user.options.nkey === undefined);
    const secrets = withPassword.map((user) => user.options.password ?? '');
    const byName = new Map(withPassword.map((user) => [user.options.user, user]));
    return new UserPasswordMethod(byName, new PasswordChecker(this.bcrypt, secrets));
  }

  anonymous(peer: Peer): Identity | undefined {
    const user = peer.kind === 'websocket' ? this.webSocketNoAuthUser : this.noAuthUser;
    if (user === undefined || !mayAttach(user.options.allowedConnectionTypes, peer)) return undefined;
    return user.identity;
  }

  authenticate(request: AuthRequest): AuthResult | Promise<AuthResult> {
    if (!hasCredentials(request) && this.tlsMap?.applies(request) !== true) {
      const identity = this.anonymous(request.peer);
      if (identity !== undefined) return accepted(identity);
    }
    const method = this.methods.find((candidate) => candidate.applies(request));
    return method === undefined ? refused('no method applies') : method.check(request);
  }

  stop(): Promise<void> {
    return this.bcrypt.stop();
  }
}

function webSocketAuthenticator(options: AuthRelevantOptions, env: Pick<Env, 'random'>): CredentialAuthenticator | undefined {
  const own = options.websocket?.auth;
  if (own === undefined || options.websocket === undefined) return undefined;
  const { auth: _own, ...websocket } = options.websocket;
  const { timeoutMs } = options.auth;
  return new CredentialAuthenticator({ ...options, websocket, auth: { ...own, users: [], timeoutMs } }, env);
}

/** A JWT means nothing outside operator mode. */
function hasCredentials({ connect }: AuthRequest): boolean {
  return [connect.user, connect.pass, connect.auth_token, connect.nkey].some((text) => text !== undefined && text !== '');
}

/** The single user and the list as one; permissions come from the user, else from its account, else from `authorization`. */
function usersOf({ auth, accounts }: AuthRelevantOptions): KnownUser[] {
  const single: UserOptions[] = auth.user === undefined ? [] : [{ user: auth.user, password: auth.password ?? '' }];
  return [...single, ...auth.users].map((options) => {
    const account = options.account ?? GLOBAL_ACCOUNT;
    const inherited = accounts.find((candidate) => candidate.name === account)?.defaultPermissions ?? auth.defaultPermissions;
    const permissions: Permissions | undefined = options.permissions ?? inherited;
    const proxyRequired = options.proxyRequired === true ? { proxyRequired: true } : {};
    // nats-server names the account of nkey users as the one that issued them.
    const issued = { jwt: '', issuerKey: account, name: '', tags: [], subject: options.nkey ?? '', issuedAt: 0 };
    const claims = options.nkey === undefined ? {} : { claims: issued };
    return { options, identity: { user: options.user, account, permissions, ...proxyRequired, ...claims } };
  });
}

function findNoAuthUser(name: string | undefined, users: ReadonlyMap<string, KnownUser>): KnownUser | undefined {
  if (name === undefined) return undefined;
  const user = users.get(name);
  if (user === undefined) throw new Error(`no_auth_user: "${name}" not found as user or nkey in configuration`);
  return user;
}
