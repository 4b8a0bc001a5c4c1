/**
 * Takes a snapshot in, piece by piece, and makes a stream of it. The stream is there once everything is; a restore that ends before,
 * for whatever reason, leaves nothing behind. Source: nats-server server/jetstream_api.go processStreamRestore.
 */
import { type ApiError, apiError, goJson, type JsonObject, responseType, type StreamConfig } from '@sluice/protocol/jetstream';
import type { ReceivedMessage } from '../../account/internal-subscriber.ts';
import type { Timer } from '../../env/env.ts';
import type { StreamFolder } from '../account-files.ts';
import { Consumer } from '../consumer/consumer.ts';
import { streamInfo } from '../infos.ts';
import type { JsAccount } from '../js-account.ts';
import { streamRecord } from '../records.ts';
import { CorruptBlock } from '../store/s2-block.ts';
import type { MessageStore } from '../store/store.ts';
import { openStore } from '../stream/create.ts';
import { Stream } from '../stream/stream.ts';
import { RestoreContent } from './restore-content.ts';
import { goS2Text } from './s2-stream.ts';

const STALL_MS = 5000;
const IDENTITY_LENGTH = 8;
const nothing: Buffer = Buffer.alloc(0);

class NoRoom extends Error {
  readonly apiError: ApiError;

  constructor(error: ApiError) {
    super(error.description);
    this.apiError = error;
  }
}

/** What keeps a stream from being added when its content is complete. */
function notAdded({ description, err_code: code }: ApiError): Error {
  return new Error(`error adding stream: ${description} (${code})`);
}

export class RestoreJob {
  /** Where the pieces go. */
  readonly deliverSubject: string;
  private readonly js: JsAccount;
  private readonly config: StreamConfig;
  private readonly onDone: (bytes: number) => void;
  private readonly endPieces: () => void;
  private readonly folder: StreamFolder | undefined;
  private readonly store: MessageStore;
  private readonly content: RestoreContent;
  private timer: Timer | undefined;
  private bytes = 0;
  private isOver = false;

  constructor(js: JsAccount, config: StreamConfig, onDone: (bytes: number) => void) {
    this.js = js;
    this.config = config;
    this.onDone = onDone;
    this.deliverSubject = `$JS.SNAPSHOT.RESTORE.${config.name}.${js.newId()}`;
    this.folder = config.storage === 'memory' ? undefined : js.files.prepare(js.newId());
    this.store = openStore(js, { ...config, max_msgs: -1, max_bytes: -1, max_msgs_per_subject: -1 }, this.folder);
    this.content = new RestoreContent({
      store: this.store,
      maxMessageBytes: config.max_msg_size >= 0 ? config.max_msg_size : js.options.maxPayloadBytes,
      nowUs: js.clock.nowUs(),
      checkRoom: (more) => this.checkRoom(more),
    });
    this.endPieces = js.account.subscribe(this.deliverSubject, (message) => this.onPiece(message));
    this.watch();
  }

  private checkRoom(more: number): void {
    const { storage } = this.config;
    if (this.js.limitProblem(storage, this.store.bytes + more) === undefined) return;
    throw new NoRoom(apiError(storage === 'memory' ? 'memoryResourcesExceeded' : 'storageResourcesExceeded'));
  }

  private watch(): void {
    this.timer?.cancel();
    this.timer = this.js.clock.setTimer(STALL_MS, () => {
      this.log('WRN', `restore for stream '${this.config.name}' is stalled`);
      this.abandon();
    });
  }

  private log(level: 'INF' | 'WRN', text: string): void {
    this.js.log.write(level, `JetStream: ${text}`);
  }

  private onPiece({ payload, reply }: ReceivedMessage): void {
    if (this.isOver) return;
    if (reply === '') {
      this.log('WRN', `restore for stream '${this.config.name}' requires reply subject for each chunk`);
      return this.abandon();
    }
    this.watch();
    try {
      if (payload.length === 0) return this.finish(reply);
      this.content.push(payload);
      this.bytes += payload.length;
      this.store.flush();
      this.js.messenger.send(reply, nothing);
    } catch (cause) {
      this.fail(cause, reply);
    }
  }

  private fail(cause: unknown, reply: string): void {
    const message = cause instanceof CorruptBlock ? goS2Text(cause) : cause instanceof Error ? cause.message : String(cause);
    this.log('WRN', `restore of stream '${this.config.name}' failed: ${message}`);
    const error = cause instanceof NoRoom ? cause.apiError : apiError('streamRestore', { err: message });
    this.abandon();
    this.answer(reply, { error: { ...error } });
  }

  private answer(reply: string, fields: JsonObject): void {
    this.js.messenger.sendText(reply, goJson({ type: responseType('stream_create'), ...fields }));
  }

  private end(): void {
    this.isOver = true;
    this.timer?.cancel();
    this.endPieces();
    this.js.restores.delete(this);
  }

  /** Gives up; nothing stays behind. */
  abandon(): void {
    if (this.isOver) return;
    this.end();
    this.store.destroy();
    if (this.folder !== undefined) this.js.files.remove(this.folder);
    this.onDone(this.bytes);
  }

  private finish(reply: string): void {
    const { js, config, folder, store } = this;
    if (this.bytes === 0) throw new Error('EOF');
    this.content.finish();
    if (js.streams.has(config.name)) throw new NoRoom(apiError('streamNameExistRestoreFailed'));
    if (config.num_replicas > 1) throw notAdded(apiError('streamReplicasNotSupported'));
    if (js.hasOverlap(config.subjects ?? [], config.name)) throw notAdded(apiError('streamSubjectOverlap'));
    const createdUs = js.clock.nowUs();
    const identity = js.newId().slice(0, IDENTITY_LENGTH);
    store.flush();
    if (folder !== undefined) js.files.complete(folder, streamRecord({ config, createdUs, identity }));
    this.end();
    const stream = new Stream(js, config, { store, createdUs, identity });
    js.addStream(stream, folder, () => this.addConsumers(stream));
    stream.update(config);
    stream.advisories.action('create');
    this.onDone(this.bytes);
    this.log('INF', `stream '${config.name}' restored from ${this.bytes} bytes`);
    const options = { hasDeletedDetails: false, hasServerMetadata: true, hasDomain: false };
    this.answer(reply, streamInfo(stream, options));
  }

  private addConsumers(stream: Stream): void {
    const createdUs = this.js.clock.nowUs();
    for (const { config, snapshot } of this.content.consumers) {
      const name = config.durable_name !== undefined && config.durable_name !== '' ? config.durable_name : (config.name ?? '');
      if (name === '' || stream.consumers.has(name)) continue;
      const file = config.mem_storage === true ? undefined : this.js.consumerFile(stream, name);
      const start = { seq: snapshot.nextSeq, skipList: undefined, resumeAt: 0 };
      const consumer = new Consumer(stream, config, { name, createdUs, start, snapshot, file });
      consumer.saveNow();
      stream.consumers.set(name, consumer);
    }
  }
}
