/** New options for a running server: what can change changes, what cannot refuses the whole reload. */
import { closedReasons, protocolErrors } from '@sluice/protocol';
import { GLOBAL_ACCOUNT } from './account/accounts.ts';
import type { AuthResult } from './auth/authenticator.ts';
import { withOperator } from './auth/jwt/operator-options.ts';
import { makeAuthenticator } from './auth/make-authenticator.ts';
import { proxyNotTrusted } from './auth/trusted-proxies.ts';
import { applyLimits } from './client/bind-identity.ts';
import type { ClientConnection } from './client/client-connection.ts';
import { authRequest, claimed, refuseAuth } from './client/connect.ts';
import { logOnce } from './client/log-once.ts';
import { replacePermissions } from './client/replace-permissions.ts';
import { watchClient } from './client/watch-client.ts';
import { isPinned } from './connection/secure-upgrade.ts';
import { makeMonitorTlsContext, makeTlsContext } from './connection/tls-context.ts';
import { mayReloadJetStream } from './jetstream.ts';
import type { ResolvedOptions, TlsOptions } from './options.ts';
import { authenticatorParts, resolverParts, type Server } from './server.ts';

/** Options that need a restart, with nats-server's names for them. Source: nats-server server/reload.go diffOptions. */
const FIXED = [
  ['host', 'Host'],
  ['port', 'Port'],
  ['serverName', 'ServerName'],
  ['systemAccount', 'SystemAccount'],
  ['websocket', 'Websocket'],
  ['monitor', 'HTTPPort'],
  ['maxClosedClients', 'MaxClosedClients'],
  ['hasHeaders', 'NoHeaderSupport'],
] as const satisfies readonly (readonly [keyof ResolvedOptions, string])[];

/** The refusal, in nats-server's words, or undefined when everything that differs may change. */
function reloadRefusal(old: ResolvedOptions, next: ResolvedOptions): string | undefined {
  for (const [key, name] of FIXED) {
    if (JSON.stringify(old[key]) === JSON.stringify(next[key])) continue;
    return `config reload not supported for ${name}: old=${String(old[key])}, new=${String(next[key])}`;
  }
  return mayReloadJetStream(old.jetstream, next.jetstream) ? undefined : 'config reload not supported for JetStream';
}

/** Takes options into force. `onAccepted` is called once nothing can refuse them any more, before clients are looked at. */
export function applyReload(server: Server, given: ResolvedOptions, onAccepted: () => void): void {
  const pinsBefore = JSON.stringify(server.options.tls?.pinnedCerts ?? []);
  const { options: next, operated } = withOperator(given, resolverParts(server), server.known);
  const refusal = reloadRefusal(server.options, next);
  if (refusal !== undefined) throw new Error(refusal);
  const isAuthChanged =
    JSON.stringify([server.options.auth, server.options.accounts, server.options.operator]) !==
    JSON.stringify([next.auth, next.accounts, next.operator]);
  const { trustedProxies = [] } = next;
  const isProxyChanged = JSON.stringify(server.options.trustedProxies ?? []) !== JSON.stringify(trustedProxies);
  // Options that contradict themselves throw here, before anything has changed.
  const authenticator =
    isAuthChanged || isProxyChanged ? makeAuthenticator(next, authenticatorParts(server)) : server.authenticator;
  server.accounts.configure(next);
  if (operated !== undefined && server.known !== undefined) Object.assign(server.known, operated);
  reloadTls(server, next);
  server.options = next;
  server.configLoadUs = server.env.clock.nowUs();
  closeSurplus(server, next.maxConnections);
  onAccepted();
  if (authenticator !== server.authenticator) server.authenticator.stop?.();
  server.authenticator = authenticator;
  for (const client of server.clients.values()) {
    watchClient(client);
    client.parser.setMaxControlLine(next.maxControlLineBytes);
    client.parser.forgetRepeat();
    client.outbound.maxPendingBytes = next.maxPendingBytes;
    if (client.account !== null && client.identity !== null) applyLimits(client, client.account, client.identity);
    const { proxyKey } = client.identity ?? {};
    if (proxyKey !== undefined && !trustedProxies.includes(proxyKey)) refuseAuth(client, proxyNotTrusted);
    else if (isAuthChanged) reauthenticate(server, client);
  }
  if (isAuthChanged) {
    closeSurplusOfAccounts(server);
    server.hooks.onAuthChanged?.();
  }
  if (JSON.stringify(next.tls?.pinnedCerts ?? []) !== pinsBefore) closeUnpinned(server, next.tls);
}

/** The newest connections go when there may be fewer than there are. */
function closeSurplus(server: Server, maxConnections: number): void {
  if (maxConnections === 0) return;
  const surplus = [...server.clients.values()].slice(Math.max(0, maxConnections));
  for (const client of surplus) {
    logOnce(client, protocolErrors.maxConnections.text);
    client.refuse(protocolErrors.maxConnections);
  }
  if (surplus.length > 0) server.env.log.write('INF', `Closed ${surplus.length} connections to fall within max_connections`);
}

function closeSurplusOfAccounts(server: Server): void {
  for (const account of server.accounts.all()) {
    const { maxConnections = Number.POSITIVE_INFINITY } = account.limits;
    for (const cid of [...account.clientIds].slice(maxConnections)) {
      const client = server.clients.get(cid);
      if (client === undefined) continue;
      logOnce(client, protocolErrors.maxAccountConnections.text);
      client.logError(`authentication error${claimed(client)}`);
      client.refuse(protocolErrors.maxAccountConnections);
    }
  }
}

/** Clients whose certificates are not among those that are named now; who has none is not among them either. */
function closeUnpinned(server: Server, tls: TlsOptions | undefined): void {
  if (tls?.pinnedCerts === undefined) return;
  const unpinned = [...server.clients.values()].filter(({ peer }) => peer.kind === 'tcp' && !isPinned(peer.tls, tls));
  for (const client of unpinned) client.close(closedReasons.tlsHandshakeError);
  if (unpinned.length === 0) return;
  // Said when the reload is through.
  const line = `Disconnect ${unpinned.length} clients due to pinned certs reload`;
  server.env.clock.afterInput(() => server.env.log.write('INF', line));
}

/** Certificates are read again at every reload; when that fails, the old ones stay. Open connections stay as they are. */
function reloadTls(server: Server, next: ResolvedOptions): void {
  const { tls } = next;
  if (tls === undefined) {
    server.tlsContext = undefined;
    server.monitorTlsContext = undefined;
    return;
  }
  Promise.all([makeTlsContext(tls, server.env), makeMonitorTlsContext(next, server.env)]).then(
    ([context, monitorContext]) => {
      server.tlsContext = context;
      server.monitorTlsContext = monitorContext;
    },
    (error: unknown) => server.env.log.write('ERR', `Reloading TLS: ${error instanceof Error ? error.message : String(error)}`),
  );
}

/** A client whose credentials no longer hold is disconnected; one whose permissions changed loses what it may not hold. */
function reauthenticate(server: Server, client: ClientConnection): void {
  const { authenticator } = server;
  if (client.connectOptions === null) {
    const identity = authenticator.anonymous(client.peer);
    if (identity === undefined) client.refuse(protocolErrors.authenticationTimeout);
    else takeResult(client, { ok: true, identity });
    return;
  }
  if (hasMoved(server, client)) return client.close(closedReasons.clientClosed);
  const answer = authenticator.authenticate(authRequest(client, client.connectOptions));
  if (!(answer instanceof Promise)) return takeResult(client, answer);
  answer.then(
    (result) => takeResult(client, result),
    () => client.close(closedReasons.authenticationFailure),
  );
}

/** True when the user that the client named is gone, or belongs to another account now: it is then closed without a word. */
function hasMoved(server: Server, { connectOptions, account }: ClientConnection): boolean {
  if (server.options.operator !== undefined || account === null) return false;
  const name = connectOptions?.nkey || connectOptions?.user || '';
  if (name === '') return false;
  const user = server.options.auth.users.find((candidate) => candidate.user === name);
  return user === undefined || (user.account ?? GLOBAL_ACCOUNT) !== account.name;
}

function takeResult(client: ClientConnection, result: AuthResult): void {
  if (client.isClosed) return;
  if (!result.ok) return refuseAuth(client, result);
  if (result.identity.account !== client.account?.name) return client.refuse(protocolErrors.authorizationViolation);
  client.identity = result.identity;
  replacePermissions(client, result.identity.permissions);
}
