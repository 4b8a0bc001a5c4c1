/**
 * JetStream of one server: its accounts, what they share, recovery and shutdown. It knows accounts and a disk, but no sockets, no
 * connections and no wall clock but the one it is given.
 */

import { goQuote } from '@sluice/protocol';
import { type StorageType, toByteText } from '@sluice/protocol/jetstream';
import type { Account } from '../account/account.ts';
import type { Clock, Env } from '../env/env.ts';
import type { Log } from '../env/log.ts';
import type { JetStreamAccountLimits } from '../options.ts';
import { RecentLines } from '../util/recent-lines.ts';
import { sizeText } from '../util/size-text.ts';
import { AccountFiles, folderName } from './account-files.ts';
import { ApiService } from './api/api-service.ts';
import { systemDomainMappings } from './api/domain-api.ts';
import { RequestQueue } from './api/request-queue.ts';
import { serveSystemAccount } from './api/system-api.ts';
import { Encryption } from './encryption.ts';
import { JsAccount } from './js-account.ts';
import type { JetStreamOptions } from './limits.ts';
import { Messenger } from './messenger.ts';
import { recoverStreams } from './recover-streams.ts';
import { Scrubber } from './scrubber.ts';
import { AppendPool } from './store/append-pool.ts';
import type { Crc32 } from './store/byte-area.ts';
import { ReadCache } from './store/read-cache.ts';
import type { MessageStore } from './store/store.ts';
import { SyncGate } from './store/sync-policy.ts';
import type { BatchCounter } from './stream/atomic-batch.ts';
import type { Stream } from './stream/stream.ts';
import { JetStreamTurn, type TurnEnd } from './turn.ts';

const ID_LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 22;
/** Messages between two looks at how much all accounts use together. */
const LOOK_EVERY = 256;
/** More than a message takes besides its payload, subject and headers included. */
const MESSAGE_OVERHEAD_BYTES = 131_072;

export interface EngineDependencies {
  readonly env: Env;
  readonly turn: TurnEnd;
  readonly crc32: Crc32;
  readonly options: JetStreamOptions;
  readonly serverName: string;
  /** Who a connection is, for advisories. */
  describeClient(cid: number, account: string): object;
  /** Gives the store folder back. */
  unlock(): void;
}

export class Engine {
  /** Another object after a reload. */
  options: JetStreamOptions;
  readonly turn: JetStreamTurn;
  readonly clock: Clock;
  readonly log: Log;
  readonly crc32: Crc32;
  readonly cache: ReadCache = new ReadCache();
  readonly pool: AppendPool = new AppendPool();
  readonly gate: SyncGate = new SyncGate();
  readonly atomicBatches: BatchCounter = { open: 0 };
  readonly fastBatches: BatchCounter = { open: 0 };
  readonly accounts: Map<string, JsAccount> = new Map();
  readonly serverName: string;
  readonly dependencies: EngineDependencies;
  readonly requests: RequestQueue = new RequestQueue(this);
  /** Publishes in the system account, where there is one. */
  systemMessenger: Messenger | undefined;
  private readonly recentLines: RecentLines;
  private endSystemApi: (() => void) | undefined;
  private readonly services: Map<string, ApiService> = new Map();
  private readonly scrubber: Scrubber;
  private readonly encryption: Encryption | undefined;
  private looks = 0;
  private readonly isOver: Record<StorageType, boolean> = { memory: false, file: false };
  private readonly isNear: Record<StorageType, boolean> = { memory: true, file: true };

  constructor(dependencies: EngineDependencies) {
    const { env, options } = dependencies;
    this.dependencies = dependencies;
    this.options = options;
    this.clock = env.clock;
    this.log = env.log;
    this.recentLines = new RecentLines(env.clock);
    this.crc32 = dependencies.crc32;
    this.serverName = toByteText(dependencies.serverName);
    this.encryption = options.encryption === undefined ? undefined : new Encryption(options.encryption, env.random);
    this.turn = new JetStreamTurn(dependencies.turn);
    this.scrubber = new Scrubber({ clock: this.clock, log: this.log, stores: () => this.stores() });
  }

  /**
   * JetStream's API answers in the account; with limits it has streams there, and recovers those on disk. `isApiImported`: without limits
   * it is silent there, because another account's API answers.
   */
  addAccount(account: Account, limits: JetStreamAccountLimits | undefined, isApiImported: boolean): void {
    const known = this.accounts.get(account.name);
    if (known !== undefined && limits !== undefined) known.limits = limits;
    else if (known !== undefined) {
      this.accounts.delete(account.name);
      known.stop().catch((cause: unknown) => this.log.write('ERR', `JetStream of account '${account.name}': ${String(cause)}`));
    } else if (limits !== undefined) {
      const { disk } = this.dependencies.env;
      const path = `${this.options.storeDir}/jetstream/${folderName(account.name)}/streams`;
      disk.mkdirSync(path);
      const added = new JsAccount(this, account, limits, new AccountFiles(disk, this.crc32, path, this.encryption));
      this.accounts.set(account.name, added);
      this.log.write('DBG', `Enabled JetStream for account ${goQuote(account.name)}`);
      this.log.write('DBG', `  Max Memory:      ${sizeText(limits.maxMemoryBytes)}`);
      this.log.write('DBG', `  Max Storage:     ${sizeText(limits.maxStoreBytes)}`);
      recoverStreams(added);
      this.log.write('DBG', `JetStream state for account ${goQuote(account.name)} recovered`);
    }
    const service = this.services.get(account.name);
    if (limits === undefined && isApiImported) {
      service?.stop();
      this.services.delete(account.name);
    } else if (service === undefined) this.services.set(account.name, new ApiService(this, account));
  }

  /** Another JetStream may be reachable from the account now: streams that follow streams there need not wait any longer. */
  onReachable(account: string): void {
    for (const { sources } of this.accounts.get(account)?.streams.values() ?? []) sources.onReachable();
  }

  /** A warning that would be repeated for every message or request is written once a second. */
  warnOnce(text: string): void {
    if (this.recentLines.isNew(text)) this.log.write('WRN', text);
  }

  /** True when the API answers in the account. */
  answersIn(name: string): boolean {
    return this.services.has(name);
  }

  /** The system account is told that it has no JetStream. */
  addSystemAccount(account: Account): void {
    const { domain } = this.options;
    if (domain !== '') account.setOwnMappings('domain', systemDomainMappings(domain));
    this.systemMessenger = new Messenger(account);
    this.endSystemApi = serveSystemAccount(this, account);
  }

  /** Deletes all streams of an account, and what lies in the folder of one that has no JetStream any more. */
  purgeAccount(name: string): void {
    const js = this.accounts.get(name);
    for (const stream of [...(js?.streams.values() ?? [])]) js?.deleteStream(stream);
    const { disk } = this.dependencies.env;
    const path = `${this.options.storeDir}/jetstream/${folderName(name)}`;
    if (js === undefined && disk.existsSync(path)) disk.removeSync(path);
  }

  /** Tells whoever waits for messages that the server goes. Returns how many were told. */
  announceShutdown(): number {
    let told = 0;
    for (const { streams } of this.accounts.values()) {
      for (const { consumers } of streams.values()) {
        for (const consumer of consumers.values()) told += consumer.pull?.endAll('409 Server Shutdown', true) ?? 0;
      }
    }
    return told;
  }

  /** Ends JetStream in all accounts; resolves when all data is durable. */
  async stop(): Promise<void> {
    this.scrubber.stop();
    this.endSystemApi?.();
    for (const service of this.services.values()) service.stop();
    this.services.clear();
    await Promise.all([...this.accounts.values()].map((account) => account.stop()));
    this.accounts.clear();
    this.dependencies.unlock();
  }

  private *stores(): Generator<MessageStore> {
    for (const { streams } of this.accounts.values()) for (const { store } of streams.values()) yield store;
  }

  newId(): string {
    let id = '';
    for (const byte of this.dependencies.env.random.bytes(ID_LENGTH)) id += ID_LETTERS[byte % ID_LETTERS.length];
    return id;
  }

  random(): number {
    return this.dependencies.env.random.uint32() / 2 ** 32;
  }

  private maxBytes(storage: StorageType): number {
    return storage === 'memory' ? this.options.maxMemoryBytes : this.options.maxStoreBytes;
  }

  /** True when all accounts together use what the server may. Looked at now and then; always where so many messages could reach it. */
  isFull(storage: StorageType): boolean {
    if (this.isNear[storage] || this.looks++ % LOOK_EVERY === 0) {
      const free = this.maxBytes(storage) - this.used(storage);
      this.isOver[storage] = free < 0;
      this.isNear[storage] = free < LOOK_EVERY * (this.options.maxPayloadBytes + MESSAGE_OVERHEAD_BYTES);
    }
    return this.isOver[storage];
  }

  used(storage: StorageType): number {
    let bytes = 0;
    for (const account of this.accounts.values()) bytes += account.used(storage);
    return bytes;
  }

  /** True when what streams have reserved leaves room for `bytes`. */
  hasRoomFor(storage: StorageType, bytes: number, except: Stream | undefined): boolean {
    let reserved = 0;
    for (const account of this.accounts.values()) {
      reserved += account.reserved(storage, account === except?.host ? except.config.name : '');
    }
    return reserved + bytes <= this.maxBytes(storage);
  }
}
