/**
 * permessage-deflate (RFC 7692) without context takeover: each message stands alone, so that a connection keeps no window. Off by
 * default: a kilobyte can stand for a megabyte, so what a message unfolds to is counted while it unfolds.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

/** Smaller output is sent as it is. Source: nats-server server/websocket.go wsCompressThreshold. */
export const COMPRESS_FROM_BYTES = 65;
/** Larger output is sent as it is: compressing it at once would hold up everybody else. */
export const COMPRESS_UP_TO_BYTES = 1_048_576;
/** Largest inflated message whatever `max_payload` is. Source: nats-server 2.15, as the specification says. */
const MAX_INFLATED_BYTES = 67_108_864;
/** A client that has not said who it is may unfold this much per message: a CONNECT is never larger. */
const MAX_INFLATED_BEFORE_CONNECT_BYTES = 65_536;
/** Every flushed deflate stream ends so; it is left out on the wire. Source: RFC 7692 §7.2.1. */
const FLUSH_TAIL = Uint8Array.from([0x00, 0x00, 0xff, 0xff]);

export type InflateResult = { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly isTooBig: boolean };

/** What one message may unfold to, in bytes. */
export function maxInflatedBytes(maxPayloadBytes: number, isTrusted: boolean): number {
  const usual = Math.min(8 * maxPayloadBytes, MAX_INFLATED_BYTES);
  return isTrusted ? usual : Math.min(usual, MAX_INFLATED_BEFORE_CONNECT_BYTES);
}

/** Unfolds one message; stops as soon as it passes `maxBytes`. */
export function inflateMessage(compressed: Uint8Array, maxBytes: number): InflateResult {
  try {
    const input = Buffer.concat([compressed, FLUSH_TAIL]);
    const bytes = inflateRawSync(input, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxBytes });
    return { ok: true, bytes };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ok: false, isTooBig: 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE' };
  }
}

/** One message folded, without the tail that every message has. */
export function deflateMessage(bytes: Uint8Array): Buffer {
  const folded = deflateRawSync(bytes, { level: constants.Z_BEST_SPEED, finishFlush: constants.Z_SYNC_FLUSH });
  return folded.subarray(0, folded.length - FLUSH_TAIL.length);
}
