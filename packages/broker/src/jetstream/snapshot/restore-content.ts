/**
 * What a snapshot says, put into a store: archives since 2.15 and the older tar. Everything in it is outside input: sizes are bounded
 * before memory is taken, sequences must rise, and no name in it ever becomes a path.
 * Source: nats-server server/stream_backup.go RestoreStreamV2, server/stream.go RestoreStream.
 */
import {
  type ConsumerConfig,
  consumerConfigFields,
  consumerConfigOf,
  decodeRequest,
  objectOf,
  restoreFields,
  text,
} from '@sluice/protocol/jetstream';
import type { ConsumerSnapshot } from '../consumer/state.ts';
import { headerText, headerValue } from '../header-text.ts';
import { Draft, RecordFlag } from '../store/record.ts';
import { CorruptBlock } from '../store/s2-block.ts';
import type { MessageStore } from '../store/store.ts';
import { NEVER, parseTtl } from '../stream/ttl.ts';
import { ARCHIVE_MAGIC, type ArchiveEntry, ArchiveReader } from './archive.ts';
import { decodeConsumer, type SnapshotConsumer } from './consumer-json.ts';
import { type LegacyMessage, readBlock, readConsumerState } from './legacy-store.ts';
import { S2Reader } from './s2-stream.ts';
import { TarReader } from './tar.ts';

const MAX_STATE_BYTES = 67_108_864;
const MAX_BLOCK_BYTES = 134_217_728;
const US_PER_SECOND = 1_000_000;

/** What restoring needs to know and may do. */
export interface RestoreTarget {
  readonly store: MessageStore;
  readonly maxMessageBytes: number;
  readonly nowUs: number;
  /** Throws when there is no room for as many bytes more. */
  checkRoom(bytes: number): void;
}

export class RestoreContent {
  readonly consumers: SnapshotConsumer[] = [];
  private readonly target: RestoreTarget;
  private readonly frames: S2Reader;
  private readonly draft: Draft = new Draft();
  private start: Buffer = Buffer.alloc(0);
  private archive: ArchiveReader | undefined;
  private tar: TarReader | undefined;
  private lastSeq = 0;
  private endSeq = 0;
  private consumersLeft = -1;
  private hasEnded = false;
  private readonly legacyConfigs: Map<string, ConsumerConfig> = new Map();
  private readonly legacyStates: Map<string, ConsumerSnapshot> = new Map();
  private readonly removed: number[] = [];

  constructor(target: RestoreTarget) {
    this.target = target;
    this.frames = new S2Reader((bytes) => this.onData(bytes));
  }

  /** Takes a piece as it came. Throws an `Error` that says what is wrong. */
  push(piece: Uint8Array): void {
    this.frames.push(piece);
  }

  /** All pieces are there. Throws when something is missing. */
  finish(): void {
    if (!this.frames.isWhole) throw new CorruptBlock('frame is cut');
    if (this.tar !== undefined) this.finishLegacy();
    else if (!this.hasEnded) throw new Error('backup was truncated');
    const { store } = this.target;
    const missing = this.endSeq - store.state().lastSeq;
    if (missing > 0) store.skip(missing);
  }

  private onData(bytes: Buffer): void {
    if (this.archive === undefined && this.tar === undefined) {
      this.start = Buffer.concat([this.start, bytes]);
      if (this.start.length < ARCHIVE_MAGIC.length) return;
      const isArchive = this.start.toString('latin1', 0, ARCHIVE_MAGIC.length) === ARCHIVE_MAGIC;
      const first = this.start;
      this.start = Buffer.alloc(0);
      if (isArchive) this.archive = new ArchiveReader(MAX_STATE_BYTES, (entry, content) => this.takeEntry(entry, content));
      else this.tar = new TarReader(MAX_BLOCK_BYTES, (name, content) => this.takeFile(name, content));
      this.archive?.push(first);
      this.tar?.push(first);
      return;
    }
    this.archive?.push(Buffer.from(bytes));
    this.tar?.push(Buffer.from(bytes));
  }

  // ---- Archives ---------------------------------------------------------------------------------------------------

  private takeEntry(entry: ArchiveEntry, content: Buffer): void {
    if (this.hasEnded) throw new Error('unexpected content');
    if (this.consumersLeft < 0) return this.takeState(entry, content);
    if (this.consumersLeft > 0) {
      this.consumersLeft--;
      return this.takeConsumer(entry, content);
    }
    if (entry.seq > 0) {
      const headers = content.subarray(0, entry.headerBytes);
      const payload = content.subarray(entry.headerBytes);
      return this.takeMessage({ subject: entry.name, seq: entry.seq, timeNs: entry.timeNs, headers, payload });
    }
    if (entry.timeNs !== 0n || entry.headerBytes > 0 || entry.payloadBytes > 0) throw new Error('expected message sequence');
    this.hasEnded = true;
  }

  private takeState(entry: ArchiveEntry, content: Buffer): void {
    if (entry.name !== 'state.json') throw new Error('expected state.json first');
    const decoded = decodeRequest(Buffer.from(content), stateFields, false);
    if (!decoded.ok) throw new Error(`error in state.json: ${decoded.error}`);
    const number = (name: string): number => (typeof decoded.value[name] === 'number' ? decoded.value[name] : 0);
    this.endSeq = number('last_seq');
    this.consumersLeft = number('consumer_count');
    this.target.checkRoom(number('bytes'));
    const firstSeq = number('first_seq');
    // A restored stream has a first sequence, though it never held a message.
    this.target.store.compactBelow(Math.max(1, firstSeq));
    this.lastSeq = Math.max(0, firstSeq - 1);
  }

  private takeConsumer(entry: ArchiveEntry, content: Buffer): void {
    if (!entry.name.startsWith('consumers/')) throw new Error(`expected consumer, found ${JSON.stringify(entry.name)}`);
    const name = entry.name.slice('consumers/'.length);
    const consumer = decodeConsumer(content.toString('latin1'));
    if (consumer === undefined) throw new Error(`failed to decode consumer ${JSON.stringify(name)} state`);
    this.consumers.push({ ...consumer, config: { ...consumer.config, name } });
  }

  // ---- Messages ---------------------------------------------------------------------------------------------------

  private takeMessage({ subject, seq, timeNs, headers, payload }: LegacyMessage): void {
    const { store, maxMessageBytes, nowUs } = this.target;
    const size = headers.length + payload.length;
    if (size > maxMessageBytes) throw new Error(`message sequence ${seq} exceeds maximum payload size`);
    if (seq <= this.lastSeq) throw new Error(`message sequence ${seq} out of order`);
    this.target.checkRoom(size);
    const gap = seq - 1 - store.state().lastSeq;
    if (gap > 0) store.skip(gap);
    this.lastSeq = seq;
    const ttl = headers.length === 0 ? 0 : parseTtl(headerValue(headerText(headers), 'Nats-TTL'));
    if (ttl === undefined) throw new Error(`failed to parse message TTL of sequence ${seq}`);
    const timeUs = Number(timeNs / 1000n);
    if (ttl > 0 && timeUs + ttl * US_PER_SECOND < nowUs) return store.skip(1);
    const { draft } = this;
    draft.subject = subject;
    draft.body = Buffer.concat([headers, payload]);
    draft.view = null;
    draft.bodyStart = 0;
    draft.headerBytes = headers.length;
    draft.payloadBytes = payload.length;
    draft.ttlSeconds = Math.max(0, ttl);
    draft.flags = ttl === NEVER ? RecordFlag.neverExpires : 0;
    draft.timeUs = timeUs;
    draft.timeNs = Number(timeNs % 1000n);
    if (store.append(draft, false) <= 0) throw new Error(`failed to store message sequence ${seq}`);
  }

  // ---- The older tar ----------------------------------------------------------------------------------------------

  private takeFile(path: string, content: Buffer): void {
    if (/^msgs\/\d+\.blk$/.test(path)) {
      this.target.checkRoom(content.length);
      readBlock(
        content,
        (message) => this.takeMessage(message),
        (seq) => this.removed.push(seq),
      );
      return;
    }
    const [, name, file] = /^obs\/([^/]+)\/(meta\.inf|o\.dat)$/.exec(path) ?? [];
    if (name === undefined) return;
    if (file === 'o.dat') this.legacyStates.set(name, readConsumerState(content));
    else {
      const decoded = decodeRequest(Buffer.from(content), { ...consumerConfigFields, created: text }, false);
      if (!decoded.ok) throw new Error(`error restoring consumer [${JSON.stringify(name)}]: ${decoded.error}`);
      this.legacyConfigs.set(name, { ...consumerConfigOf(decoded.value), name });
    }
  }

  private finishLegacy(): void {
    const { store } = this.target;
    for (const seq of this.removed) if (seq <= store.state().lastSeq) store.remove(seq, false);
    for (const [name, config] of this.legacyConfigs) {
      const snapshot = this.legacyStates.get(name) ?? emptySnapshot;
      this.consumers.push({ config, snapshot });
    }
  }
}

const { state: stateType = objectOf({}) } = restoreFields;
const stateFields = stateType.kind === 'object' ? stateType.fields : {};
const emptySnapshot: ConsumerSnapshot = {
  nextSeq: 1,
  deliveredSeq: 0,
  deliveredCount: 0,
  ackSeq: 0,
  ackCount: 0,
  pending: [],
  redelivered: [],
};
