/**
 * How long a service took, told to its owner: one metric for each sampled request, on the subject that the export names.
 * Source: nats-server server/accounts.go sendLatencyResult, sendReplyInterestLostTrackLatency, shouldSample; ADR-3.
 */
import { usToTimestamp } from '@sluice/protocol';
import type { AccountExport } from '../options.ts';
import type { Account } from './account.ts';

/** A request whose metric is owed. */
export interface TrackedRequest {
  readonly startUs: number;
  readonly requestor: object;
  /** Round trip of the requestor in nanoseconds. */
  readonly requestorRttNs: number;
  /** The trace header for which it was sampled. */
  readonly header: Readonly<Record<string, string[]>> | undefined;
}

/** Why a request got no answer. */
export type LatencyFailure = 400 | 503 | 504;

const DESCRIPTIONS: Readonly<Record<LatencyFailure, string>> = {
  400: 'Bad Request',
  503: 'Service Unavailable',
  504: 'Service Timeout',
};

/** Who answered, and its round trip in nanoseconds. */
export interface Responder {
  readonly info: object;
  readonly rttNs: number;
}

/** The trace header that asks for a sample, with its values; undefined when there is none, or it says no. Names as Go writes them. */
export function sampledHeader(block: Uint8Array | undefined): Record<string, string[]> | undefined {
  const headers = new Map<string, string>();
  for (const line of Buffer.from(block ?? [])
    .toString('latin1')
    .split('\r\n')
    .slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const found = samplers.find(([name]) => headers.has(name));
  const value = headers.get(found?.[0] ?? '');
  if (found === undefined || value === undefined || !found[2](value)) return undefined;
  return { [found[1]]: [value] };
}

const isOdd = (hex: string | undefined): boolean => (Number.parseInt(hex ?? '', 16) & 1) === 1;

/** Header in lower case, its canonical name, and whether its value asks for a sample. */
const samplers: readonly (readonly [name: string, canonical: string, isSampled: (value: string) => boolean])[] = [
  ['uber-trace-id', 'Uber-Trace-Id', (value) => isOdd(value.split(':')[3])],
  ['x-b3-sampled', 'X-B3-Sampled', (value) => value === '1'],
  ['x-b3-traceid', 'X-B3-Traceid', () => true],
  ['b3', 'B3', (value) => value !== '0' && value.split('-')[2] !== '0'],
  ['traceparent', 'Traceparent', (value) => isOdd(value.split('-')[3])],
];

/** Publishes the metrics of one export. */
export class LatencyReporter {
  private readonly exporter: Account;
  private readonly latency: NonNullable<AccountExport['latency']>;
  private readonly newId: () => string;

  constructor(exporter: Account, latency: NonNullable<AccountExport['latency']>, newId: () => string) {
    this.exporter = exporter;
    this.latency = latency;
    this.newId = newId;
  }

  /** Decides whether this request is sampled. `fraction` is random, in [0, 1). */
  sample(headers: Uint8Array | undefined, fraction: number): { readonly header: TrackedRequest['header'] } | undefined {
    const { samplingPercent } = this.latency;
    if (samplingPercent > 0) return fraction * 100 < samplingPercent ? { header: undefined } : undefined;
    const header = sampledHeader(headers);
    return header === undefined ? undefined : { header };
  }

  /** The first answer has come. */
  reportAnswer(request: TrackedRequest, responder: Responder | undefined): void {
    const elapsedNs = this.elapsedNs(request);
    const responderRttNs = responder?.rttNs ?? 0;
    const serviceNs = Math.max(0, elapsedNs - responderRttNs);
    this.publish(request, {
      status: 200,
      ...(responder === undefined ? {} : { responder: responder.info }),
      service: serviceNs,
      system: Math.max(0, elapsedNs - serviceNs - responderRttNs),
      total: elapsedNs + request.requestorRttNs,
    });
  }

  /** No answer will come. */
  reportFailure(request: TrackedRequest, status: LatencyFailure): void {
    const total = status === 504 ? this.elapsedNs(request) : request.requestorRttNs;
    this.publish(request, { status, description: DESCRIPTIONS[status], service: 0, system: 0, total });
  }

  private elapsedNs({ startUs }: TrackedRequest): number {
    return Math.max(0, this.exporter.turn.clock.nowUs() - startUs) * 1000;
  }

  private publish(request: TrackedRequest, outcome: object): void {
    const metric = {
      type: 'io.nats.server.metric.v1.service_latency',
      id: this.newId(),
      timestamp: usToTimestamp(this.exporter.turn.clock.nowUs()),
      requestor: request.requestor,
      ...(request.header === undefined ? {} : { header: request.header }),
      start: usToTimestamp(request.startUs - request.requestorRttNs / 1000),
      ...outcome,
    };
    this.exporter.publish(this.latency.subject, Buffer.from(JSON.stringify(metric)), { hasEmptyReply: true });
  }
}
