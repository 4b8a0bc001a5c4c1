/**
 * Counters: a message with `Nats-Incr` adds to the number that the subject's last message holds. What was sourced carries the origin's
 * value, from which the increment is worked out. Source: nats-server server/stream.go; ADR-49.
 */
import { type ApiError, apiError, jsHeaders } from '@sluice/protocol/jetstream';
import { headerText, headerValue, withHeaderSet } from '../header-text.ts';
import type { StoredMessage } from '../store/record.ts';

/** A signed decimal integer as Go's big.Int reads it, or undefined. */
export function parseIncrement(text: string): bigint | undefined {
  return /^[+-]?\d{1,4096}$/.test(text) ? BigInt(text.startsWith('+') ? text.slice(1) : text) : undefined;
}

type Sources = Record<string, Record<string, string>>;

export type CounterResult =
  | { readonly ok: true; readonly headers: string; readonly payload: Buffer; readonly value: string }
  | { readonly ok: false; readonly error: ApiError };

const broken: CounterResult = { ok: false, error: apiError('messageCounterBroken') };

/** The message to store: the new total as payload, and headers that say how it came about. */
export function applyIncrement(
  last: StoredMessage | undefined,
  publish: { subject: string; headers: string; payload: Uint8Array; increment: bigint },
): CounterResult {
  let total = 0n;
  let sources: Sources = Object.create(null);
  if (last !== undefined) {
    const value = counterValue(last.payload());
    if (value === undefined) return broken;
    total = value;
    const known = last.headerBytes > 0 ? headerValue(headerText(last.headers()), jsHeaders.counterSources) : undefined;
    if (known !== undefined && known !== '') {
      const parsed = parseSources(known);
      if (parsed === undefined) return broken;
      sources = parsed;
    }
  }
  let { headers, increment } = publish;
  const source = headerValue(headers, jsHeaders.streamSource);
  if (source !== undefined && source !== '') {
    const value = counterValue(publish.payload);
    if (value === undefined) return broken;
    const [stream = '', , , , subject = publish.subject] = source.split(' ');
    const ofStream = sources[stream] ?? Object.create(null);
    increment = value - (parseIncrement(ofStream[subject] ?? '0') ?? 0n);
    ofStream[subject] = value.toString();
    sources[stream] = ofStream;
    headers = withHeaderSet(headers, jsHeaders.increment, increment.toString());
  }
  const value = (total + increment).toString();
  if (Object.keys(sources).length > 0) headers = withHeaderSet(headers, jsHeaders.counterSources, JSON.stringify(sources));
  return { ok: true, headers, payload: Buffer.from(`{"val":"${value}"}`), value };
}

/** The number in a counter's payload, or undefined. */
function counterValue(payload: Uint8Array): bigint | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(payload).toString());
    if (parsed === null || typeof parsed !== 'object' || !('val' in parsed) || typeof parsed.val !== 'string') return undefined;
    return parseIncrement(parsed.val);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function parseSources(text: string): Sources | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed !== null && typeof parsed === 'object' ? Object.assign(Object.create(null), parsed) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
