/** Stored messages as JSON can carry them. */
import type { EncodedPayload, StoredMessage } from '@sluice/protocol/console';
import type { RawMessage } from '../nats/jetstream/message-reader.ts';

/** A message with its payload cut at `maxPayloadBytes`. */
export function presentMessage(raw: RawMessage, maxPayloadBytes: number): StoredMessage {
  return {
    seq: raw.seq,
    subject: raw.subject,
    storedAtMs: raw.atMs,
    headers: raw.headers,
    ...presentPayload(raw.payload, maxPayloadBytes),
  };
}

/** Text where the bytes are UTF-8, cut between characters; else base64. */
export function presentPayload(
  bytes: Uint8Array,
  maxBytes: number,
): EncodedPayload & { sizeBytes: number; isTruncated: boolean } {
  const isTruncated = bytes.byteLength > maxBytes;
  const size = { sizeBytes: bytes.byteLength, isTruncated };
  const kept = bytes.subarray(0, isTruncated ? characterEnd(bytes, maxBytes) : bytes.byteLength);
  try {
    return { encoding: 'utf8', payload: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(kept), ...size };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { encoding: 'base64', payload: Buffer.from(bytes.subarray(0, maxBytes)).toString('base64'), ...size };
  }
}

/** At most `at`: the place where the character that spans it begins. */
function characterEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  for (let back = 0; back < 3 && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80; back++) end -= 1;
  return end;
}
