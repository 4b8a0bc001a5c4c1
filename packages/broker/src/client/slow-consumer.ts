/** A client that does not take what it is sent: counted, logged, told to observers, and mostly closed without another byte. */
import type { ClosedReason } from '@sluice/protocol';
import type { ClientConnection } from './client-connection.ts';

/** `what` says which limit was passed, as nats-server's log does. */
export function closeAsSlow(client: ClientConnection, reason: ClosedReason, what: string): void {
  noteSlow(client, 'Detected', what);
  client.close(reason, { isImmediate: true });
}

/** `State`: it was slow before. */
export function noteSlow(client: ClientConnection, since: 'Detected' | 'State', what: string): void {
  const { server, account } = client;
  server.counters.slowConsumers++;
  if (account !== null) account.slowConsumers++;
  client.log('INF', `Slow Consumer ${since}: ${what}`);
  server.hooks.onSlowConsumer?.(client);
}
