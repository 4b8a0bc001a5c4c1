/** CONNECT from a client: JSON → options → who is it → account, permissions, defaults. Source: nats-server server/client.go processConnect. */
import { type ConnectOptions, closedReasons, type ProtocolError, protocolErrors } from '@sluice/protocol';
import type { AuthRefusal, AuthRequest, AuthResult, CalloutMark, Identity } from '../auth/authenticator.ts';
import type { CookieCredentials } from '../env/net.ts';
import { bindIdentity } from './bind-identity.ts';
import type { ClientConnection } from './client-connection.ts';
import { clientLabel, namesOf } from './client-label.ts';
import { parseConnectOptions } from './connect-options.ts';
import { logOnce } from './log-once.ts';
import { mayRepeat } from './may-repeat.ts';

/** Cookies of the handshake stand in for what CONNECT leaves out. */
function withCookies(options: ConnectOptions, cookies: CookieCredentials | undefined): ConnectOptions {
  if (cookies === undefined) return options;
  const missing = Object.entries(cookies).filter(([field]) => !options[field as keyof CookieCredentials]);
  return missing.length === 0 ? options : { ...options, ...Object.fromEntries(missing) };
}

/** A second CONNECT is legal: it drops all subscriptions and says who the client is once more; what it leaves out stays as it was. */
export function processConnect(client: ClientConnection, json: string): void {
  const before = client.connectOptions;
  const given = parseConnectOptions(json, before);
  if (!given.ok) {
    client.logError(given.error);
    return client.close(closedReasons.protocolViolation);
  }
  const options = withCookies(given.options, client.peer.cookies);
  // Whoever subscribes as the user of those who do not say who they are has connected as that user.
  if (before !== null || client.server.authenticator.isRequired) client.dropAllSubscriptions();
  client.parser.forgetRepeat();
  client.connectOptions = options;
  // The deadline was for this; how long the answer takes is not the client's fault.
  client.heartbeat.noteConnect();
  // A first idea of the round trip: INFO went out when the connection began.
  if (client.rttUs === 0) client.rttUs = Math.max(1, client.server.env.clock.nowUs() - client.startUs);
  const answer = authenticate(client, options);
  if (!(answer instanceof Promise)) return finishConnect(client, options, answer);
  client.parser.suspend();
  client.transport.pause();
  answer.then(
    (result) => resumeConnect(client, options, result),
    (error: unknown) => resumeConnect(client, options, { ok: false, reason: String(error) }),
  );
}

/** Asks the authenticator, unless too many guesses were made; without authentication there is nothing to guess. */
function authenticate(client: ClientConnection, connect: ConnectOptions): AuthResult | Promise<AuthResult> {
  const { authenticator, guesses } = client.server;
  const request = authRequest(client, connect);
  const isAsked = client.peer.kind === 'websocket' ? authenticator.isRequiredOnWebSocket : authenticator.isRequired;
  if (!isAsked) return authenticator.authenticate(request);
  const attempt = guesses.begin(client.peer.address, connect);
  if (attempt === undefined) return { ok: false, reason: 'too many wrong credentials' };
  const settle = (result: AuthResult): AuthResult => {
    if (result.ok) guesses.succeed(attempt);
    return result;
  };
  const answer = authenticator.authenticate(request);
  return answer instanceof Promise ? answer.then(settle) : settle(answer);
}

/** What the authenticator is told about a client. */
export function authRequest({ cid, peer, nonce }: ClientConnection, connect: ConnectOptions): AuthRequest {
  return { cid, peer, nonce, connect };
}

const refusedLegacyAccount: AuthRefusal = { ok: false, reason: 'account in CONNECT' };

/** `account` and `new_account` of old clients are refused whatever they hold. */
function usesLegacyAccount(options: ConnectOptions): boolean {
  return (options.account !== undefined && options.account !== '') || options.new_account === true;
}

function resumeConnect(client: ClientConnection, options: ConnectOptions, result: AuthResult): void {
  if (client.isClosed) return;
  finishConnect(client, options, result);
  if (!client.isClosed) client.resumeInput();
}

function finishConnect(client: ClientConnection, options: ConnectOptions, result: AuthResult): void {
  if (!result.ok) {
    forgetIdentity(client);
    return refuseAuth(client, result);
  }
  const { identity } = result;
  const refusal = bindIdentity(client, identity);
  if (refusal !== undefined) return refuseBinding(client, identity, refusal);
  if (identity.callout !== undefined) client.connectOptions = renamed(options, identity.callout);
  if (client.names === null) client.names = namesNow(client);
  client.parser.expectsConnect = false;
  client.isVerbose = options.verbose;
  client.isPedantic = options.pedantic;
  client.isEcho = options.echo;
  client.server.hooks.onClientConnected?.(client);
  if (usesLegacyAccount(options)) return refuseAuth(client, refusedLegacyAccount);
  client.parser.mayRepeat = mayRepeat(client);
  if (options.protocol < 0 || options.protocol > 1) return refuseOptions(client, protocolErrors.invalidClientProtocol);
  client.hasHeaders = options.headers && client.server.options.hasHeaders;
  client.wantsNoResponders = options.no_responders && client.hasHeaders;
  if (options.no_responders && !client.hasHeaders) return refuseOptions(client, protocolErrors.noRespondersRequiresHeaders);
  if (options.verbose) client.sendOk();
}

function namesNow({ connectOptions: connect, account, identity }: ClientConnection): string {
  if (connect === null || account === null) return '';
  // Outside operator mode a JWT means nothing.
  const shown = identity?.claims === undefined ? { ...connect, jwt: '' } : connect;
  return namesOf({ connect: shown, account, user: identity?.user ?? '' });
}

/** The service that let the client in has a say in what it is called; its own JWT has served its purpose. */
function renamed(options: ConnectOptions, { name }: CalloutMark): ConnectOptions {
  const named = name === '' ? {} : { user: name, nkey: '', auth_token: '' };
  return { ...options, ...named, jwt: '' };
}

/** The account is full. */
function refuseBinding(client: ClientConnection, { callout }: Identity, refusal: ProtocolError): void {
  client.refuse(refusal, () => logOnce(client, refusal.text));
  if (callout !== undefined) {
    const reason = `Could not register auth callout user: ${refusal.text}`;
    reportRefusal(client, { ok: false, reason, warning: reason, told: { account: callout.account, reason } });
  }
  // nats-server says it again when it gives the client up.
  client.logError(refusal.text);
}

function refuseOptions(client: ClientConnection, error: ProtocolError): void {
  client.refuse(error);
  client.logError(error.text);
}

/** Whoever cannot say who it is is nobody, also who was somebody before. */
function forgetIdentity(client: ClientConnection): void {
  client.account?.clientIds.delete(client.cid);
  client.account = null;
  client.identity = null;
}

/** Ends the connection of whoever could not say who it is. */
export function refuseAuth(client: ClientConnection, refusal: AuthRefusal): void {
  if (refusal.seenAs !== undefined) bindIdentity(client, refusal.seenAs);
  reportRefusal(client, refusal);
  const { text, closedReason: usualReason } = protocolErrors.authorizationViolation;
  client.refuse({ text, closedReason: refusal.closedReason ?? usualReason });
}

/** Counts, events and lines of the log. */
function reportRefusal(client: ClientConnection, refusal: AuthRefusal): void {
  const { server } = client;
  server.counters.authErrors++;
  server.hooks.onAuthError?.(client, refusal);
  if (refusal.detail !== undefined) server.env.log.write('DBG', `${clientLabel(client, client.peer)} - ${refusal.detail}`);
  if (refusal.logged !== undefined) client.logError(refusal.logged);
  client.logError(`authentication error${claimed(client)}`);
  if (refusal.warning !== undefined) server.env.log.write('WRN', refusal.warning);
}

/** Who the client said it was; never a secret. */
export function claimed({ connectOptions: connect, identity }: ClientConnection): string {
  if (connect?.nkey !== undefined && connect.nkey !== '') return ` - Nkey ${JSON.stringify(connect.nkey)}`;
  if (connect?.user !== undefined && connect.user !== '') return ` - User ${JSON.stringify(connect.user)}`;
  const { jwt = '', subject = '' } = identity?.claims ?? {};
  if (jwt !== '') return ` - JWT User ${JSON.stringify(subject)}`;
  return connect?.auth_token === undefined || connect.auth_token === '' ? '' : ' - Token "[REDACTED]"';
}
