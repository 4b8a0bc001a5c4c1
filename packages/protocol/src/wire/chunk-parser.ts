// hot path
/**
 * What the parsers of clients and of servers have in common: input comes in chunks that end anywhere, parsing can be ended for good, and
 * it can be suspended between two operations and go on later. The grammar is the subclass's.
 *
 * Memory for what is not whole yet is taken only after its size was checked: a line against `maxLineBytes`, a payload by the subclass
 * before it waits for one.
 */
import { CR, LF } from './bytes.ts';
import { InputBuffer, type InputBufferSizes } from './input-buffer.ts';

/** Longest verb with its blank; what a line may hold beyond its arguments. */
export const MAX_VERB_BYTES = 8;

export abstract class ChunkParser {
  protected isStopped = false;
  protected isSuspended = false;
  protected maxLineBytes: number;
  /** Where in the chunk the carry begins: before it, so below 0. */
  protected carryAt = 0;
  private readonly sizes: InputBufferSizes;
  /** The start of an operation that is not whole yet; null before the first one, so that an idle connection has none. */
  private carry: InputBuffer | null = null;
  /** Bytes that the operation in the carry needs in all; 0 when only its line end tells. */
  private neededBytes = 0;
  /** Input that arrived while suspended: a chunk or two, because the owner pauses its transport meanwhile. */
  private held: InputBuffer | null = null;

  constructor(sizes: InputBufferSizes, maxLineBytes: number) {
    this.maxLineBytes = maxLineBytes;
    this.sizes = sizes;
  }

  /** Ends parsing for good: the rest of the current chunk and all later ones are ignored. */
  stop(): void {
    this.isStopped = true;
    this.carry = null;
    this.held = null;
  }

  /** Stops after the current operation; what follows is kept. The owner pauses its transport meanwhile. */
  suspend(): void {
    this.isSuspended = true;
  }

  /** Goes on with what was kept. */
  resume(): void {
    this.isSuspended = false;
    const { held } = this;
    // It may be suspended again meanwhile; what follows is then held in memory of its own.
    this.held = null;
    if (held !== null && held.memory !== null) this.parse(held.memory.bytes, held.memory.view, held.count);
  }

  /** Takes one chunk, `bytes[0..count)`; `view` covers the same memory and reaches at least 8 bytes past it. */
  parse(bytes: Buffer, view: DataView, count: number): void {
    if (this.isStopped) return;
    let position = 0;
    const { carry } = this;
    if (carry !== null && carry.count > 0 && !this.isSuspended) {
      position = this.completeCarry(carry, bytes, count);
      if (position < 0) return;
    }
    if (!this.isSuspended) {
      this.neededBytes = 0;
      position = this.parseRange(bytes, view, position, count);
    }
    if (this.isStopped || position >= count) return;
    if (this.isSuspended) {
      this.held ??= new InputBuffer(this.sizes);
      this.held.append(bytes, position, count, 0);
    } else {
      this.carry ??= new InputBuffer(this.sizes);
      this.keep(this.carry, bytes, position, count);
    }
  }

  /** Parses whole operations of `bytes[start..end)`; returns where the first one that is not whole starts. */
  protected abstract parseRange(bytes: Buffer, view: DataView, start: number, end: number): number;

  /** `bytes[start..end)` belongs to a line that is too long: closes. */
  protected abstract failLongLine(bytes: Buffer, start: number, end: number): number;

  /** The payload does not end in CRLF; `at` is where its CR should be: closes. */
  protected abstract failPayloadEnd(bytes: Buffer, at: number): number;

  /**
   * The operation at `start` goes on to `frameEnd`, behind the CRLF of its payload, and `bytes` ends before that: it waits. The CR is judged as
   * soon as it is there: a wrong byte ends the connection without waiting for the next. Returns what `parseRange` is to make of it.
   */
  protected awaitPayload(bytes: Buffer, start: number, frameEnd: number, end: number): number {
    if (end === frameEnd - 1 && bytes[end - 1] !== CR) return this.failPayloadEnd(bytes, end - 1);
    this.neededBytes = frameEnd - start;
    return -1;
  }

  /** Feeds the operation in the carry from the chunk until it is whole; returns the position after it, or -1 when all is used up. */
  private completeCarry(carry: InputBuffer, bytes: Buffer, count: number): number {
    let position = 0;
    while (position < count) {
      const take = this.missingBytes(carry, bytes, position, count);
      this.carryAt = position - carry.count;
      this.keep(carry, bytes, position, position + take);
      if (this.isStopped) return -1;
      position += take;
      if (this.neededBytes > 0 && carry.count === this.neededBytes - 1 && bytes[position - 1] !== CR) {
        this.failPayloadEnd(bytes, position - 1);
        return -1;
      }
      // An open line is looked at until its verb has been judged: it may already be wrong.
      const isJudged = carry.count - take > 2 * MAX_VERB_BYTES;
      const isLineOpen = isJudged && this.neededBytes === 0 && bytes[position - 1] !== LF;
      const { memory } = carry;
      if (memory === null || isLineOpen || carry.count < this.neededBytes) continue;
      this.neededBytes = 0;
      const used = this.parseRange(memory.bytes, memory.view, 0, carry.count);
      if (this.isStopped) return -1;
      if (used > 0) {
        carry.clear();
        return position;
      }
      if (this.isSuspended) return position;
    }
    return -1;
  }

  /** How much of `bytes[position..count)` the operation in the carry may need: to its end, or to the end of its line. */
  private missingBytes(carry: InputBuffer, bytes: Buffer, position: number, count: number): number {
    const rest = count - position;
    if (this.neededBytes > 0) return Math.min(rest, this.neededBytes - carry.count);
    const lineEnd = bytes.indexOf(LF, position);
    return lineEnd >= 0 && lineEnd < count ? lineEnd + 1 - position : rest;
  }

  private keep(carry: InputBuffer, bytes: Buffer, start: number, end: number): void {
    const isLineTooLong = carry.count + end - start > this.maxLineBytes + MAX_VERB_BYTES;
    if (this.neededBytes === 0 && isLineTooLong) this.failLongLine(bytes, start, end);
    else carry.append(bytes, start, end, this.neededBytes);
  }
}
