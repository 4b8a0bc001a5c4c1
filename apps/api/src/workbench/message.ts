/** A message of the workbench as bytes: payload decoding, headers, and the variables that repeated messages fill in. Pure. */
import { randomUUID } from 'node:crypto';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { headerProblem, isLiteralSubject } from '@sluice/protocol';
import type { EncodedPayload, HeaderPairs } from '@sluice/protocol/console';
import { badField } from '../http-failure.ts';

export interface Draft extends EncodedPayload {
  readonly subject: string;
  readonly reply?: string;
  readonly headers?: HeaderPairs;
}

export interface ReadyMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly options: { headers?: MsgHdrs; reply?: string };
  /** Payload and headers. */
  readonly sizeBytes: number;
}

/** Checks a draft; throws a 400 that names the field. */
export function readyMessage(draft: Draft, maxPayloadBytes: number | null): ReadyMessage {
  if (!isLiteralSubject(draft.subject)) throw badField('/subject', 'must be a subject without wildcards, spaces or empty tokens');
  if (draft.reply !== undefined && !isLiteralSubject(draft.reply))
    throw badField('/reply', 'must be a subject without wildcards');
  const payload = payloadBytes(draft);
  const block = headerBlock(draft.headers ?? []);
  const sizeBytes = payload.byteLength + headerBytes(draft.headers ?? []);
  if (maxPayloadBytes !== null && sizeBytes > maxPayloadBytes) {
    throw badField('/payload', `has ${sizeBytes} bytes with headers; the server takes at most ${maxPayloadBytes}`);
  }
  return {
    subject: draft.subject,
    payload,
    options: {
      ...(block === undefined ? {} : { headers: block }),
      ...(draft.reply === undefined ? {} : { reply: draft.reply }),
    },
    sizeBytes,
  };
}

/** Bytes of a payload; throws a 400 where base64 is none. */
export function payloadBytes(draft: EncodedPayload): Uint8Array {
  if (draft.encoding === 'utf8') return Buffer.from(draft.payload, 'utf8');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(draft.payload) || draft.payload.length % 4 === 1) {
    throw badField('/payload', 'is not valid base64');
  }
  return Buffer.from(draft.payload, 'base64');
}

function headerBlock(pairs: HeaderPairs): MsgHdrs | undefined {
  if (pairs.length === 0) return undefined;
  const block = headers();
  pairs.forEach(([name, value], index) => {
    const problem = headerProblem(name, value);
    if (problem !== undefined) throw badField(`/headers/${index}`, problem);
    block.append(name, value);
  });
  return block;
}

/** Size of the block as the client writes it. */
function headerBytes(pairs: HeaderPairs): number {
  if (pairs.length === 0) return 0;
  return 12 + pairs.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value) + 4, 0);
}

/** True when repeated messages differ from one another. */
export function hasVariables(draft: Draft): boolean {
  const texts = [draft.subject, ...(draft.headers ?? []).map(([, value]) => value)];
  if (draft.encoding === 'utf8') texts.push(draft.payload);
  return texts.some((text) => variable.test(text));
}

const variable = /\{\{(?:seq|now|uuid|random)\}\}/;

/** Fills in `{{seq}}`, `{{now}}` (RFC 3339), `{{uuid}}` and `{{random}}` (0 to 999,999). */
export function fillIn(draft: Draft, seq: number, now: Date): Draft {
  const fill = (text: string): string =>
    text.replace(/\{\{(seq|now|uuid|random)\}\}/g, (_all, name: string) => {
      switch (name) {
        case 'seq':
          return String(seq);
        case 'now':
          return now.toISOString();
        case 'uuid':
          return randomUUID();
        default:
          return String(Math.floor(Number.parseInt(randomUUID().slice(0, 8), 16) % 1_000_000));
      }
    });
  return {
    ...draft,
    subject: fill(draft.subject),
    payload: draft.encoding === 'utf8' ? fill(draft.payload) : draft.payload,
    ...(draft.headers === undefined
      ? {}
      : { headers: draft.headers.map(([name, value]): [string, string] => [name, fill(value)]) }),
  };
}

/** Bytes of a reply as JSON can carry them, cut at `limit`. */
export function encodePayload(bytes: Uint8Array, limit: number): EncodedPayload & { sizeBytes: number; isTruncated: boolean } {
  const kept = bytes.subarray(0, limit);
  const base = { sizeBytes: bytes.byteLength, isTruncated: bytes.byteLength > limit };
  try {
    return { ...base, encoding: 'utf8', payload: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(kept) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { ...base, encoding: 'base64', payload: Buffer.from(kept).toString('base64') };
  }
}
