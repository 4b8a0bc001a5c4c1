/**
 * JetStream of one account: its streams, what they may use together, what it tells the world. Streams and consumers reach their
 * surroundings through it alone.
 */
import { goQuote, subjectsOverlap } from '@sluice/protocol';
import {
  type ApiError,
  apiError,
  formatTime,
  goJson,
  type JsonObject,
  type StorageType,
  type StreamConfig,
} from '@sluice/protocol/jetstream';
import type { Account } from '../account/account.ts';
import type { Clock } from '../env/env.ts';
import type { Log } from '../env/log.ts';
import type { JetStreamAccountLimits } from '../options.ts';
import type { AccountFiles, StreamFolder } from './account-files.ts';
import type { AssetFile } from './asset-file.ts';
import type { Consumer } from './consumer/consumer.ts';
import type { Engine } from './engine.ts';
import type { JetStreamOptions } from './limits.ts';
import { Messenger } from './messenger.ts';
import { consumerRecord } from './records.ts';
import type { RestoreJob } from './snapshot/restore-job.ts';
import type { BatchCounter } from './stream/atomic-batch.ts';
import type { ConfigContext } from './stream/config-context.ts';
import type { Stream } from './stream/stream.ts';
import type { InterestWatcher, StreamHost } from './stream/stream-host.ts';
import type { JetStreamTurn } from './turn.ts';

/** Bytes in use of each storage. */
export interface Usage {
  readonly memory: number;
  readonly file: number;
}

export class JsAccount implements StreamHost {
  readonly engine: Engine;
  readonly account: Account;
  readonly messenger: Messenger;
  readonly files: AccountFiles;
  readonly streams: Map<string, Stream> = new Map();
  readonly folders: Map<Stream, StreamFolder> = new Map();
  /** Streams that are being taken in. */
  readonly restores: Set<RestoreJob> = new Set();
  /** Who else, beside push consumers, is told that subscriptions came or went. */
  readonly interestWatchers: Set<InterestWatcher> = new Set();
  readonly api: { total: number; errors: number } = { total: 0, errors: 0 };
  limits: JetStreamAccountLimits;
  private isInterestStale = false;
  private readonly advisories: { subject: string; fields: JsonObject }[] = [];

  constructor(engine: Engine, account: Account, limits: JetStreamAccountLimits, files: AccountFiles) {
    this.engine = engine;
    this.account = account;
    this.limits = limits;
    this.files = files;
    this.messenger = new Messenger(account);
    account.interestObserver = () => this.onInterestChanged();
  }

  get turn(): JetStreamTurn {
    return this.engine.turn;
  }

  get clock(): Clock {
    return this.engine.clock;
  }

  get log(): Log {
    return this.engine.log;
  }

  get options(): JetStreamOptions {
    return this.engine.options;
  }

  get serverName(): string {
    return this.engine.serverName;
  }

  get atomicBatches(): BatchCounter {
    return this.engine.atomicBatches;
  }

  get fastBatches(): BatchCounter {
    return this.engine.fastBatches;
  }

  newId(): string {
    return this.engine.newId();
  }

  random(): number {
    return this.engine.random();
  }

  // ---- What others see --------------------------------------------------------------------------------------------

  /** Whoever listens hears it soon after, so that nothing is published while messages are taken in. */
  advise(subject: string, type: string, fields: JsonObject): void {
    this.advisories.push({ subject, fields: { type, id: this.newId(), timestamp: formatTime(this.clock.nowUs()), ...fields } });
    if (this.advisories.length === 1) this.turn.defer(() => this.flushAdvisories());
  }

  /** Sends what is to be told. Must not be called while a message is being routed. */
  flushAdvisories(): void {
    if (this.advisories.length === 0) return;
    const { domain } = this.options;
    for (const { subject, fields } of this.advisories.splice(0)) {
      if (!this.account.hasInterest(subject)) continue;
      this.messenger.sendText(subject, goJson(domain === '' ? fields : { ...fields, domain }));
    }
  }

  private onInterestChanged(): void {
    if (this.isInterestStale || this.streams.size === 0) return;
    this.isInterestStale = true;
    this.turn.defer(() => {
      this.isInterestStale = false;
      for (const watcher of [...this.interestWatchers]) watcher.onInterestChanged();
      for (const stream of this.streams.values()) {
        for (const consumer of stream.consumers.values()) if (consumer.isPush) consumer.checkInterest();
      }
    });
  }

  // ---- Limits -----------------------------------------------------------------------------------------------------

  limitProblem(storage: StorageType, bytes: number): ApiError | undefined {
    const max = storage === 'memory' ? this.limits.maxMemoryBytes : this.limits.maxStoreBytes;
    if (this.engine.isFull(storage)) return apiError('insufficientResources');
    if (max < 0 || this.used(storage) + bytes <= max) return undefined;
    this.engine.warnOnce(`JetStream ${storage} resource limits exceeded for account: ${goQuote(this.account.name)}`);
    return apiError('accountResourcesExceeded');
  }

  /** Bytes that streams of that storage hold. */
  used(storage: StorageType): number {
    let bytes = 0;
    for (const stream of this.streams.values()) if (stream.config.storage === storage) bytes += stream.store.bytes;
    return bytes;
  }

  /** Bytes that streams of that storage may come to hold, by their `max_bytes`; one stream left out. */
  reserved(storage: StorageType, except = ''): number {
    let bytes = 0;
    for (const { config } of this.streams.values()) {
      if (config.storage === storage && config.name !== except && config.max_bytes > 0) bytes += config.max_bytes;
    }
    return bytes;
  }

  /** Why a stream of that configuration does not fit in. Source: nats-server server/jetstream.go checkLimits. */
  reservationProblem(config: StreamConfig): ApiError | undefined {
    const { limits } = this;
    if (config.max_consumers > 0 && limits.maxConsumers > 0 && config.max_consumers > limits.maxConsumers)
      return apiError('maximumConsumersLimit');
    const bytes = config.max_bytes < 0 ? 1 : config.max_bytes;
    const isMemory = config.storage === 'memory';
    const max = isMemory ? limits.maxMemoryBytes : limits.maxStoreBytes;
    const isOver = max >= 0 && this.reserved(config.storage, config.name) + bytes > max;
    if (!isOver && this.engine.hasRoomFor(config.storage, bytes, this.streams.get(config.name))) return undefined;
    return apiError(isMemory ? 'memoryResourcesExceeded' : 'storageResourcesExceeded');
  }

  configContext(): ConfigContext {
    return {
      options: this.options,
      isMaxBytesRequired: this.limits.isMaxBytesRequired,
      maxStreamBytes: (storage) => (storage === 'memory' ? this.limits.memoryMaxStreamBytes : this.limits.storeMaxStreamBytes),
      streamConfig: (name) => this.streams.get(name)?.config,
    };
  }

  // ---- Streams ----------------------------------------------------------------------------------------------------

  streamNamed(name: string): Stream | undefined {
    return this.streams.get(name);
  }

  /** True when another stream already takes some of the subjects. */
  hasOverlap(subjects: readonly string[], except: string): boolean {
    for (const { config } of this.streams.values()) {
      if (config.name === except) continue;
      for (const theirs of config.subjects ?? []) if (subjects.some((subject) => subjectsOverlap(subject, theirs))) return true;
    }
    return false;
  }

  /** A stream that is whole is here from now on; `before` runs when it is known and does not work yet. */
  addStream(stream: Stream, folder: StreamFolder | undefined, before: () => void = () => undefined): void {
    this.streams.set(stream.config.name, stream);
    if (folder !== undefined) this.folders.set(stream, folder);
    before();
    stream.start();
    for (const consumer of stream.consumers.values()) consumer.start();
    for (const other of this.streams.values()) other.sources.onAppeared(stream.config.name);
  }

  /** Ends a stream and removes its data; the deletion is durable when this returns. Throws what the disk throws. */
  deleteStream(stream: Stream): void {
    const folder = this.folders.get(stream);
    if (folder !== undefined) this.files.markDeleted(folder);
    for (const consumer of [...stream.consumers.values()]) this.endConsumer(stream, consumer);
    stream.sources.release();
    stream.stop();
    this.streams.delete(stream.config.name);
    this.folders.delete(stream);
    stream.store.destroy();
    if (folder !== undefined) this.files.remove(folder);
    stream.advisories.action('delete');
  }

  // ---- Consumers --------------------------------------------------------------------------------------------------

  deleteConsumer(stream: Stream, name: string): void {
    const consumer = stream.consumers.get(name);
    if (consumer === undefined) return;
    this.endConsumer(stream, consumer);
    stream.dropUninteresting(Math.max(1, consumer.state.ackSeq));
  }

  private endConsumer(stream: Stream, consumer: Consumer): void {
    stream.consumers.delete(consumer.name);
    consumer.stop();
    consumer.forget();
    consumer.pull?.endAll('409 Consumer Deleted');
    if (consumer.config.direct !== true) consumer.advisories.action('delete');
  }

  consumerRecord(consumer: Consumer): unknown {
    return consumerRecord(consumer);
  }

  consumerFile(stream: Stream, _name: string): AssetFile | undefined {
    const folder = this.folders.get(stream);
    return folder === undefined ? undefined : this.files.consumerFile(folder, this.newId());
  }

  sourcesFile(stream: Stream): AssetFile | undefined {
    const folder = this.folders.get(stream);
    return folder === undefined ? undefined : this.files.sourcesFile(folder);
  }

  /** Ends everything that runs; resolves when all data is durable. */
  async stop(): Promise<void> {
    this.account.interestObserver = null;
    for (const restore of this.restores) restore.abandon();
    const closing: Promise<void>[] = [];
    for (const stream of this.streams.values()) {
      for (const consumer of stream.consumers.values()) consumer.stop();
      stream.stop();
      closing.push(stream.store.close());
    }
    this.streams.clear();
    this.folders.clear();
    await Promise.all(closing);
  }
}
