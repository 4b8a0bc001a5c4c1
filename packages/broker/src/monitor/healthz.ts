/** `/healthz` and HEALTHZ. Without JetStream the server is well when it answers; with it, streams and consumers can be asked about. */
import type { HealthProblem, HealthStatus } from '@sluice/protocol';
import type { JetStreamFacts } from '../jetstream/facts.ts';

export interface HealthzOptions {
  readonly account: string;
  readonly stream: string;
  readonly consumer: string;
  /** Problems are told one by one, with what they are about. */
  readonly hasDetails: boolean;
  /** Nothing beyond the server itself is looked at. */
  readonly isServerOnly: boolean;
}

interface Health {
  readonly status: HealthStatus;
  /** The HTTP status. */
  readonly statusCode: number;
}

/** Source: nats-server server/monitor.go healthz. */
export function buildHealthz(options: HealthzOptions, jetstream: JetStreamFacts | undefined): Health {
  const { account, stream, consumer } = options;
  if (account === '' && stream !== '') return refused(options, '"account" must not be empty when checking stream health');
  if (stream === '' && consumer !== '') return refused(options, '"stream" must not be empty when checking consumer health');
  const problem = options.isServerOnly ? undefined : jetstream?.problem(account, stream, consumer);
  if (problem === undefined) return { status: { status: 'ok' }, statusCode: 200 };
  if (!options.hasDetails) return { status: { status: 'unavailable', error: problem.error }, statusCode: 404 };
  return { status: { status: 'error', errors: [problem] }, statusCode: 404 };
}

function refused({ hasDetails }: HealthzOptions, error: string): Health {
  const problem: HealthProblem = { type: 'BAD_REQUEST', error };
  return { status: hasDetails ? { status: 'error', errors: [problem] } : { status: 'error', error }, statusCode: 400 };
}
