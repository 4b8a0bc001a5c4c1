/** Builds tap batches for tests, as the broker would send them. */
import { encodeTapBatch, type TapBatchHeader, type TapMessageBytes } from '@sluice/protocol';

const encoder = new TextEncoder();

export interface TestMessage {
  subject?: string;
  reply?: string;
  headers?: string;
  payload?: string | Uint8Array;
  sizeBytes?: number;
  timeUs?: number;
  cid?: number;
}

export function tapMessage(options: TestMessage = {}): TapMessageBytes {
  const headers = encoder.encode(options.headers ?? '');
  const payload = typeof options.payload === 'object' ? options.payload : encoder.encode(options.payload ?? '{}');
  return {
    timeUs: options.timeUs ?? 1_764_000_000_000_000,
    cid: options.cid ?? 7,
    sizeBytes: options.sizeBytes ?? headers.length + payload.length,
    subject: encoder.encode(options.subject ?? 'orders.eu.created'),
    reply: encoder.encode(options.reply ?? ''),
    headers,
    payload,
  };
}

/** The buffer of one batch with `messages`; `counters` are those after it. */
export function tapBatch(counters: Partial<TapBatchHeader>, messages: readonly TapMessageBytes[]): ArrayBuffer {
  const header = { batchSeq: 1, matched: 0, shown: 0, sampledOut: 0, dropped: 0, matchedBytes: 0, ...counters };
  return encodeTapBatch(header, messages).buffer;
}
