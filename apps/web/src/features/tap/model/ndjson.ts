/**
 * Export of a tap: one JSON object a line, payload and headers without loss. `payload` is base64, because a payload may be any bytes;
 * `headers` keeps order and repeated names.
 */
import type { TapMessageBytes } from '@sluice/protocol';
import { toBase64 } from '../../../components/payload-view/base64.ts';
import { readHeaderBlock } from '../../../components/payload-view/header-pairs.ts';
import { isCut } from '../../../components/payload-view/readable-message.ts';

const decoder = new TextDecoder('utf-8');

/** The line of one message, with its line break. `time` is ISO 8601 with microseconds, in UTC. */
export function ndjsonLine(message: TapMessageBytes): string {
  const { status, pairs } = readHeaderBlock(message.headers);
  const line = {
    time: isoMicros(message.timeUs),
    subject: decoder.decode(message.subject),
    ...(message.reply.length === 0 ? {} : { reply: decoder.decode(message.reply) }),
    ...(message.cid === 0 ? {} : { cid: message.cid }),
    size_bytes: message.sizeBytes,
    ...(status === '' ? {} : { status }),
    headers: pairs,
    payload: toBase64(message.payload),
    ...(isCut(message) ? { payload_truncated: true } : {}),
  };
  return `${JSON.stringify(line)}\n`;
}

/** `2026-11-24T14:08:31.204511Z` */
export function isoMicros(timeUs: number): string {
  const ms = Math.floor(timeUs / 1000);
  const micros = String(timeUs - ms * 1000).padStart(3, '0');
  return `${new Date(ms).toISOString().slice(0, -1)}${micros}Z`;
}
