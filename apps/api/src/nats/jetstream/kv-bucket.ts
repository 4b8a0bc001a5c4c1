/**
 * One key-value bucket: a stream whose subjects are keys and whose sequences are revisions. Reads are message gets; writes are
 * publishes that may name the revision they replace. Source: ADR-8, ADR-48.
 */
import { headers as makeHeaders } from '@nats-io/transport-node';
import { isLiteralSubject } from '@sluice/protocol';
import type {
  CreateBucketRequest,
  EncodedPayload,
  KeyDetail,
  KeyRow,
  KeysPage,
  KeysQuery,
  KvEntry,
  NatsDocument,
} from '@sluice/protocol/console';
import { jsHeaders } from '@sluice/protocol/jetstream';
import { badField, HttpFailure } from '../../http-failure.ts';
import { cut } from '../../lists/page.ts';
import { KV_OPERATION, presentEntry } from '../../presenters/kv.ts';
import { nsOfMs } from '../../presenters/usage.ts';
import { type JsonRecord, numberAt, recordAt, stringAt } from '../json-fields.ts';
import type { JsAccount } from './js-account.ts';
import { jsCodes, jsFailure } from './js-failure.ts';
import { targetOf } from './message-pages.ts';
import { getMessage, lastOfEach, type RawMessage, type ReadTarget, readForward } from './message-reader.ts';
import { readSubjects } from './stream-subjects.ts';

const DEFAULT_HISTORY = 1;
const DUPLICATE_WINDOW_MS = 120_000;
const LIST_VALUE_BYTES = 1024;
const HISTORY_VALUE_BYTES = 65_536;
const ENTRY_VALUE_BYTES = 8_388_608;
const MAX_HISTORY = 64;

export class KvBucket {
  readonly js: JsAccount;
  readonly name: string;
  readonly target: ReadTarget;
  readonly info: JsonRecord;
  /** What stands before each key: the origin's subjects where the bucket is a mirror. */
  readonly prefix: string;

  private constructor(js: JsAccount, name: string, info: JsonRecord) {
    const origin = stringAt(recordAt(recordAt(info, 'config'), 'mirror'), 'name');
    this.js = js;
    this.name = name;
    this.info = info;
    this.target = targetOf(info, streamOf(name));
    this.prefix = `$KV.${origin.startsWith('KV_') ? origin.slice(3) : name}.`;
  }

  /** Throws 404 when there is no such bucket. */
  static async open(js: JsAccount, name: string): Promise<KvBucket> {
    const answer = await js.ask(`STREAM.INFO.${streamOf(name)}`);
    if (answer.ok) return new KvBucket(js, name, answer.value);
    if (answer.error.errCode === jsCodes.streamNotFound) throw new HttpFailure('not_found', `there is no bucket ${name}`);
    throw jsFailure(answer.error);
  }

  get revision(): number {
    return numberAt(recordAt(this.info, 'state'), 'last_seq');
  }

  get config(): JsonRecord {
    return recordAt(this.info, 'config');
  }

  /** A page of keys, each with its newest value. */
  async keys(query: KeysQuery): Promise<KeysPage> {
    const prefix = query.prefix ?? '';
    const whole = prefix.slice(0, prefix.lastIndexOf('.') + 1);
    const filter = whole === '' || !isLiteralSubject(whole.slice(0, -1)) ? `${this.prefix}>` : `${this.prefix}${whole}>`;
    const { subjects, isTruncated } = await readSubjects(this.js, this.target.stream, filter);
    const text = query.q?.toLowerCase() ?? '';
    const found = subjects
      .map(({ subject, messages }) => ({ key: subject.slice(this.prefix.length), revisions: messages }))
      .filter(({ key }) => key.startsWith(prefix) && (text === '' || key.toLowerCase().includes(text)))
      .sort((a, b) => (a.key < b.key === (query.order !== 'desc') ? -1 : 1));
    const page = cut(found, query);
    const last = await lastOfEach(
      this.js,
      this.target,
      page.items.map(({ key }) => this.prefix + key),
    );
    const bySubject = new Map(last.map((message) => [message.subject, message]));
    const items: KeyRow[] = [];
    for (const { key, revisions } of page.items) {
      const message = bySubject.get(this.prefix + key);
      // It expired between the two questions.
      if (message !== undefined) items.push({ ...this.entry(message, query.maxValueBytes ?? LIST_VALUE_BYTES), revisions });
    }
    return { ...page, items, revision: this.revision, isTruncated };
  }

  async key(key: string): Promise<KeyDetail> {
    mustBeKey('/key', key, 'query');
    const kept: RawMessage[] = [];
    const from = { filter: this.prefix + key, seq: 1, batch: MAX_HISTORY };
    await readForward(this.js, this.target, from, (message) => {
      kept.push(message);
      if (kept.length > MAX_HISTORY) kept.shift();
      return message.pending === 0;
    });
    const newest = kept.at(-1);
    return {
      entry: newest === undefined ? null : this.entry(newest, ENTRY_VALUE_BYTES),
      history: kept.toReversed().map((message) => this.entry(message, HISTORY_VALUE_BYTES)),
    };
  }

  /** Writes a value. Throws 409 with both values when `expectedRevision` is not the newest. */
  async put(key: string, value: Uint8Array, options: { expectedRevision?: number; ttlMs?: number }): Promise<KvEntry> {
    const { ttlMs } = options;
    return this.#write(key, value, { ...options, fields: ttlMs === undefined ? {} : { [jsHeaders.ttl]: ttlText(ttlMs) } });
  }

  /** Leaves a delete marker; older revisions stay. */
  async delete(key: string, expectedRevision: number | undefined): Promise<KvEntry> {
    return this.#write(key, new Uint8Array(), { ...expected(expectedRevision), fields: { [KV_OPERATION]: 'DEL' } });
  }

  /** Leaves a marker and takes every older revision away. */
  async purge(key: string, expectedRevision: number | undefined): Promise<KvEntry> {
    const fields = { [KV_OPERATION]: 'PURGE', [jsHeaders.rollup]: 'sub' };
    return this.#write(key, new Uint8Array(), { ...expected(expectedRevision), fields });
  }

  /** Writes the value of an older revision anew; by default only over what was the newest when this was asked. */
  async revert(key: string, revision: number, expectedRevision: number | undefined): Promise<KvEntry> {
    const old = await getMessage(this.js, this.target.stream, { seq: revision });
    if (old === undefined || old.subject !== this.prefix + key)
      throw new HttpFailure('not_found', `revision ${revision} of ${key} is not kept any more`);
    if (this.entry(old, 0).operation !== 'put')
      throw new HttpFailure('conflict', `revision ${revision} of ${key} is a deletion; delete the key instead`);
    const newest = await getMessage(this.js, this.target.stream, { last_by_subj: this.prefix + key });
    return this.put(key, old.payload, { expectedRevision: expectedRevision ?? newest?.seq ?? 0 });
  }

  entry(message: RawMessage, maxValueBytes: number): KvEntry {
    return presentEntry(message, { prefix: this.prefix, maxAgeNs: numberAt(this.config, 'max_age'), maxValueBytes });
  }

  async #write(
    key: string,
    value: Uint8Array,
    options: { expectedRevision?: number; fields: Readonly<Record<string, string>> },
  ): Promise<KvEntry> {
    mustBeKey('/key', key, 'body');
    const { expectedRevision, fields } = options;
    const block = makeHeaders();
    for (const [name, text] of Object.entries(fields)) block.set(name, text);
    if (expectedRevision !== undefined) block.set(jsHeaders.expectedLastSubjectSeq, String(expectedRevision));
    const answer = await this.js.publish(this.prefix + key, value, block);
    if (answer.ok) return this.#written(key, numberAt(answer.value, 'seq'));
    if (answer.error.errCode !== jsCodes.wrongLastSequence || expectedRevision === undefined) throw jsFailure(answer.error);
    throw await this.#conflict(key, expectedRevision, fields[KV_OPERATION] === undefined ? value : undefined);
  }

  async #written(key: string, revision: number): Promise<KvEntry> {
    const message = await getMessage(this.js, this.target.stream, { seq: revision });
    if (message === undefined) throw new HttpFailure('conflict', `${key} was written as ${revision} and replaced at once`);
    return this.entry(message, HISTORY_VALUE_BYTES);
  }

  async #conflict(key: string, expectedRevision: number, value: Uint8Array | undefined): Promise<HttpFailure> {
    const newest = await getMessage(this.js, this.target.stream, { last_by_subj: this.prefix + key });
    const current = newest === undefined ? null : this.entry(newest, HISTORY_VALUE_BYTES);
    const found = current === null ? 'it is not there' : `it is at ${current.revision}`;
    return new HttpFailure('conflict', `${key} was changed meanwhile: you expected revision ${expectedRevision}, ${found}`, {
      details: {
        current:
          current === null
            ? null
            : {
                revision: current.revision,
                operation: current.operation,
                value: current.value,
                createdAtMs: current.createdAtMs,
              },
        wanted: { expectedRevision, value: value === undefined ? null : encoded(value) },
      },
    });
  }
}

/** The stream of a bucket. */
export function streamOf(bucket: string): string {
  return `KV_${bucket}`;
}

/** The stream's configuration for a new bucket, as every NATS client makes it. */
export function bucketConfig(request: CreateBucketRequest): NatsDocument {
  const { bucket, description, history = DEFAULT_HISTORY, ttlMs = 0, markerTtlMs = 0 } = request;
  const windowMs = ttlMs > 0 ? Math.min(ttlMs, DUPLICATE_WINDOW_MS) : DUPLICATE_WINDOW_MS;
  return {
    name: streamOf(bucket),
    subjects: [`$KV.${bucket}.>`],
    ...(description === undefined ? {} : { description }),
    retention: 'limits',
    max_msgs_per_subject: history,
    max_bytes: limitOf(request.maxBytes),
    max_msg_size: limitOf(request.maxValueBytes),
    max_age: nsOfMs(ttlMs),
    max_msgs: -1,
    max_consumers: -1,
    duplicate_window: nsOfMs(windowMs),
    storage: request.storage ?? 'file',
    compression: request.compression ?? 'none',
    num_replicas: request.replicas ?? 1,
    discard: 'new',
    allow_rollup_hdrs: true,
    deny_delete: true,
    deny_purge: false,
    allow_direct: true,
    ...(markerTtlMs > 0 ? { allow_msg_ttl: true, subject_delete_marker_ttl: nsOfMs(markerTtlMs) } : {}),
  };
}

/** -1 is no limit in every configuration. */
export function limitOf(value: number | undefined): number {
  return value === undefined || value === 0 ? -1 : value;
}

function mustBeKey(path: string, key: string, part: 'body' | 'query'): void {
  if (!/^[-/_=.A-Za-z0-9]+$/.test(key) || !isLiteralSubject(key))
    throw badField(path, 'must be a key of letters, digits and -/_=. without empty parts', part);
}

function expected(expectedRevision: number | undefined): { expectedRevision?: number } {
  return expectedRevision === undefined ? {} : { expectedRevision };
}

/** Whole seconds, which is what a per-message TTL holds. */
function ttlText(ttlMs: number): string {
  return `${Math.max(1, Math.round(ttlMs / 1000))}s`;
}

function encoded(value: Uint8Array): EncodedPayload {
  const text = Buffer.from(value);
  const isText = Buffer.from(text.toString('utf8'), 'utf8').equals(text);
  return isText ? { encoding: 'utf8', payload: text.toString('utf8') } : { encoding: 'base64', payload: text.toString('base64') };
}
