/**
 * Sends a stream to whoever asked for it, piece by piece, no faster than the pieces are confirmed. What is stored meanwhile is not part
 * of it, what is removed meanwhile is left out. Source: nats-server server/jetstream_api.go streamSnapshot, server/stream_backup.go.
 */
import type { JsonObject } from '@sluice/protocol/jetstream';
import type { Timer } from '../../env/env.ts';
import { hasPushInterest } from '../consumer/push.ts';
import { statusBlock } from '../header-text.ts';
import { streamState } from '../infos.ts';
import type { Stream } from '../stream/stream.ts';
import { ARCHIVE_MAGIC, encodeEntry } from './archive.ts';
import { encodeConsumer } from './consumer-json.ts';
import { S2Writer } from './s2-stream.ts';

const KIB = 1024;
const MIB = KIB * KIB;
const DEFAULT_CHUNK_BYTES = 128 * KIB;
const DEFAULT_WINDOW_BYTES = 8 * MIB;
const MAX_CHUNK_BYTES = MIB;
const MAX_WINDOW_BYTES = 32 * MIB;
const ANSWER_MS = 5000;
const INTEREST_MS = 2000;
/** Pieces sent before other work gets its turn. */
const CHUNKS_PER_TURN = 16;
const nothing: Buffer = Buffer.alloc(0);

export interface SnapshotRequest {
  readonly deliverSubject: string;
  readonly hasConsumers: boolean;
  readonly chunkBytes: number;
  readonly windowBytes: number;
}

export class SnapshotJob {
  private readonly stream: Stream;
  private readonly request: SnapshotRequest;
  private readonly onDone: (error: string) => void;
  private readonly chunkBytes: number;
  private slots: number;
  private readonly ackSubject: string;
  private readonly endAcks: () => void;
  private readonly content: Iterator<void>;
  private frames: Buffer[] = [];
  private readyBytes = 0;
  private index = 0;
  private isOver = false;
  /** Somebody has subscribed to exactly the subject: from then on the job ends when nobody does. */
  private isHeard = false;
  private isScheduled = false;
  private timer: Timer | undefined;

  /** `onDone` hears the error, or an empty text. */
  constructor(stream: Stream, request: SnapshotRequest, onDone: (error: string) => void) {
    const { host } = stream;
    this.stream = stream;
    this.request = request;
    this.onDone = onDone;
    this.chunkBytes = Math.min(MAX_CHUNK_BYTES, Math.max(KIB, request.chunkBytes || DEFAULT_CHUNK_BYTES));
    const window = Math.min(MAX_WINDOW_BYTES, Math.max(KIB, request.windowBytes || DEFAULT_WINDOW_BYTES));
    this.slots = Math.floor(Math.max(window, this.chunkBytes) / this.chunkBytes);
    this.ackSubject = `$JS.SNAPSHOT.ACK.${stream.config.name}.${host.newId()}`;
    this.endAcks = host.account.subscribe(`${this.ackSubject}.>`, () => this.onAck());
    this.content = this.produce();
    host.interestWatchers.add(this);
    this.wait(INTEREST_MS, () => this.resume());
    this.onInterestChanged();
  }

  /**
   * Many ask first and subscribe when the answer is there; what they have subscribed to with wildcards, for answers of all kinds, does not
   * count. Whoever is still not there after a while gets it all the same.
   */
  onInterestChanged(): void {
    const { deliverSubject } = this.request;
    const isHeard = hasPushInterest(this.stream.host.account.matchOf(deliverSubject), deliverSubject, '');
    if (isHeard === this.isHeard || this.isOver) return;
    if (!isHeard) return this.finish('no interest', '408 No Interest');
    this.isHeard = true;
    this.resume();
  }

  private wait(ms: number, task: () => void): void {
    this.timer?.cancel();
    this.timer = this.stream.host.clock.setTimer(ms, task);
  }

  private onAck(): void {
    this.slots++;
    this.resume();
  }

  private resume(): void {
    if (this.isOver || this.isScheduled) return;
    this.isScheduled = true;
    this.stream.turn.defer(() => {
      this.isScheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    if (this.isOver) return;
    if (this.stream.isStopped) return this.finish('stream is gone', '500 stream is gone');
    for (let sent = 0; sent < CHUNKS_PER_TURN && this.slots > 0; sent++) {
      const hasMore = this.fill();
      if (this.readyBytes < this.chunkBytes && !hasMore) return this.end();
      this.slots--;
      this.index++;
      this.send(this.takeReady(this.chunkBytes), `${this.ackSubject}.${this.chunkBytes}.${this.index}`);
    }
    if (this.slots > 0) this.resume();
    this.wait(ANSWER_MS, () => this.finish('no flow response', '408 No Flow Response'));
  }

  /** Makes content until a piece is full; false when there is no more. */
  private fill(): boolean {
    while (this.readyBytes < this.chunkBytes) if (this.content.next().done === true) return false;
    return true;
  }

  private takeReady(bytes: number): Buffer {
    const all = Buffer.concat(this.frames);
    const taken = all.subarray(0, bytes);
    const rest = all.subarray(taken.length);
    this.frames = rest.length === 0 ? [] : [rest];
    this.readyBytes = rest.length;
    return taken;
  }

  private send(piece: Buffer, reply: string): void {
    this.stream.messenger.send(this.request.deliverSubject, piece, null, reply);
  }

  /** Sends the last piece and the end, which has a status only behind a full piece. */
  private end(): void {
    if (this.readyBytes > 0) this.send(this.takeReady(this.readyBytes), '');
    this.finish('', this.index > 0 ? '204' : '');
  }

  private finish(error: string, line: string): void {
    this.isOver = true;
    this.timer?.cancel();
    this.stream.host.interestWatchers.delete(this);
    this.endAcks();
    this.stream.messenger.send(this.request.deliverSubject, nothing, line === '' ? null : statusBlock(line));
    this.onDone(error);
  }

  /** The archive, one entry at a time. */
  private *produce(): Generator<void> {
    const { stream, request } = this;
    const { store, host } = stream;
    const writer = new S2Writer((frame) => {
      this.frames.push(frame);
      this.readyBytes += frame.length;
    });
    const nowNs = BigInt(host.clock.nowUs()) * 1000n;
    const { firstSeq, lastSeq } = store.state();
    const consumers = request.hasConsumers ? [...stream.consumers.values()].filter(({ config }) => config.direct !== true) : [];
    const state: JsonObject = { ...streamState(stream, false), consumer_count: consumers.length };
    const writeFile = (name: string, text: string): void => {
      const content = Buffer.from(text, 'latin1');
      writer.write(encodeEntry({ name, timeNs: nowNs, seq: 0, headerBytes: 0, payloadBytes: content.length }));
      writer.write(content);
    };
    writer.write(Buffer.from(ARCHIVE_MAGIC, 'latin1'));
    writeFile('state.json', JSON.stringify(state));
    for (const consumer of consumers) {
      writeFile(`consumers/${consumer.name}`, encodeConsumer(consumer, lastSeq));
      yield;
    }
    for (let seq = Math.max(1, firstSeq); seq <= lastSeq; ) {
      const message = store.loadNext(null, seq);
      if (message === undefined || message.seq > lastSeq) break;
      const { subject, headerBytes, payloadBytes } = message;
      const timeNs = BigInt(message.timeUs) * 1000n + BigInt(message.timeNs);
      writer.write(encodeEntry({ name: subject, timeNs, seq: message.seq, headerBytes, payloadBytes }));
      writer.write(message.bytes.subarray(message.bodyStart, message.bodyStart + headerBytes + payloadBytes));
      seq = message.seq + 1;
      yield;
    }
    writer.write(encodeEntry({ name: '', timeNs: 0n, seq: 0, headerBytes: 0, payloadBytes: 0 }));
    writer.flush();
    yield;
  }
}
