/**
 * The console's side of its private account: one client, kept connected, that stores messages and reads them back. A message counts as
 * stored when the broker has acknowledged it, which it does after it is on disk. A connection that is lost meanwhile is waited for, and the
 * message sent again under the same id, so that it is stored once.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { headers as makeHeaders } from '@nats-io/transport-node';
import { jsHeaders } from '@sluice/protocol/jetstream';
import type { Clock } from '../env/clock.ts';
import { HttpFailure, isUnavailable } from '../http-failure.ts';
import { JsAccount } from '../nats/jetstream/js-account.ts';
import { type JsError, jsCodes } from '../nats/jetstream/js-failure.ts';
import { getMessage, type RawMessage, readForward } from '../nats/jetstream/message-reader.ts';
import { type JsonRecord, numberAt, recordAt, recordOf, stringAt } from '../nats/json-fields.ts';
import { NatsContext } from '../nats/nats-context.ts';
import { STATE_ACCOUNT, type SystemCredentials } from '../supervisor/messages.ts';

export interface StateAccountOptions {
  readonly clock: Clock;
  readonly credentials: SystemCredentials;
  /** Connected, at first or again. */
  onConnected(): void;
  onNotice(text: string): void;
}

export interface StreamState {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly messages: number;
  /** When the stream was made; another time is another stream. */
  readonly created: string;
}

/** What must be the newest message for a new one to be stored: of the stream, or of its subject. 0: there must be none. */
export interface Expected {
  readonly lastSeq?: number;
  readonly subjectSeq?: number;
}

/** `ok: false`: something else was stored meanwhile. */
export type Stored = { readonly ok: true; readonly seq: number } | { readonly ok: false };

const TRY_TIMEOUT_MS = 3000;
const TRIES = 3;
/** A broker that died is started again well within this time; one that is away for longer is not waited for. */
const GRACE_MS = 4000;
const BATCH = 500;

const conflicts: ReadonlySet<number> = new Set([jsCodes.wrongLastSequence, jsCodes.wrongLastSequenceConstant]);

export class StateAccount {
  readonly #nats: NatsContext;
  readonly #onConnected: () => void;
  readonly #waiting = new Set<() => void>();
  #js: JsAccount | undefined;
  #lostAtMs: number = performance.now();
  #problem: string | null = null;

  constructor({ clock, credentials, onConnected, onNotice }: StateAccountOptions) {
    this.#onConnected = onConnected;
    this.#nats = new NatsContext({
      clock,
      system: credentials,
      onConnected: () => this.#connected(),
      onDisconnected: () => {
        this.#lostAtMs = performance.now();
      },
      onNotice,
    });
  }

  /** Why the last message could not be stored; null when it was, or when that was before the last connection. */
  get problem(): string | null {
    return this.#problem;
  }

  get isConnected(): boolean {
    return this.#nats.isConnected;
  }

  /** Where the private account is; a restarted broker may have another address. */
  setUrl(url: string | undefined): void {
    this.#nats.setUrl(url);
  }

  /** Resolves when connected; throws 503 when the connection has been away for longer than `graceMs`. */
  async connected(graceMs: number = GRACE_MS): Promise<void> {
    if (this.isConnected) return;
    const leftMs = this.#lostAtMs + graceMs - performance.now();
    let wake: () => void = () => undefined;
    const isBack = new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiting.add(resolve);
    });
    if (leftMs > 0) await Promise.race([isBack, pause(leftMs, undefined, { ref: false })]);
    this.#waiting.delete(wake);
    if (!this.isConnected)
      throw new HttpFailure('unavailable', 'the broker, which keeps users and audit of the console, does not answer');
  }

  /** Stores one message; resolves when it is on disk. Throws 503 with the reason when it cannot be stored. */
  async publish(
    subject: string,
    payload: string | Uint8Array,
    expected: Expected = {},
    more: readonly [string, string][] = [],
  ): Promise<Stored> {
    const headers = makeHeaders();
    headers.set(jsHeaders.msgId, randomUUID());
    if (expected.lastSeq !== undefined) headers.set(jsHeaders.expectedLastSeq, String(expected.lastSeq));
    if (expected.subjectSeq !== undefined) headers.set(jsHeaders.expectedLastSubjectSeq, String(expected.subjectSeq));
    for (const [name, value] of more) headers.set(name, value);
    const answer = await this.#insist(async (js) => {
      const message = await js.request(subject, payload, { headers, timeoutMs: TRY_TIMEOUT_MS });
      return recordOf(message.json());
    });
    const error = recordAt(answer, 'error');
    const isConflict = conflicts.has(numberAt(error, 'err_code'));
    this.#problem = 'error' in answer && !isConflict ? stringAt(error, 'description', 'the stream refused it') : null;
    if (this.#problem !== null) throw cannotStore(this.#problem);
    return isConflict ? { ok: false } : { ok: true, seq: numberAt(answer, 'seq') };
  }

  /** Makes the stream unless it is there. */
  async ensureStream(config: JsonRecord): Promise<void> {
    const name = String(config['name']);
    const answer = await this.#insist((js) => js.ask(`STREAM.INFO.${name}`));
    if (answer.ok) return;
    if (answer.error.errCode !== jsCodes.streamNotFound) throw cannotStore(describe(answer.error));
    const created = await this.#insist((js) => js.ask(`STREAM.CREATE.${name}`, config));
    if (!created.ok) throw cannotStore(describe(created.error));
  }

  /** Sequences and counts of a stream, and when it was made. */
  async streamState(name: string): Promise<StreamState> {
    const info = await this.#insist((js) => js.must(`STREAM.INFO.${name}`));
    const state = recordAt(info, 'state');
    return {
      firstSeq: numberAt(state, 'first_seq'),
      lastSeq: numberAt(state, 'last_seq'),
      messages: numberAt(state, 'messages'),
      created: stringAt(info, 'created'),
    };
  }

  /** Hands every message of `filter` from `seq` on to `onMessage` until it returns true. Not tried again: part of it was handed on. */
  async read(stream: string, from: { seq: number; filter?: string }, onMessage: (message: RawMessage) => boolean): Promise<void> {
    await this.connected();
    await readForward(this.#account(), { stream, isDirect: true }, { filter: '>', batch: BATCH, ...from }, onMessage);
  }

  /** The newest message of a subject; undefined when there is none. */
  last(stream: string, subject: string): Promise<RawMessage | undefined> {
    return this.#insist((js) => getMessage(js, stream, { last_by_subj: subject }));
  }

  /** The message of one sequence; undefined when there is none. */
  at(stream: string, seq: number): Promise<RawMessage | undefined> {
    return this.#insist((js) => getMessage(js, stream, { seq }));
  }

  async close(): Promise<void> {
    await this.#nats.close();
  }

  /** Asks again while nobody answers: a broker that died is started again within a second. */
  async #insist<T>(ask: (js: JsAccount) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        await this.connected();
        return await ask(this.#account());
      } catch (error) {
        if (!isUnavailable(error) || tries >= TRIES) throw error;
      }
    }
  }

  #account(): JsAccount {
    const { connection } = this.#nats;
    if (connection === undefined) throw new HttpFailure('unavailable', 'the broker is not connected');
    if (this.#js?.connection !== connection) this.#js = new JsAccount(connection, STATE_ACCOUNT);
    return this.#js;
  }

  #connected(): void {
    this.#problem = null;
    for (const resolve of [...this.#waiting]) resolve();
    this.#onConnected();
  }
}

function describe({ description, errCode }: JsError): string {
  return `${description} (JetStream ${errCode})`;
}

/** The disk is full, or cannot be written any more. */
function cannotStore(reason: string): HttpFailure {
  return new HttpFailure('unavailable', `the console cannot store this: ${reason}; look for free space in the data folder`);
}
