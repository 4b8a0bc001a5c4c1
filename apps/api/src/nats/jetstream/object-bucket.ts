/**
 * One object store: a stream that holds objects in chunks and one message of metadata for each. Contents are read by message get and
 * written with a few chunks on their way, so that no object is ever held whole. Source: ADR-20.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { headers as makeHeaders } from '@nats-io/transport-node';
import { Nuid } from '@sluice/protocol';
import type {
  CreateObjectBucketRequest,
  NatsDocument,
  ObjectRow,
  ObjectsPage,
  ObjectsQuery,
  ObjectVerification,
} from '@sluice/protocol/console';
import { jsHeaders } from '@sluice/protocol/jetstream';
import { HttpFailure } from '../../http-failure.ts';
import { cut } from '../../lists/page.ts';
import { decodeObjectName, encodeObjectName, objectNameTokens, presentObject } from '../../presenters/objects.ts';
import { nsOfMs } from '../../presenters/usage.ts';
import { type JsonRecord, parseJson, recordOf, stringAt } from '../json-fields.ts';
import type { JsAccount } from './js-account.ts';
import { jsCodes, jsFailure } from './js-failure.ts';
import { limitOf } from './kv-bucket.ts';
import { targetOf } from './message-pages.ts';
import { getMessage, lastOfEach, type RawMessage, type ReadTarget, readForward } from './message-reader.ts';
import { readSubjects } from './stream-subjects.ts';

/** As the NATS clients cut objects. */
const CHUNK_BYTES = 131_072;
/** Chunks published and not yet acknowledged; 1 MiB. */
const MAX_UNACKED = 8;
/** Chunks read ahead of whoever takes them; 4 MiB. */
const READ_AHEAD = 32;

const ids = new Nuid((count) => randomBytes(count));

export interface Upload {
  readonly name: string;
  readonly description: string | undefined;
  readonly content: AsyncIterable<Uint8Array>;
  readonly maxBytes: number;
  /** Largest message that the server takes. */
  readonly maxPayloadBytes: number;
}

/** Metadata as it is stored, and where its chunks are. */
export interface StoredObject {
  readonly row: ObjectRow;
  readonly nuid: string;
  /** Where the metadata is. */
  readonly subject: string;
}

export class ObjectBucket {
  readonly js: JsAccount;
  readonly name: string;
  readonly target: ReadTarget;
  readonly info: JsonRecord;

  private constructor(js: JsAccount, name: string, info: JsonRecord) {
    this.js = js;
    this.name = name;
    this.info = info;
    this.target = targetOf(info, objectStream(name));
  }

  /** Throws 404 when there is no such bucket. */
  static async open(js: JsAccount, name: string): Promise<ObjectBucket> {
    const answer = await js.ask(`STREAM.INFO.${objectStream(name)}`);
    if (answer.ok) return new ObjectBucket(js, name, answer.value);
    if (answer.error.errCode === jsCodes.streamNotFound) throw new HttpFailure('not_found', `there is no object store ${name}`);
    throw jsFailure(answer.error);
  }

  /** Names with metadata, deleted ones too. */
  async count(): Promise<number> {
    return (await readSubjects(this.js, this.target.stream, `$O.${this.name}.M.>`)).subjects.length;
  }

  async list(query: ObjectsQuery): Promise<ObjectsPage> {
    const prefix = `$O.${this.name}.M.`;
    const { subjects, isTruncated } = await readSubjects(this.js, this.target.stream, `${prefix}>`);
    const text = query.q?.toLowerCase() ?? '';
    const found = subjects
      .map(({ subject }) => ({ subject, name: decodeObjectName(subject.slice(prefix.length)) }))
      .filter(({ name }) => text === '' || name.toLowerCase().includes(text))
      .sort((a, b) => (a.name < b.name === (query.order !== 'desc') ? -1 : 1));
    const page = cut(found, query);
    const last = await lastOfEach(
      this.js,
      this.target,
      page.items.map(({ subject }) => subject),
    );
    const bySubject = new Map(last.map((message) => [message.subject, readMeta(message)]));
    const items = page.items.flatMap(({ subject }) => bySubject.get(subject)?.row ?? []);
    return { ...page, items, isTruncated };
  }

  /** Metadata of an object; undefined when it was never there. */
  async find(name: string): Promise<StoredObject | undefined> {
    for (const token of objectNameTokens(name)) {
      const subject = `$O.${this.name}.M.${token}`;
      const message = await getMessage(this.js, this.target.stream, { last_by_subj: subject });
      if (message !== undefined) return readMeta(message);
    }
    return undefined;
  }

  /** Metadata of an object that has contents here; throws 404 or 409 otherwise. */
  async mustFind(name: string): Promise<StoredObject> {
    const found = await this.find(name);
    if (found === undefined || found.row.isDeleted)
      throw new HttpFailure('not_found', `there is no object ${name} in ${this.name}`);
    const { link } = found.row;
    if (link !== null)
      throw new HttpFailure(
        'conflict',
        `${name} is a link to ${link.name === null ? link.bucket : `${link.bucket} / ${link.name}`}`,
      );
    return found;
  }

  /** The chunks in order, read as they are taken. Throws at the end when size or digest is not what the metadata says. */
  async *contents({ row, nuid }: StoredObject): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of this.#chunks(nuid)) {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      if (sizeBytes > row.sizeBytes) break;
      yield chunk;
    }
    const verdict = verify(row, sizeBytes, digestOf(hash));
    if (!verdict.isIntact) throw new HttpFailure('internal', verdict.text);
  }

  /** Reads everything and compares. */
  async verify({ row, nuid }: StoredObject): Promise<ObjectVerification> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of this.#chunks(nuid)) {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
    }
    return verify(row, sizeBytes, digestOf(hash));
  }

  /** Stores an object in place of what had its name. What was stored of an upload that fails is taken away again. */
  async put(upload: Upload): Promise<ObjectRow> {
    const before = await this.find(upload.name);
    const nuid = ids.next();
    try {
      const stored = await this.#putChunks(nuid, upload);
      await this.#putMeta(before?.subject ?? this.#metaSubject(upload.name), {
        name: upload.name,
        ...(upload.description === undefined ? {} : { description: upload.description }),
        bucket: this.name,
        nuid,
        ...stored,
      });
    } catch (error) {
      await this.#purgeChunks(nuid);
      throw error;
    }
    if (before !== undefined && before.nuid !== '') await this.#purgeChunks(before.nuid);
    return (await this.mustFind(upload.name)).row;
  }

  /** Leaves a marker and takes the contents away. */
  async delete(name: string): Promise<void> {
    const found = await this.find(name);
    if (found === undefined || found.row.isDeleted)
      throw new HttpFailure('not_found', `there is no object ${name} in ${this.name}`);
    await this.#putMeta(found.subject, {
      name,
      bucket: this.name,
      nuid: found.nuid,
      size: 0,
      chunks: 0,
      digest: '',
      deleted: true,
    });
    await this.#purgeChunks(found.nuid);
  }

  async #putChunks(nuid: string, upload: Upload): Promise<NatsDocument> {
    const hash = createHash('sha256');
    const chunkBytes = Math.min(CHUNK_BYTES, Math.max(1024, upload.maxPayloadBytes - 1024));
    const unacked: Promise<void>[] = [];
    let size = 0;
    let chunks = 0;
    for await (const chunk of recut(upload.content, chunkBytes)) {
      size += chunk.byteLength;
      if (size > upload.maxBytes) throw new HttpFailure('too_large', `an object may have at most ${upload.maxBytes} bytes`);
      hash.update(chunk);
      chunks += 1;
      const stored = this.#publish(`$O.${this.name}.C.${nuid}`, chunk);
      // It is awaited below; a failure before that must not end the process.
      stored.catch(() => undefined);
      unacked.push(stored);
      if (unacked.length >= MAX_UNACKED) await unacked.shift();
    }
    await Promise.all(unacked);
    return { size, chunks, digest: digestOf(hash), options: { max_chunk_size: chunkBytes } };
  }

  async #putMeta(subject: string, meta: NatsDocument): Promise<void> {
    const block = makeHeaders();
    block.set(jsHeaders.rollup, 'sub');
    const answer = await this.js.publish(subject, JSON.stringify(meta), block);
    if (!answer.ok) throw jsFailure(answer.error);
  }

  async #publish(subject: string, payload: Uint8Array): Promise<void> {
    const answer = await this.js.publish(subject, payload);
    if (!answer.ok) throw jsFailure(answer.error);
  }

  async #purgeChunks(nuid: string): Promise<void> {
    await this.js.must(`STREAM.PURGE.${this.target.stream}`, { filter: `$O.${this.name}.C.${nuid}` }, 60_000);
  }

  /** A few chunks are read ahead; the next are asked for when those are taken. */
  async *#chunks(nuid: string): AsyncGenerator<Uint8Array> {
    if (nuid === '') return;
    let seq = 1;
    for (;;) {
      const read: RawMessage[] = [];
      await readForward(this.js, this.target, { filter: `$O.${this.name}.C.${nuid}`, seq, batch: READ_AHEAD }, (message) => {
        read.push(message);
        return read.length >= READ_AHEAD || message.pending === 0;
      });
      for (const message of read) yield message.payload;
      const last = read.at(-1);
      if (last === undefined || last.pending === 0) return;
      seq = last.seq + 1;
    }
  }

  #metaSubject(name: string): string {
    return `$O.${this.name}.M.${encodeObjectName(name)}`;
  }
}

/** The stream of an object store. */
export function objectStream(bucket: string): string {
  return `OBJ_${bucket}`;
}

/** The stream's configuration for a new store, as every NATS client makes it. */
export function objectBucketConfig(request: CreateObjectBucketRequest): NatsDocument {
  const { bucket, description, ttlMs = 0 } = request;
  return {
    name: objectStream(bucket),
    subjects: [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`],
    ...(description === undefined ? {} : { description }),
    max_age: nsOfMs(ttlMs),
    max_bytes: limitOf(request.maxBytes),
    storage: request.storage ?? 'file',
    compression: request.compression ?? 'none',
    num_replicas: request.replicas ?? 1,
    discard: 'new',
    allow_rollup_hdrs: true,
    allow_direct: true,
  };
}

function readMeta(message: RawMessage): StoredObject | undefined {
  const value = parseJson(Buffer.from(message.payload).toString('utf8'));
  if (value === undefined) return undefined;
  const meta = recordOf(value);
  return { row: presentObject(meta, message.atMs), nuid: stringAt(meta, 'nuid'), subject: message.subject };
}

function verify(row: ObjectRow, sizeBytes: number, digest: string): ObjectVerification {
  const isIntact = sizeBytes === row.sizeBytes && (row.digest === null || row.digest === digest);
  const text = isIntact
    ? `All ${sizeBytes.toLocaleString('en-US')} bytes are as they were stored.`
    : `The contents are damaged: ${sizeBytes.toLocaleString('en-US')} of ${row.sizeBytes.toLocaleString('en-US')} bytes, digest ${digest}.`;
  return { isIntact, sizeBytes, expectedSizeBytes: row.sizeBytes, digest, expectedDigest: row.digest, text };
}

function digestOf(hash: Hash): string {
  return `SHA-256=${hash.digest('base64').replaceAll('+', '-').replaceAll('/', '_')}`;
}

/** The same bytes in pieces of exactly `size`, but for the last. */
async function* recut(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  for await (const part of content) {
    kept.push(part);
    keptBytes += part.byteLength;
    if (keptBytes < size) continue;
    const whole = Buffer.concat(kept);
    let at = 0;
    for (; keptBytes - at >= size; at += size) yield whole.subarray(at, at + size);
    kept = [whole.subarray(at)];
    keptBytes -= at;
  }
  if (keptBytes > 0) yield Buffer.concat(kept);
}
