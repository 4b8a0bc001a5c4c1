/** Payloads as the API sends them, for the payload view, for one line of a list and for the workbench. */
import type { EncodedPayload, StoredMessage } from '@sluice/protocol/console';
import { fromBase64, toBase64 } from '../payload-view/base64.ts';
import type { PayloadInput } from '../payload-view/payload-document.ts';

const encoder = new TextEncoder();

/** A payload and whether it is only the head of one. */
export interface HeldPayload extends EncodedPayload {
  readonly isTruncated: boolean;
}

export function bytesOf(payload: EncodedPayload): Uint8Array {
  return payload.encoding === 'utf8' ? encoder.encode(payload.payload) : fromBase64(payload.payload);
}

/** Keep the result: its identity is that of the payload. */
export function payloadInput(held: HeldPayload, previous: HeldPayload | null): PayloadInput {
  return {
    bytes: bytesOf(held),
    isCut: held.isTruncated,
    ...(previous === null ? {} : { previous: { bytes: bytesOf(previous), isCut: previous.isTruncated } }),
  };
}

/** Characters of a payload that one line of a list shows. */
const LINE_CHARS = 300;

/** One line for a list: text with its control characters made visible, or how many bytes of binary. */
export function payloadLine(payload: EncodedPayload, sizeBytes: number): string {
  if (sizeBytes === 0) return '';
  if (payload.encoding === 'base64') return `binary, ${payload.payload.slice(0, 48)}${payload.payload.length > 48 ? '…' : ''}`;
  // What holds a NUL is no text, though it is valid UTF-8.
  const head = payload.payload.slice(0, LINE_CHARS);
  return head.includes('\0') ? 'binary' : head.replace(/\s+/g, ' ');
}

/** `n` bytes as the API takes them: text where they are UTF-8. */
export function encodedPayload(bytes: Uint8Array): EncodedPayload {
  try {
    return { encoding: 'utf8', payload: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { encoding: 'base64', payload: toBase64(bytes) };
  }
}

/** The message before `index` on the same subject, among those that are listed; lists run either way. */
export function previousOnSubject(messages: readonly StoredMessage[], seq: number): StoredMessage | null {
  const own = messages.find((message) => message.seq === seq);
  if (own === undefined) return null;
  let best: StoredMessage | null = null;
  for (const message of messages) {
    if (message.seq < seq && message.subject === own.subject && (best === null || message.seq > best.seq)) best = message;
  }
  return best;
}
