/** What the store tests share: a file store on a simulated disk, a memory store, drafts. */
import { crc32 } from 'node:zlib';
import { silentLog } from '../../../src/env/log.ts';
import { StreamCipher } from '../../../src/jetstream/encryption.ts';
import { AppendPool } from '../../../src/jetstream/store/append-pool.ts';
import { CipherKind, type StoreCipher } from '../../../src/jetstream/store/cipher.ts';
import type { SegmentFiles } from '../../../src/jetstream/store/file-segment.ts';
import { FileStore } from '../../../src/jetstream/store/file-store.ts';
import { MemoryStore } from '../../../src/jetstream/store/memory-store.ts';
import { ReadCache } from '../../../src/jetstream/store/read-cache.ts';
import { Draft } from '../../../src/jetstream/store/record.ts';
import { type MessageStore, type StoreLimits, unlimited } from '../../../src/jetstream/store/store.ts';
import type { SyncPolicy } from '../../../src/jetstream/store/sync-policy.ts';
import { SimClock } from '../../simulation/sim-clock.ts';
import { SimDisk } from '../../simulation/sim-disk.ts';
import { SeededRandom } from '../../support/random.ts';

export const FOLDER = '/store/stream';

export interface FileBench {
  readonly disk: SimDisk;
  /** The clock of the store opened last: timers of those before died with them. */
  readonly clock: SimClock;
  open(cipher?: StoreCipher): FileStore;
}

export interface BenchOptions {
  readonly limits?: Partial<StoreLimits>;
  readonly policy?: SyncPolicy;
  readonly segmentBytes?: number;
  readonly firstSeq?: number;
  readonly indexBudgetBytes?: number;
  readonly checkpointEveryBytes?: number;
  /** Everything is encrypted. */
  readonly cipher?: StoreCipher;
}

/** A cipher of a new stream, with keys and nonces that a seed decides. */
export function streamCipher(kind: CipherKind = CipherKind.chacha, seed = 1, acceptsPlain = false): StreamCipher {
  const random = new SeededRandom(seed);
  return new StreamCipher(random.bytes(32), kind, { random, acceptsPlain });
}

/** A simulated disk and a way to open the store on it, again and again. */
export function fileBench(options: BenchOptions = {}): FileBench {
  const disk = new SimDisk();
  let clock = new SimClock();
  disk.mkdirSync(FOLDER);
  const open = (override?: StoreCipher): FileStore => {
    clock = new SimClock(clock.nowMs());
    const files: SegmentFiles = {
      disk,
      folder: FOLDER,
      seed: 0x51a1ce,
      crc32: (bytes) => crc32(bytes),
      cache: new ReadCache(),
      pool: new AppendPool(),
      preallocates: options.policy?.kind !== 'interval',
      cipher: override ?? options.cipher,
    };
    return new FileStore({
      files,
      limits: { ...unlimited, ...options.limits },
      policy: options.policy ?? { kind: 'always' },
      clock,
      log: silentLog,
      label: 'test > STREAM',
      segmentBytes: options.segmentBytes ?? 4096,
      ...(options.firstSeq === undefined ? {} : { firstSeq: options.firstSeq }),
      ...(options.checkpointEveryBytes === undefined ? {} : { checkpointEveryBytes: options.checkpointEveryBytes }),
      ...(options.indexBudgetBytes === undefined ? {} : { indexBudgetBytes: options.indexBudgetBytes }),
    });
  };
  return {
    disk,
    get clock() {
      return clock;
    },
    open,
  };
}

export function memoryStore(options: BenchOptions = {}): MemoryStore {
  return new MemoryStore({ ...unlimited, ...options.limits }, options.firstSeq ?? 0);
}

const draft = new Draft();
let timeUs = 1_700_000_000_000_000;

/** Stores one message; its sequence or the refusal. */
export function put(
  store: MessageStore,
  subject: string,
  payload: string,
  more: { headers?: string; ttlSeconds?: number; timeUs?: number; isRollup?: boolean } = {},
): number {
  const headers = Buffer.from(more.headers ?? '', 'latin1');
  const body = Buffer.concat([headers, Buffer.from(payload)]);
  draft.subject = subject;
  draft.body = body;
  draft.bodyStart = 0;
  draft.headerBytes = headers.length;
  draft.payloadBytes = body.length - headers.length;
  draft.timeUs = more.timeUs ?? timeUs++;
  draft.timeNs = 0;
  draft.ttlSeconds = more.ttlSeconds ?? 0;
  draft.flags = 0;
  return store.append(draft, more.isRollup ?? false);
}

/** The payload of one message, or undefined. */
export function get(store: MessageStore, seq: number): string | undefined {
  return store.load(seq)?.payload().toString();
}

/** All messages as `seq subject payload`. */
export function contents(store: MessageStore): string[] {
  const found: string[] = [];
  for (let message = store.loadNext(null, 1); message !== undefined; message = store.loadNext(null, message.seq + 1)) {
    found.push(`${message.seq} ${message.subject} ${message.payload().toString()}`);
  }
  return found;
}

/** Lets promises that are already fulfilled run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
