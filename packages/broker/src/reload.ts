/** New options for a running server: what can change changes, what cannot refuses the whole reload. */
import { closedReasons, protocolErrors } from '@sluice/protocol';
import { GLOBAL_ACCOUNT } from './account/accounts.ts';
import type { AuthResult } from './auth/authenticator.ts';
import { withOperator } from './auth/jwt/operator-options.ts';
import { makeAuthenticator } from './auth/make-authenticator.ts';
import { proxyNotTrusted } from './auth/trusted-proxies.ts';
import { applyLimits } from './client/bind-identity.ts';
import type { ClientConnection } from './client/client-connection.ts';
import { authRequest, refuseAuth } from './client/connect.ts';
import { replacePermissions } from './client/replace-permissions.ts';
import { makeMonitorTlsContext, makeTlsContext } from './connection/tls-context.ts';
import type { ResolvedOptions } from './options.ts';
import { authenticatorParts, resolverParts, type Server } from './server.ts';

/** Options that need a restart, with nats-server's names for them. Source: nats-server server/reload.go diffOptions. */
const FIXED = [
  ['host', 'Host'],
  ['port', 'Port'],
  ['serverName', 'ServerName'],
  ['systemAccount', 'SystemAccount'],
  ['websocket', 'Websocket'],
  ['monitor', 'HTTPPort'],
  ['jetstream', 'JetStream'],
  ['maxClosedClients', 'MaxClosedClients'],
  ['hasHeaders', 'NoHeaderSupport'],
] as const satisfies readonly (readonly [keyof ResolvedOptions, string])[];

/** The refusal, in nats-server's words, or undefined when everything that differs may change. */
function reloadRefusal(old: ResolvedOptions, next: ResolvedOptions): string | undefined {
  for (const [key, name] of FIXED) {
    if (JSON.stringify(old[key]) === JSON.stringify(next[key])) continue;
    return `config reload not supported for ${name}: old=${String(old[key])}, new=${String(next[key])}`;
  }
  return undefined;
}

/** Takes options into force. `onAccepted` is called once nothing can refuse them any more, before clients are looked at. */
export function applyReload(server: Server, given: ResolvedOptions, onAccepted: () => void): void {
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
    client.parser.setMaxControlLine(next.maxControlLineBytes);
    client.parser.forgetRepeat();
    client.outbound.maxPendingBytes = next.maxPendingBytes;
    if (client.account !== null && client.identity !== null) applyLimits(client, client.account, client.identity);
    const { proxyKey } = client.identity ?? {};
    if (proxyKey !== undefined && !trustedProxies.includes(proxyKey)) refuseAuth(client, proxyNotTrusted);
    else if (isAuthChanged) reauthenticate(server, client);
  }
  if (isAuthChanged) closeSurplusOfAccounts(server);
}

/** The newest connections go when there may be fewer than there are. */
function closeSurplus(server: Server, maxConnections: number): void {
  if (maxConnections <= 0) return;
  const surplus = [...server.clients.values()].slice(maxConnections);
  // One line stands for all of them.
  surplus[0]?.logError(`${protocolErrors.maxConnections.text} - Account:${surplus[0].account?.name ?? ''}`);
  for (const client of surplus) client.refuse(protocolErrors.maxConnections);
  if (surplus.length > 0) server.env.log.write('INF', `Closed ${surplus.length} connections to fall within max_connections`);
}

function closeSurplusOfAccounts(server: Server): void {
  for (const account of server.accounts.all()) {
    const { maxConnections = Number.POSITIVE_INFINITY } = account.limits;
    for (const cid of [...account.clientIds].slice(maxConnections)) {
      const client = server.clients.get(cid);
      client?.logError(`${protocolErrors.maxAccountConnections.text} - Account:${account.name}`);
      client?.refuse(protocolErrors.maxAccountConnections);
    }
  }
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
