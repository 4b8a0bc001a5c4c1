/** Turns the trace of a client on and off: when it comes, and when a reload asks for something else. */
import type { ClientConnection } from './client-connection.ts';
import { ClientTrace } from './client-trace.ts';
import { ClientDispatch } from './dispatch.ts';
import { mayRepeat } from './may-repeat.ts';
import { traceLimitsOf } from './trace-text.ts';

/** Shows what goes over the connection as the log and the options have it now. */
export function watchClient(client: ClientConnection): void {
  const { env, options } = client.server;
  if (!env.log.isTrace) return unwatch(client);
  const limits = traceLimitsOf(options);
  if (client.trace !== null) return client.trace.setLimits(limits);
  const trace = new ClientTrace(client, new ClientDispatch(client), limits);
  client.trace = trace;
  client.parser.mayRepeat = false;
  client.parser.handOver(trace);
  client.outbound.tap = (bytes) => trace.onOutput(bytes);
}

function unwatch(client: ClientConnection): void {
  if (client.trace === null) return;
  client.trace = null;
  client.outbound.tap = null;
  client.parser.handOver(new ClientDispatch(client));
  client.parser.mayRepeat = mayRepeat(client);
}
