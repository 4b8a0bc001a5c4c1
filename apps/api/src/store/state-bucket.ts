/** One key-value bucket of the private account, as clients make and read them (ADR-8): subjects are keys, sequences are revisions. */
import { bucketConfig, streamOf } from '../nats/jetstream/kv-bucket.ts';
import { type JsonRecord, parseJson, recordOf } from '../nats/json-fields.ts';
import { KV_OPERATION } from '../presenters/kv.ts';
import type { Expected, StateAccount, Stored } from './state-account.ts';

export interface BucketEntry {
  readonly key: string;
  readonly revision: number;
  readonly value: JsonRecord;
}

export interface BucketOptions {
  readonly name: string;
  readonly description: string;
  readonly maxBytes: number;
  /** Entries that old go by themselves; absent: never. */
  readonly ttlMs?: number;
}

export class StateBucket {
  readonly #state: StateAccount;
  readonly #options: BucketOptions;
  readonly #prefix: string;

  constructor(state: StateAccount, options: BucketOptions) {
    this.#state = state;
    this.#options = options;
    this.#prefix = `$KV.${options.name}.`;
  }

  /** Makes the bucket unless it is there. Only the newest value of a key is kept: old ones hold old secrets. */
  ensure(): Promise<void> {
    const { name, ...rest } = this.#options;
    return this.#state.ensureStream(bucketConfig({ bucket: name, history: 1, ...rest }));
  }

  /** The newest value of every key (of a pattern), and the sequence of the whole bucket that they are at least as new as. */
  async load(pattern = '>'): Promise<{ entries: BucketEntry[]; lastSeq: number }> {
    const stream = streamOf(this.#options.name);
    const { lastSeq, messages } = await this.#state.streamState(stream);
    const byKey = new Map<string, BucketEntry>();
    if (messages === 0) return { entries: [], lastSeq };
    await this.#state.read(stream, { seq: 1, filter: this.#prefix + pattern }, ({ subject, headers, payload, seq, pending }) => {
      const key = subject.slice(this.#prefix.length);
      if (headers.some(([name]) => name === KV_OPERATION)) byKey.delete(key);
      else byKey.set(key, { key, revision: seq, value: parse(payload, subject) });
      return pending === 0;
    });
    return { entries: [...byKey.values()], lastSeq };
  }

  /** The newest revision of a key, without a value where that is a deletion; undefined when there never was one. */
  async find(key: string): Promise<{ revision: number; value: JsonRecord | undefined } | undefined> {
    const message = await this.#state.last(streamOf(this.#options.name), this.#prefix + key);
    if (message === undefined) return undefined;
    const isDeleted = message.headers.some(([name]) => name === KV_OPERATION);
    return { revision: message.seq, value: isDeleted ? undefined : parse(message.payload, message.subject) };
  }

  put(key: string, value: object, expected: Expected = {}): Promise<Stored> {
    return this.#state.publish(this.#prefix + key, JSON.stringify(value), expected);
  }

  /** Leaves a marker in place of the value. */
  remove(key: string, expected: Expected = {}): Promise<Stored> {
    return this.#state.publish(this.#prefix + key, '', expected, [[KV_OPERATION, 'DEL']]);
  }
}

/** Any text as one token of a key: what keys cannot hold becomes `=` and two hex digits per byte. */
export function keyOf(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/gu, (character) => Buffer.from(character).toString('hex').replace(/../g, '=$&'));
}

function parse(payload: Uint8Array, subject: string): JsonRecord {
  const value = parseJson(Buffer.from(payload).toString('utf8'));
  if (value === undefined) throw new Error(`the console's state is damaged: ${subject} holds no JSON`);
  return recordOf(value);
}
