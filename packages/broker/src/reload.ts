/** New options for a running server: what can change changes, what cannot refuses the whole reload. */
import { closedReasons, protocolErrors } from '@sluice/protocol';
import type { AuthResult } from './auth/authenticator.ts';
import { withOperator } from './auth/jwt/operator-options.ts';
import { makeAuthenticator } from './auth/make-authenticator.ts';
import { ClientPermissions } from './auth/permissions.ts';
import type { ClientConnection } from './client/client-connection.ts';
import { makeTlsContext } from './connection/tls-context.ts';
import type { ResolvedOptions } from './options.ts';
import type { Server } from './server.ts';

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
export function reloadRefusal(old: ResolvedOptions, next: ResolvedOptions): string | undefined {
  for (const [key, name] of FIXED) {
    if (JSON.stringify(old[key]) === JSON.stringify(next[key])) continue;
    return `config reload not supported for ${name}: old=${String(old[key])}, new=${String(next[key])}`;
  }
  return undefined;
}

export function applyReload(server: Server, given: ResolvedOptions): void {
  const next = withOperator(given);
  const refusal = reloadRefusal(server.options, next);
  if (refusal !== undefined) throw new Error(refusal);
  const isAuthChanged =
    JSON.stringify([server.options.auth, server.options.accounts, server.options.operator]) !==
    JSON.stringify([next.auth, next.accounts, next.operator]);
  // Options that contradict themselves throw here, before anything has changed.
  const authenticator = isAuthChanged ? makeAuthenticator(next, server.env) : server.authenticator;
  reloadCertificates(server, next);
  server.options = next;
  server.configLoadUs = server.env.clock.nowUs();
  server.accounts.configure(next);
  if (authenticator !== server.authenticator) server.authenticator.stop?.();
  server.authenticator = authenticator;
  let openCount = 0;
  for (const client of server.clients.values()) {
    client.parser.setMaxControlLine(next.maxControlLineBytes);
    client.parser.forgetRepeat();
    client.outbound.maxPendingBytes = next.maxPendingBytes;
    client.maxPayloadBytes = client.account?.limits.maxPayloadBytes ?? next.maxPayloadBytes;
    openCount++;
    if (next.maxConnections > 0 && openCount > next.maxConnections) client.refuse(protocolErrors.maxConnections);
    else if (isAuthChanged) reauthenticate(server, client);
  }
}

/** Certificates are read again at every reload; when that fails, the old ones stay. */
function reloadCertificates(server: Server, next: ResolvedOptions): void {
  const { tls } = next;
  if (tls === undefined || server.tlsContext === undefined) return;
  makeTlsContext(tls, server.env).then(
    (context) => {
      server.tlsContext = context;
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
  const answer = authenticator.authenticate({ peer: client.peer, connect: client.connectOptions, nonce: client.nonce });
  Promise.resolve(answer).then(
    (result) => takeResult(client, result),
    () => client.close(closedReasons.authenticationFailure),
  );
}

function takeResult(client: ClientConnection, result: AuthResult): void {
  if (client.isClosed) return;
  if (!result.ok || result.identity.account !== client.account?.name) {
    client.refuse(protocolErrors.authorizationViolation);
    return;
  }
  const { identity } = result;
  client.identity = identity;
  client.permissions =
    identity.permissions === undefined ? null : new ClientPermissions(identity.permissions, client.server.env.clock);
  client.parser.mayRepeat = !client.isVerbose && !client.isPedantic && client.permissions?.grantsReplies !== true;
  client.parser.forgetRepeat();
  for (const subscription of [...client.subscriptions.values()]) {
    const check = client.permissions?.checkSubscribe(subscription.subject, subscription.queue);
    if (check !== undefined && !check.isAllowed) {
      client.warn(
        `${protocolErrors.subscriptionViolation(subscription.subject, subscription.queue).text} (sid "${subscription.sid}")`,
      );
      client.dropSubscription(subscription);
      continue;
    }
    subscription.denied = check?.denied ?? null;
    subscription.hasRules =
      !client.isEcho || subscription.denied !== null || subscription.maxCount > 0 || client.permissions?.grantsReplies === true;
    client.account?.touch(subscription);
  }
}
