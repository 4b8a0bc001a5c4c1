/** `/healthz` and HEALTHZ. Without JetStream the server is well when it answers; with it, streams and consumers can be asked about. */
import type { HealthStatus } from '@sluice/protocol';
import type { JetStreamFacts } from '../jetstream/facts.ts';

export interface HealthzOptions {
  readonly account: string;
  readonly stream: string;
  readonly consumer: string;
}

/** `statusCode` is the HTTP status. Source: nats-server server/monitor.go healthz. */
export function buildHealthz(
  options: HealthzOptions,
  jetstream: JetStreamFacts | undefined,
): { readonly status: HealthStatus; readonly statusCode: number } {
  if (options.account === '' && options.stream !== '') return bad('"account" must not be empty when checking stream health');
  if (options.stream === '' && options.consumer !== '') return bad('"stream" must not be empty when checking consumer health');
  const problem = jetstream?.problem(options.account, options.stream, options.consumer);
  if (problem !== undefined) return { status: { status: 'unavailable', error: problem }, statusCode: 404 };
  return { status: { status: 'ok' }, statusCode: 200 };
}

function bad(error: string): { status: HealthStatus; statusCode: number } {
  return { status: { status: 'error', error }, statusCode: 400 };
}
