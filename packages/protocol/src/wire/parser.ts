// hot path
/**
 * Bytes from a client → handler calls. The parser allocates nothing for a message that arrives whole, makes no strings for PUB
 * and HPUB, and is total: whatever arrives ends in a handler call or an error code, never in an exception.
 *
 * A frame that is not whole yet waits in `carry`, whose size is checked against the limits before it is taken. A line that
 * repeats the previous PUB line byte for byte (the usual case of a busy publisher) is recognised by comparing words, and its
 * arguments are not parsed again.
 *
 * Source of the rules: nats-server server/parser.go, and server 2.15.1 observed on the wire.
 */
import { findLineEnd, lineText, parseSize, splitArguments } from './arguments.ts';
import { CR, HASH_SEED, hashBytes, LF, SlackBuffer, SPACE } from './bytes.ts';
import { PAYLOAD_CR_STATE, PAYLOAD_LF_STATE, publishArgumentsText, unknownOperationText, verbFailure } from './parse-failure.ts';
import { ParseError, type ParserHandler, PubVerdict } from './parser-handler.ts';
import type { PubFrame } from './pub-frame.ts';
import {
  matchVerb,
  VERB_BYTES,
  VERB_CONNECT,
  VERB_ERR,
  VERB_HMSG,
  VERB_HPUB,
  VERB_INCOMPLETE,
  VERB_INFO,
  VERB_OK,
  VERB_PING,
  VERB_PONG,
  VERB_PUB,
  VERB_SUB,
  VERB_UNKNOWN,
  VERB_UNSUB,
} from './verbs.ts';

/** A carry buffer larger than this is dropped as soon as it is empty. */
const KEPT_CARRY_BYTES = 16_384;
const FIRST_CARRY_BYTES = 512;
/** A PUB line longer than this is not remembered. */
const MAX_REPEAT_LINE_BYTES = 252;
/** `pub ` and `hpub` as little-endian words, letters in lower case. */
const WORD_PUB_SPACE = 0x20627570;
const WORD_HPUB = 0x62757068;
const LOWER_3 = 0x00202020;
const LOWER_4 = 0x20202020;
/** Longest verb with its blank; what a line may hold beyond its arguments. */
const MAX_VERB_BYTES = 8;

const NO_CHUNK = Buffer.alloc(0);

export class Parser {
  /** True while a CONNECT is owed: any other operation is refused. */
  expectsConnect = false;
  /** False turns the recognition of repeated lines off (verbose and pedantic clients need each message checked). */
  mayRepeat = true;

  private readonly handler: ParserHandler;
  private readonly frame: PubFrame;
  private maxControlLineBytes: number;
  private isStopped = false;
  private isSuspended = false;
  /** Input that arrived while suspended; at most one chunk, because the transport is paused meanwhile. */
  private held: Buffer | null = null;

  private carry: SlackBuffer | null = null;
  private carryBytes = 0;
  /** Bytes that the operation at the start of the carry needs in all; 0 when only its line end tells. */
  private neededBytes = 0;
  /** Payload and CRLF bytes that are still to be passed over. */
  private skipBytes = 0;
  /** The read that is being parsed, and where in it the carry begins (before it, so below 0): a failure is told by its place there. */
  private chunk: Buffer = NO_CHUNK;
  private chunkBytes = 0;
  private carryAt = 0;

  private repeatWords: Int32Array | null = null;
  private repeatBytes: Uint8Array | null = null;
  private repeatLength = 0;
  private repeatSize = 0;
  private repeatSubjectEnd = 0;
  private repeatHash = 0;

  constructor(handler: ParserHandler, frame: PubFrame, maxControlLineBytes: number) {
    this.handler = handler;
    this.frame = frame;
    this.maxControlLineBytes = maxControlLineBytes;
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
    const held = this.held;
    if (held === null) return;
    this.held = null;
    const copy = new SlackBuffer(held.length);
    held.copy(copy.bytes, 0);
    this.parse(copy.bytes, copy.view, held.length);
    this.chunk = NO_CHUNK;
  }

  /** Forgets the remembered PUB line: what it was allowed to do may have changed. */
  forgetRepeat(): void {
    this.repeatLength = 0;
  }

  setMaxControlLine(bytes: number): void {
    this.maxControlLineBytes = bytes;
  }

  /** Takes one chunk, `bytes[0..count)`. */
  parse(bytes: Buffer, view: DataView, count: number): void {
    if (this.isStopped) return;
    if (this.isSuspended) return this.hold(bytes, 0, count);
    this.chunk = bytes;
    this.chunkBytes = count;
    let position = 0;
    if (this.skipBytes > 0) {
      position = this.skipPayload(bytes, 0, count);
      if (position >= count) return;
    }
    if (this.carryBytes > 0) {
      position = this.completeCarry(bytes, count, position);
      if (position < 0 || this.isStopped) return;
      if (this.isSuspended) return this.hold(bytes, position, count);
    }
    this.neededBytes = 0;
    const used = this.parseRange(bytes, view, position, count);
    if (this.isStopped) return;
    if (this.isSuspended) return this.hold(bytes, used, count);
    if (used < count) this.keep(bytes, used, count);
  }

  private hold(bytes: Buffer, start: number, end: number): void {
    if (start >= end) return;
    const rest = Buffer.from(bytes.subarray(start, end));
    this.held = this.held === null ? rest : Buffer.concat([this.held, rest]);
  }

  /** Appends input to the carry, which grows to what is needed. */
  private keep(bytes: Buffer, start: number, end: number): void {
    const count = end - start;
    const wanted = Math.max(this.carryBytes + count, this.neededBytes, FIRST_CARRY_BYTES);
    let carry = this.carry;
    if (carry === null || carry.capacity < wanted) {
      const grown = new SlackBuffer(this.neededBytes > 0 ? wanted : Math.max(wanted, this.carryBytes * 2));
      if (carry !== null) carry.bytes.copy(grown.bytes, 0, 0, this.carryBytes);
      this.carry = carry = grown;
    }
    bytes.copy(carry.bytes, this.carryBytes, start, end);
    this.carryBytes += count;
    if (this.neededBytes === 0 && this.carryBytes > this.maxControlLineBytes + MAX_VERB_BYTES) {
      this.failLongLine();
    }
  }

  /** Feeds the carry from the chunk until its operations are whole; returns the position after them, or -1 when all is used up. */
  private completeCarry(bytes: Buffer, count: number, start: number): number {
    let position = start;
    while (position < count) {
      let take = count - position;
      if (this.neededBytes > 0) take = Math.min(take, this.neededBytes - this.carryBytes);
      else {
        const lineEnd = bytes.indexOf(LF, position);
        if (lineEnd >= 0 && lineEnd < count) take = lineEnd + 1 - position;
        else if (take > this.maxControlLineBytes + MAX_VERB_BYTES) take = this.maxControlLineBytes + MAX_VERB_BYTES + 1;
      }
      this.carryAt = position - this.carryBytes;
      this.keep(bytes, position, position + take);
      if (this.isStopped) return -1;
      position += take;
      const carry = this.carry;
      // An open line is looked at until its verb has been judged: it may already be wrong.
      const isJudged = this.carryBytes - take > 2 * MAX_VERB_BYTES;
      const isLineOpen = isJudged && this.neededBytes === 0 && bytes[position - 1] !== LF;
      // The byte behind the payload is judged as soon as it is there: a wrong one ends the connection without waiting for the next.
      if (this.neededBytes > 0 && this.carryBytes === this.neededBytes - 1 && bytes[position - 1] !== CR) {
        this.failAt(PAYLOAD_CR_STATE, bytes, position - 1);
        return -1;
      }
      if (carry === null || isLineOpen || (this.neededBytes > 0 && this.carryBytes < this.neededBytes)) continue;
      const have = this.carryBytes;
      this.neededBytes = 0;
      const used = this.parseRange(carry.bytes, carry.view, 0, have);
      if (this.isStopped) return -1;
      if (used === have) {
        this.releaseCarry();
        if (this.skipBytes > 0) {
          position = this.skipPayload(bytes, position, count);
          if (this.isStopped) return -1;
        }
        return position;
      }
      if (used > 0) {
        carry.bytes.copy(carry.bytes, 0, used, have);
        this.carryBytes = have - used;
      }
      if (this.isSuspended) return position;
    }
    return -1;
  }

  private releaseCarry(): void {
    this.carryBytes = 0;
    if (this.carry !== null && this.carry.capacity > KEPT_CARRY_BYTES) this.carry = null;
  }

  /** Passes over payload that nobody wants; its CRLF is still checked. Returns the position after it. */
  private skipPayload(bytes: Buffer, start: number, end: number): number {
    let position = start;
    if (this.skipBytes > 2) {
      const step = Math.min(this.skipBytes - 2, end - position);
      this.skipBytes -= step;
      position += step;
    }
    while (position < end && this.skipBytes > 0) {
      if (bytes[position] !== (this.skipBytes === 2 ? CR : LF)) {
        this.failAt(this.skipBytes === 2 ? PAYLOAD_CR_STATE : PAYLOAD_LF_STATE, bytes, position);
        return end;
      }
      this.skipBytes--;
      position++;
    }
    return position;
  }

  /** Parses whole operations of `bytes[start..end)`; returns where the first one that is not whole starts. */
  private parseRange(bytes: Buffer, view: DataView, start: number, end: number): number {
    let position = start;
    while (position < end && !this.isStopped && !this.isSuspended) {
      if (this.repeatLength > 0) {
        position = this.parseRepeats(bytes, view, position, end);
        if (position >= end || this.isStopped) return position;
      }
      let next: number;
      if (end - position >= 8 && !this.expectsConnect) {
        const word = view.getInt32(position, true);
        if ((word | LOWER_3) === WORD_PUB_SPACE) next = this.parsePub(bytes, view, position, position + 4, end, false);
        else if ((word | LOWER_4) === WORD_HPUB && bytes[position + 4] === SPACE) {
          next = this.parsePub(bytes, view, position, position + 5, end, true);
        } else next = this.parseLine(bytes, position, end);
      } else next = this.parseLine(bytes, position, end);
      if (next < 0) return position;
      position = next;
    }
    return position;
  }

  /** Takes as many repetitions of the remembered PUB line as follow. */
  private parseRepeats(bytes: Buffer, view: DataView, start: number, end: number): number {
    const words = this.repeatWords as Int32Array;
    const line = this.repeatBytes as Uint8Array;
    const length = this.repeatLength;
    const wholeWords = length & ~3;
    const total = length + this.repeatSize + 2;
    if (end - start < total || view.getInt32(start + 4, true) !== words[1]) return start;
    const handler = this.handler;
    const frame = this.frame;
    let position = start;
    let count = 0;
    let mayPass = 0;
    let passed = 0;
    scan: while (end - position >= total) {
      for (let index = 0; index < wholeWords; index += 4) {
        if (view.getInt32(position + index, true) !== words[index >> 2]) break scan;
      }
      for (let index = wholeWords; index < length; index++) if (bytes[position + index] !== line[index]) break scan;
      if (bytes[position + total - 2] !== CR || bytes[position + total - 1] !== LF) {
        this.failPayloadEnd(bytes, position + length + this.repeatSize);
        break;
      }
      if (count === 0) mayPass = this.beginRepeats(bytes, view, position);
      count++;
      if (passed < mayPass) passed++;
      else {
        frame.subjectStart = position + 4;
        frame.subjectEnd = position + this.repeatSubjectEnd;
        frame.tailStart = position + this.repeatSubjectEnd + 1;
        frame.payloadStart = position + length;
        mayPass = handler.onRepeatedPub(frame);
        passed = 0;
      }
      position += total;
      if (this.isStopped) break;
    }
    if (count > 0) handler.onRepeatEnd(frame, count, passed);
    return position;
  }

  /** Sets up the frame for the first repetition of a run; returns how many messages may go by. */
  private beginRepeats(bytes: Buffer, view: DataView, position: number): number {
    const frame = this.frame;
    frame.bytes = bytes;
    frame.view = view;
    frame.replyStart = frame.replyEnd = 0;
    frame.hasHeaders = false;
    frame.headerBytes = 0;
    frame.sizeBytes = this.repeatSize;
    frame.subjectHash = this.repeatHash;
    frame.subjectStart = position + 4;
    frame.subjectEnd = position + this.repeatSubjectEnd;
    return this.handler.onRepeat(frame);
  }

  /** Remembers `bytes[start..payloadStart)` as the line to look for. Only plain lines: `PUB subject size CRLF`. */
  private rememberLine(bytes: Buffer, start: number, frame: PubFrame): void {
    const length = frame.payloadStart - start;
    if (!this.mayRepeat || length > MAX_REPEAT_LINE_BYTES) {
      this.repeatLength = 0;
      return;
    }
    if (this.repeatWords === null) {
      this.repeatWords = new Int32Array(MAX_REPEAT_LINE_BYTES / 4 + 1);
      this.repeatBytes = new Uint8Array(this.repeatWords.buffer);
    }
    const line = this.repeatBytes as Uint8Array;
    for (let index = 0; index < length; index++) line[index] = bytes[start + index] as number;
    this.repeatLength = length;
    this.repeatSize = frame.sizeBytes;
    this.repeatSubjectEnd = frame.subjectEnd - start;
    this.repeatHash = frame.subjectHash;
  }

  /**
   * PUB and HPUB in their usual form, with one blank between arguments and CRLF at the end; `argsStart` is the first byte of the
   * subject. Any other form goes through `parseOddPub`. Returns the position after the frame, or -1 when it is not whole.
   */
  private parsePub(bytes: Buffer, view: DataView, start: number, argsStart: number, end: number, isHpub: boolean): number {
    const frame = this.frame;
    let position = argsStart;
    let hash = HASH_SEED;
    let char = position < end ? (bytes[position] as number) : 0;
    while (char > SPACE) {
      hash = Math.imul(hash ^ char, 0x01000193);
      position++;
      if (position >= end) return this.waitForLine(end, argsStart);
      char = bytes[position] as number;
    }
    const subjectEnd = position;
    if (char !== SPACE || subjectEnd === argsStart) return this.parseOddPub(bytes, start, end, isHpub);

    const tailStart = ++position;
    // One to three fields follow: [reply], for HPUB the header size, the size.
    let first = tailStart;
    let fieldCount = 1;
    let firstEnd = 0;
    let secondEnd = 0;
    for (; ; fieldCount++) {
      if (position >= end) return this.waitForLine(end, argsStart);
      char = bytes[position] as number;
      while (char > SPACE) {
        position++;
        if (position >= end) return this.waitForLine(end, argsStart);
        char = bytes[position] as number;
      }
      if (char === CR && position > first) break;
      if (char !== SPACE || position === first || fieldCount === 3) return this.parseOddPub(bytes, start, end, isHpub);
      if (fieldCount === 1) firstEnd = position;
      else secondEnd = position;
      first = ++position;
    }
    if (position + 1 >= end) return this.waitForLine(end, argsStart);
    const hasReply = fieldCount === (isHpub ? 3 : 2);
    if (bytes[position + 1] !== LF || (!hasReply && fieldCount !== (isHpub ? 2 : 1)))
      return this.parseOddPub(bytes, start, end, isHpub);
    if (position - argsStart > this.maxControlLineBytes) return this.failLongLine();
    const size = parseSize(bytes, first, position);
    let headerBytes = 0;
    if (isHpub) headerBytes = hasReply ? parseSize(bytes, firstEnd + 1, secondEnd) : parseSize(bytes, tailStart, firstEnd);
    if (size < 0 || headerBytes < 0 || headerBytes > size) {
      return this.failPub(bytes.toString('latin1', argsStart, position), isHpub);
    }
    frame.bytes = bytes;
    frame.view = view;
    frame.subjectStart = argsStart;
    frame.subjectEnd = subjectEnd;
    frame.subjectHash = hash ^ (hash >>> 15);
    frame.replyStart = hasReply ? tailStart : 0;
    frame.replyEnd = hasReply ? firstEnd : 0;
    frame.tailStart = tailStart;
    frame.payloadStart = position + 2;
    frame.sizeBytes = size;
    frame.headerBytes = headerBytes;
    frame.hasHeaders = isHpub;
    return this.takePub(bytes, start, end, !isHpub && !hasReply);
  }

  /** The arguments are in the frame: asks the handler, waits for the payload, hands the message over. */
  private takePub(bytes: Buffer, start: number, end: number, mayRemember: boolean): number {
    const frame = this.frame;
    const frameEnd = frame.payloadStart + frame.sizeBytes + 2;
    const isWhole = end >= frameEnd;
    const verdict = this.handler.onPubArguments(frame, isWhole);
    if (verdict === PubVerdict.refuse) return end;
    if (!isWhole) {
      if (verdict === PubVerdict.skipPayload) {
        this.skipBytes = frameEnd - frame.payloadStart;
        return this.skipPayload(bytes, frame.payloadStart, end);
      }
      if (end === frameEnd - 1 && bytes[frameEnd - 2] !== CR) return this.failAt(PAYLOAD_CR_STATE, bytes, frameEnd - 2);
      this.neededBytes = frameEnd - start;
      return -1;
    }
    if (bytes[frameEnd - 2] !== CR || bytes[frameEnd - 1] !== LF) return this.failPayloadEnd(bytes, frameEnd - 2);
    if (mayRemember) this.rememberLine(bytes, start, frame);
    else this.repeatLength = 0;
    this.handler.onPub(frame);
    return frameEnd;
  }

  /** PUB or HPUB with tabs, runs of blanks, or LF alone: written anew in the usual form, then taken from there. */
  private parseOddPub(bytes: Buffer, start: number, end: number, isHpub: boolean): number {
    const lineEnd = bytes.indexOf(LF, start);
    const verbBytes = isHpub ? 4 : 3;
    if (lineEnd < 0 || lineEnd >= end) return this.waitForLine(end, start + verbBytes);
    const args = lineText(bytes, start + verbBytes, lineEnd);
    if (args.length > this.maxControlLineBytes) return this.failLongLine();
    const fields = splitArguments(args);
    const sizeFields = isHpub ? 2 : 1;
    if (fields.length < sizeFields + 1 || fields.length > sizeFields + 2) return this.failPub(args, isHpub);
    const sizes = fields.slice(-sizeFields).map((text) => parseSize(Buffer.from(text, 'latin1'), 0, text.length));
    const size = sizes[sizeFields - 1] ?? -1;
    const headerBytes = isHpub ? (sizes[0] ?? -1) : 0;
    if (size < 0 || headerBytes < 0 || headerBytes > size) return this.failPub(args, isHpub);

    const line = `${isHpub ? 'HPUB' : 'PUB'} ${fields.join(' ')}\r\n`;
    const payloadStart = lineEnd + 1;
    const available = Math.min(size + 2, end - payloadStart);
    const isWhole = available === size + 2;
    const copy = new SlackBuffer(line.length + (isWhole ? size + 2 : 0));
    copy.bytes.write(line, 0, 'latin1');
    if (isWhole) bytes.copy(copy.bytes, line.length, payloadStart, payloadStart + available);
    const [subject = '', second = ''] = fields;
    const frame = this.frame;
    frame.bytes = copy.bytes;
    frame.view = copy.view;
    frame.subjectStart = (isHpub ? 4 : 3) + 1;
    frame.subjectEnd = frame.subjectStart + subject.length;
    frame.subjectHash = hashBytes(copy.bytes, frame.subjectStart, frame.subjectEnd);
    frame.tailStart = frame.subjectEnd + 1;
    const hasReply = fields.length === sizeFields + 2;
    frame.replyStart = hasReply ? frame.tailStart : 0;
    frame.replyEnd = hasReply ? frame.tailStart + second.length : 0;
    frame.payloadStart = line.length;
    frame.sizeBytes = size;
    frame.headerBytes = headerBytes;
    frame.hasHeaders = isHpub;
    this.repeatLength = 0;
    const verdict = this.handler.onPubArguments(frame, isWhole);
    if (verdict === PubVerdict.refuse) return end;
    if (!isWhole) {
      if (verdict === PubVerdict.skipPayload) {
        this.skipBytes = size + 2;
        return this.skipPayload(bytes, payloadStart, end);
      }
      if (end === payloadStart + size + 1 && bytes[end - 1] !== CR) return this.failAt(PAYLOAD_CR_STATE, bytes, end - 1);
      this.neededBytes = payloadStart + size + 2 - start;
      return -1;
    }
    const trailer = payloadStart + size;
    if (bytes[trailer] !== CR || bytes[trailer + 1] !== LF) return this.failPayloadEnd(bytes, trailer);
    this.handler.onPub(frame);
    return trailer + 2;
  }

  /** The line is not whole: too long already, or to be waited for. */
  private waitForLine(end: number, argsStart: number): number {
    return end - argsStart > this.maxControlLineBytes ? this.failLongLine() : -1;
  }

  /** Every operation but the usual PUB and HPUB. */
  private parseLine(bytes: Buffer, start: number, end: number): number {
    if (this.expectsConnect && (bytes[start] as number | 0) !== 67 && bytes[start] !== 99) {
      this.handler.onUnauthenticated();
      return end;
    }
    const verb = matchVerb(bytes, start, end);
    if (verb === VERB_UNKNOWN) return this.failVerb(bytes, start, end);
    if (verb === VERB_INCOMPLETE) return -1;
    const argsStart = start + (VERB_BYTES[verb] as number);
    const lineEnd = findLineEnd(bytes, argsStart, end);
    if (lineEnd < 0) {
      if (end - argsStart > this.maxControlLineBytes && verb !== VERB_PING && verb !== VERB_PONG && verb !== VERB_OK) {
        return this.failLongLine();
      }
      // PING, PONG and +OK carry nothing: what stands behind them need not be kept.
      return -1;
    }
    if (verb === VERB_PUB || verb === VERB_HPUB) return this.parseOddPub(bytes, start, end, verb === VERB_HPUB);
    if (verb === VERB_HMSG) {
      return this.parseForeignMessage(bytes, lineEnd + 1, end);
    }
    this.runLine(verb, bytes, argsStart, lineEnd);
    return this.isStopped ? end : lineEnd + 1;
  }

  /** HMSG is what servers send; from a client it is an empty message without a subject, and its CRLF must come in the same read. */
  private parseForeignMessage(bytes: Buffer, at: number, end: number): number {
    if (at < end && bytes[at] !== CR) return this.failAt(PAYLOAD_CR_STATE, bytes, at);
    if (at + 1 < end && bytes[at + 1] !== LF) return this.failAt(PAYLOAD_LF_STATE, bytes, at + 1);
    if (at + 1 >= end) return this.failAt(at === end ? PAYLOAD_CR_STATE : PAYLOAD_LF_STATE, bytes, end);
    this.handler.onForeignMessage();
    return at + 2;
  }

  private runLine(verb: number, bytes: Buffer, argsStart: number, lineEnd: number): void {
    const handler = this.handler;
    switch (verb) {
      case VERB_PING:
        return handler.onPing();
      case VERB_PONG:
        return handler.onPong();
      case VERB_OK:
        return;
    }
    const args = lineText(bytes, argsStart, lineEnd);
    if (args.length > this.maxControlLineBytes) {
      this.failLongLine();
      return;
    }
    if (verb === VERB_SUB) handler.onSub(args);
    else if (verb === VERB_UNSUB) handler.onUnsub(args);
    else if (verb === VERB_CONNECT) handler.onConnect(args);
    else if (verb === VERB_ERR) handler.onClientError(args);
    else if (verb === VERB_INFO) handler.onInfo(args);
  }

  private fail(error: ParseError, text: string): number {
    if (!this.isStopped) this.handler.onParseError(error, text);
    this.isStopped = true;
    return Number.MAX_SAFE_INTEGER;
  }

  /** The byte at `at` is none that may stand there. */
  private failAt(state: number, bytes: Buffer, at: number): number {
    const place = bytes === this.chunk ? at : at + this.carryAt;
    return this.fail(ParseError.unknownOperation, unknownOperationText(state, this.chunk.subarray(0, this.chunkBytes), place));
  }

  private failVerb(bytes: Buffer, start: number, end: number): number {
    const { state, offset } = verbFailure(bytes, start, end);
    return this.failAt(state, bytes, start + offset);
  }

  /** `at` is where the CR behind the payload should be. */
  private failPayloadEnd(bytes: Buffer, at: number): number {
    return bytes[at] === CR ? this.failAt(PAYLOAD_LF_STATE, bytes, at + 1) : this.failAt(PAYLOAD_CR_STATE, bytes, at);
  }

  private failPub(args: string, isHpub: boolean): number {
    return this.fail(ParseError.badArguments, publishArgumentsText(args, isHpub));
  }

  private failLongLine(): number {
    return this.fail(ParseError.controlLineTooLong, 'maximum control line exceeded');
  }
}
