// hot path
/**
 * The output side of one connection: append to one buffer, one write per event-loop turn. While the kernel has not taken a write,
 * further output waits in a chain of buffers, bounded by `maxPendingBytes`; whoever passes the bound is a slow consumer.
 */
import type { SlackBuffer } from '@sluice/protocol/wire';
import type { Transport } from '../env/net.ts';
import { LARGE_OUTPUT_BYTES, MEDIUM_OUTPUT_BYTES, SMALL_OUTPUT_BYTES } from './output-pool.ts';
import type { OutputTurn } from './output-turn.ts';

export interface OutboundOwner {
  /** Output has passed `maxPendingBytes`; the owner closes the connection. */
  onPendingExceeded(): void;
  /** The kernel has not taken a write: the owner watches how long that lasts. */
  onBlocked(): void;
}

export class Outbound {
  maxPendingBytes: number;
  /** When the write in flight was begun (monotonic milliseconds), or 0 when none is. */
  blockedSinceMs = 0;
  /** The buffer being filled and how far; read by whoever reserved room. */
  buffer: SlackBuffer | null = null;
  lengthBytes = 0;

  /** Sees what is written; null while nobody looks. */
  tap: ((bytes: Uint8Array) => void) | null = null;
  private readonly transport: Transport;
  private readonly turn: OutputTurn;
  private readonly owner: OutboundOwner;
  private isDirty = false;
  private isBlocked = false;
  private isClosed = false;
  private inFlight: SlackBuffer | null = null;
  private inFlightBytes = 0;
  /** Full buffers that wait for the write in flight, oldest first, with their lengths. */
  private waiting: SlackBuffer[] | null = null;
  private waitingLengths: number[] | null = null;
  private waitingBytes = 0;

  constructor(transport: Transport, turn: OutputTurn, owner: OutboundOwner, maxPendingBytes: number) {
    this.transport = transport;
    this.turn = turn;
    this.owner = owner;
    this.maxPendingBytes = maxPendingBytes;
  }

  /** Bytes that the peer has not taken yet, as far as we know. */
  get pendingBytes(): number {
    return this.inFlightBytes + this.waitingBytes + this.lengthBytes;
  }

  /** Bytes of the write that the kernel has not taken as a whole. */
  get blockedBytes(): number {
    return this.inFlightBytes;
  }

  /** In how many buffers that output is. */
  get pendingChunks(): number {
    return (this.inFlight === null ? 0 : 1) + (this.waiting?.length ?? 0) + (this.buffer === null ? 0 : 1);
  }

  /**
   * Room for `bytes` more at `lengthBytes` of the returned buffer; the caller writes and then moves `lengthBytes`. Ends a fan-out
   * run first, so that output keeps its order.
   */
  reserve(bytes: number): SlackBuffer {
    if (this.turn.openRun !== null) this.turn.endRun();
    return this.reserveInRun(bytes);
  }

  /** As `reserve`, for the fan-out run itself. */
  reserveInRun(bytes: number): SlackBuffer {
    const buffer = this.buffer;
    if (buffer !== null && !this.isBlocked && this.lengthBytes + bytes <= buffer.capacity) {
      if (!this.isDirty) this.markDirty();
      return buffer;
    }
    return this.makeRoom(bytes);
  }

  /** Appends ready-made bytes. */
  append(bytes: Uint8Array): void {
    if (this.isClosed) return;
    const buffer = this.reserve(bytes.length);
    buffer.bytes.set(bytes, this.lengthBytes);
    this.lengthBytes += bytes.length;
  }

  private markDirty(): void {
    this.isDirty = true;
    this.turn.add(this);
  }

  private makeRoom(bytes: number): SlackBuffer {
    if (this.isBlocked && this.pendingBytes + bytes > this.maxPendingBytes && !this.isClosed) this.owner.onPendingExceeded();
    if (this.isClosed) return this.discard(bytes);
    const pool = this.turn.pool;
    const old = this.buffer;
    if (old !== null && this.lengthBytes + bytes <= old.capacity) {
      if (!this.isDirty) this.markDirty();
      return old;
    }
    if (old === null) {
      this.buffer = pool.take(bytes);
      this.lengthBytes = 0;
    } else if (old.capacity < LARGE_OUTPUT_BYTES && this.lengthBytes + bytes <= LARGE_OUTPUT_BYTES) {
      // Small buffers grow; the next size up is taken, so that a burst copies at most twice.
      const grown = pool.take(
        Math.max(this.lengthBytes + bytes, old.capacity === SMALL_OUTPUT_BYTES ? MEDIUM_OUTPUT_BYTES : LARGE_OUTPUT_BYTES),
      );
      old.bytes.copy(grown.bytes, 0, 0, this.lengthBytes);
      pool.give(old);
      this.buffer = grown;
    } else {
      if (this.isBlocked) this.chain(old);
      else this.writeNow(old);
      if (this.isClosed) return this.discard(bytes);
      if (this.buffer === null || this.lengthBytes + bytes > this.buffer.capacity) {
        if (this.buffer !== null) this.chain(this.buffer);
        this.buffer = pool.take(bytes);
        this.lengthBytes = 0;
      }
    }
    if (!this.isDirty) this.markDirty();
    return this.buffer as SlackBuffer;
  }

  private chain(buffer: SlackBuffer): void {
    this.waiting ??= [];
    this.waitingLengths ??= [];
    this.waiting.push(buffer);
    this.waitingLengths.push(this.lengthBytes);
    this.waitingBytes += this.lengthBytes;
    this.buffer = null;
    this.lengthBytes = 0;
  }

  /** A closed connection's output goes into a buffer that nobody writes. */
  private discard(bytes: number): SlackBuffer {
    this.buffer = this.turn.pool.take(bytes);
    this.lengthBytes = 0;
    return this.buffer;
  }

  /** The end of the turn. */
  flush(): void {
    this.isDirty = false;
    const buffer = this.buffer;
    if (this.isBlocked || buffer === null || this.isClosed) return;
    if (this.lengthBytes > 0) this.writeNow(buffer);
    else this.releaseEmpty(buffer);
  }

  private writeNow(buffer: SlackBuffer): void {
    const length = this.lengthBytes;
    if (length === 0) return;
    if (this.tap !== null) this.tap(buffer.bytes.subarray(0, length));
    if (this.transport.write(buffer.bytes.subarray(0, length))) {
      this.lengthBytes = 0;
      if (!this.isDirty) this.releaseEmpty(buffer);
      return;
    }
    this.inFlight = buffer;
    this.inFlightBytes = length;
    this.isBlocked = true;
    this.blockedSinceMs = this.turn.clock.monotonicMs();
    this.buffer = null;
    this.lengthBytes = 0;
    this.owner.onBlocked();
  }

  private releaseEmpty(buffer: SlackBuffer): void {
    this.turn.pool.give(buffer);
    this.buffer = null;
  }

  /** The kernel has taken the write in flight: the chain goes on. */
  onWritten(): void {
    if (!this.isBlocked || this.isClosed) return;
    this.isBlocked = false;
    this.blockedSinceMs = 0;
    const done = this.inFlight;
    this.inFlight = null;
    this.inFlightBytes = 0;
    if (done !== null) this.turn.pool.give(done);
    while (this.waiting !== null && this.waiting.length > 0) {
      const next = this.waiting.shift() as SlackBuffer;
      const length = (this.waitingLengths as number[]).shift() as number;
      this.waitingBytes -= length;
      if (this.tap !== null) this.tap(next.bytes.subarray(0, length));
      if (this.transport.write(next.bytes.subarray(0, length))) {
        this.turn.pool.give(next);
        continue;
      }
      this.inFlight = next;
      this.inFlightBytes = length;
      this.isBlocked = true;
      this.blockedSinceMs = this.turn.clock.monotonicMs();
      this.owner.onBlocked();
      return;
    }
    if (this.lengthBytes > 0 && !this.isDirty && this.buffer !== null) this.writeNow(this.buffer);
  }

  /** Drops everything that waits; later output is ignored. The write in flight keeps its memory until it is done. */
  close(): void {
    this.isClosed = true;
    this.buffer = null;
    this.lengthBytes = 0;
    this.waiting = null;
    this.waitingLengths = null;
    this.waitingBytes = 0;
    this.inFlight = null;
    this.inFlightBytes = 0;
    this.blockedSinceMs = 0;
  }
}
