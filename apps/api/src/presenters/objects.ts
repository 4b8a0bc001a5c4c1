/** Object stores and the metadata of objects → the console's shapes. */
import type { HeaderPairs, ObjectBucketDetail, ObjectBucketRow, ObjectRow } from '@sluice/protocol/console';
import { booleanAt, type JsonRecord, numberAt, numberOrNull, recordAt, stringAt, textOrNull } from '../nats/json-fields.ts';
import { presentBucketStream } from './bucket.ts';
import { objectBucketCommand } from './nats-command.ts';

export function presentObjectBucket(info: JsonRecord, objects: number | null): ObjectBucketRow {
  return { ...presentBucketStream(info, 'OBJ_'), objects, isSealed: booleanAt(recordAt(info, 'config'), 'sealed') };
}

export function presentObjectBucketDetail(info: JsonRecord, objects: number): ObjectBucketDetail {
  const config = recordAt(info, 'config');
  const row = presentObjectBucket(info, objects);
  return { row, config: { ...config }, command: objectBucketCommand(row.name, config) };
}

/** Metadata as clients store it; `modifiedAtMs` is when it was stored, as clients take it. */
export function presentObject(meta: JsonRecord, modifiedAtMs: number): ObjectRow {
  const options = recordAt(meta, 'options');
  const link = recordAt(options, 'link');
  const bucket = stringAt(link, 'bucket');
  return {
    name: stringAt(meta, 'name'),
    description: textOrNull(meta, 'description'),
    headers: headersOf(recordAt(meta, 'headers')),
    metadata: textsOf(recordAt(meta, 'metadata')),
    sizeBytes: numberAt(meta, 'size'),
    chunks: numberAt(meta, 'chunks'),
    chunkBytes: numberOrNull(options, 'max_chunk_size'),
    digest: textOrNull(meta, 'digest'),
    modifiedAtMs,
    isDeleted: booleanAt(meta, 'deleted'),
    link: bucket === '' ? null : { bucket, name: textOrNull(link, 'name') },
  };
}

function headersOf(headers: JsonRecord): HeaderPairs {
  const pairs: HeaderPairs = [];
  for (const [name, values] of Object.entries(headers)) {
    for (const value of Array.isArray(values) ? values : [values]) pairs.push([name, String(value)]);
  }
  return pairs;
}

function textsOf(record: JsonRecord): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)]));
}

/** A name as the last token of a subject: URL-safe base64 with padding. Source: ADR-20. */
export function encodeObjectName(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** Tokens that a name may stand under: as above, and as clients in JavaScript write it, one byte for each character. */
export function objectNameTokens(name: string): string[] {
  const token = encodeObjectName(name);
  if (!/^[\u0000-\u00ff]+$/.test(name)) return [token];
  const narrow = Buffer.from(name, 'latin1').toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return narrow === token ? [token] : [token, narrow];
}

/** The name behind a token. */
export function decodeObjectName(token: string): string {
  const bytes = Buffer.from(token, 'base64url');
  const name = bytes.toString('utf8');
  return Buffer.from(name, 'utf8').equals(bytes) ? name : bytes.toString('latin1');
}
