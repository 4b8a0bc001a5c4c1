/**
 * How an answer is packed that its request accepts packed. nats-server looks for words anywhere in `Accept-Encoding`, spelled just so,
 * prefers snappy, and calls what it does not know `identity`. Source: nats-server server/events.go getAcceptEncoding, [live].
 */
import { gzipSync } from 'node:zlib';
import { decodeHeaders } from '@sluice/protocol';
import { S2Writer } from '../jetstream/snapshot/s2-stream.ts';

/** A body ready to be sent; without headers when nothing was asked for. */
export interface EncodedBody {
  readonly payload: Uint8Array;
  readonly headers?: Uint8Array;
}

const [GZIP, SNAPPY, IDENTITY] = ['gzip', 'snappy', 'identity'].map((name) =>
  Buffer.from(`NATS/1.0\r\nContent-Encoding: ${name}\r\n\r\n`, 'latin1'),
) as [Buffer, Buffer, Buffer];

/** Packs `body` as the value of the request's `Accept-Encoding` wants it. */
export function encodeBody(body: Uint8Array, accepted: string): EncodedBody {
  const wanted = accepted.toLowerCase();
  if (wanted === '') return { payload: body };
  if (wanted.includes('snappy') || wanted.includes('s2')) return { payload: snappy(body), headers: SNAPPY };
  if (wanted.includes('gzip')) return { payload: gzipSync(body), headers: GZIP };
  return { payload: body, headers: IDENTITY };
}

/** The value of `Accept-Encoding` in a header block, or an empty text. */
export function acceptedEncoding(headers: Uint8Array): string {
  if (headers.length === 0) return '';
  const decoded = decodeHeaders(headers);
  if (!decoded.ok) return '';
  return decoded.block.entries.find(([name]) => name === 'Accept-Encoding')?.[1] ?? '';
}

function snappy(body: Uint8Array): Buffer {
  const frames: Buffer[] = [];
  const writer = new S2Writer((frame) => frames.push(frame));
  writer.write(body);
  writer.flush();
  return Buffer.concat(frames);
}
