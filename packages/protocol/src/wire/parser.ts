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
import { CR, HASH_SEED, hashBytes, LF, SlackBuffer, SPACE, TAB } from './bytes.ts';
import type { PubFrame } from './pub-frame.ts';

/** Why the parser gave up on a connection. */
export const ParseError = { unknownOperation: 1, controlLineTooLong: 2, badArguments: 3 } as const;
export type ParseError = (typeof ParseError)[keyof typeof ParseError];

/** What a PUB's arguments lead to. `refuse`: the handler has closed the connection. */
export const PubVerdict = { refuse: 0, take: 1, skipPayload: 2 } as const;
export type PubVerdict = (typeof PubVerdict)[keyof typeof PubVerdict];

/** The owner of a parser. A handler that closes its connection calls `parser.stop()`. */
export interface ParserHandler {
  /** The arguments are complete; not one payload byte has been buffered yet. `isWhole`: the payload is at hand. */
  onPubArguments(frame: PubFrame, isWhole: boolean): PubVerdict;
  /** The whole message is in `frame`. */
  onPub(frame: PubFrame): void;
  /** The same line as the last `onPub` without a reply came again; returns how many messages may go by before one is handed over. */
  onRepeat(frame: PubFrame): number;
  /** One of them is handed over; returns how many may go by before the next one is. */
  onRepeatedPub(frame: PubFrame): number;
  /** The run is over: `count` messages in all, the last `passed` of which went by after the last one that was handed over. */
  onRepeatEnd(frame: PubFrame, count: number, passed: number): void;
  onConnect(json: string): void;
  /** `args` is the text after the verb, one char per byte. */
  onSub(args: string): void;
  onUnsub(args: string): void;
  onPing(): void;
  onPong(): void;
  /** `-ERR …` from the client. */
  onClientError(): void;
  /** Something other than CONNECT came while a CONNECT was owed. */
  onUnauthenticated(): void;
  onParseError(error: ParseError, line: string): void;
}

/** A carry buffer larger than this is dropped as soon as it is empty. */
const KEPT_CARRY_BYTES = 16_384;
const FIRST_CARRY_BYTES = 512;
/** A PUB line longer than this is not remembered. */
const MAX_REPEAT_LINE_BYTES = 252;
/** Digits of a size that nats-server accepts. */
const MAX_SIZE_DIGITS = 9;
/** `pub ` and `hpub` as little-endian words, letters in lower case. */
const WORD_PUB_SPACE = 0x20627570;
const WORD_HPUB = 0x62757068;
const LOWER_3 = 0x00202020;
const LOWER_4 = 0x20202020;
/** Longest verb with its blank; what a line may hold beyond its arguments. */
const MAX_VERB_BYTES = 8;

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
      this.fail(ParseError.controlLineTooLong, carry.bytes, 0, this.carryBytes);
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
      this.keep(bytes, position, position + take);
      if (this.isStopped) return -1;
      position += take;
      const carry = this.carry;
      // An open line is looked at until its verb has been judged: it may already be wrong.
      const isJudged = this.carryBytes - take > 2 * MAX_VERB_BYTES;
      const isLineOpen = isJudged && this.neededBytes === 0 && bytes[position - 1] !== LF;
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
        this.fail(ParseError.unknownOperation, bytes, position, end);
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
        this.fail(ParseError.unknownOperation, bytes, position + length + this.repeatSize, end);
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
      if (position >= end) return this.waitForLine(bytes, start, end, argsStart);
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
      if (position >= end) return this.waitForLine(bytes, start, end, argsStart);
      char = bytes[position] as number;
      while (char > SPACE) {
        position++;
        if (position >= end) return this.waitForLine(bytes, start, end, argsStart);
        char = bytes[position] as number;
      }
      if (char === CR && position > first) break;
      if (char !== SPACE || position === first || fieldCount === 3) return this.parseOddPub(bytes, start, end, isHpub);
      if (fieldCount === 1) firstEnd = position;
      else secondEnd = position;
      first = ++position;
    }
    if (position + 1 >= end) return this.waitForLine(bytes, start, end, argsStart);
    const hasReply = fieldCount === (isHpub ? 3 : 2);
    if (bytes[position + 1] !== LF || (!hasReply && fieldCount !== (isHpub ? 2 : 1)))
      return this.parseOddPub(bytes, start, end, isHpub);
    if (position - argsStart > this.maxControlLineBytes) return this.fail(ParseError.controlLineTooLong, bytes, start, end);
    const size = parseSize(bytes, first, position);
    let headerBytes = 0;
    if (isHpub) headerBytes = hasReply ? parseSize(bytes, firstEnd + 1, secondEnd) : parseSize(bytes, tailStart, firstEnd);
    if (size < 0 || headerBytes < 0 || headerBytes > size) return this.fail(ParseError.badArguments, bytes, start, position);
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
      this.neededBytes = frameEnd - start;
      return -1;
    }
    if (bytes[frameEnd - 2] !== CR || bytes[frameEnd - 1] !== LF)
      return this.fail(ParseError.unknownOperation, bytes, frameEnd - 2, end);
    if (mayRemember) this.rememberLine(bytes, start, frame);
    else this.repeatLength = 0;
    this.handler.onPub(frame);
    return frameEnd;
  }

  /** PUB or HPUB with tabs, runs of blanks, or LF alone: written anew in the usual form, then taken from there. */
  private parseOddPub(bytes: Buffer, start: number, end: number, isHpub: boolean): number {
    const lineEnd = bytes.indexOf(LF, start);
    const verbBytes = isHpub ? 4 : 3;
    if (lineEnd < 0 || lineEnd >= end) return this.waitForLine(bytes, start, end, start + verbBytes);
    const args = lineText(bytes, start + verbBytes, lineEnd);
    if (args.length > this.maxControlLineBytes) return this.fail(ParseError.controlLineTooLong, bytes, start, lineEnd);
    const fields = splitArguments(args);
    const sizeFields = isHpub ? 2 : 1;
    if (fields.length < sizeFields + 1 || fields.length > sizeFields + 2)
      return this.fail(ParseError.badArguments, bytes, start, lineEnd);
    const sizes = fields.slice(-sizeFields).map((text) => parseSize(Buffer.from(text, 'latin1'), 0, text.length));
    const size = sizes[sizeFields - 1] ?? -1;
    const headerBytes = isHpub ? (sizes[0] ?? -1) : 0;
    if (size < 0 || headerBytes < 0 || headerBytes > size) return this.fail(ParseError.badArguments, bytes, start, lineEnd);

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
      this.neededBytes = payloadStart + size + 2 - start;
      return -1;
    }
    const trailer = payloadStart + size;
    if (bytes[trailer] !== CR || bytes[trailer + 1] !== LF) return this.fail(ParseError.unknownOperation, bytes, trailer, end);
    this.handler.onPub(frame);
    return trailer + 2;
  }

  /** The line is not whole: too long already, or to be waited for. */
  private waitForLine(bytes: Buffer, start: number, end: number, argsStart: number): number {
    if (end - argsStart > this.maxControlLineBytes) return this.fail(ParseError.controlLineTooLong, bytes, start, end);
    return -1;
  }

  /** Every operation but the usual PUB and HPUB. */
  private parseLine(bytes: Buffer, start: number, end: number): number {
    if (this.expectsConnect && (bytes[start] as number | 0) !== 67 && bytes[start] !== 99) {
      this.handler.onUnauthenticated();
      return end;
    }
    const verb = matchVerb(bytes, start, end);
    if (verb === VERB_UNKNOWN) return this.fail(ParseError.unknownOperation, bytes, start, end);
    if (verb === VERB_INCOMPLETE) return -1;
    const argsStart = start + (VERB_BYTES[verb] as number);
    const lineEnd = findLineEnd(bytes, argsStart, end);
    if (lineEnd < 0) {
      if (end - argsStart > this.maxControlLineBytes && verb !== VERB_PING && verb !== VERB_PONG && verb !== VERB_OK) {
        return this.fail(ParseError.controlLineTooLong, bytes, start, end);
      }
      // PING, PONG and +OK carry nothing: what stands behind them need not be kept.
      return -1;
    }
    if (verb === VERB_PUB || verb === VERB_HPUB) return this.parseOddPub(bytes, start, end, verb === VERB_HPUB);
    this.runLine(verb, bytes, start, argsStart, lineEnd);
    return this.isStopped ? end : lineEnd + 1;
  }

  private runLine(verb: number, bytes: Buffer, start: number, argsStart: number, lineEnd: number): void {
    const handler = this.handler;
    switch (verb) {
      case VERB_PING:
        return handler.onPing();
      case VERB_PONG:
        return handler.onPong();
      case VERB_OK:
        return;
      case VERB_ERR:
        return handler.onClientError();
    }
    const args = lineText(bytes, argsStart, lineEnd);
    if (args.length > this.maxControlLineBytes) {
      this.fail(ParseError.controlLineTooLong, bytes, start, lineEnd);
      return;
    }
    if (verb === VERB_SUB) handler.onSub(args);
    else if (verb === VERB_UNSUB) handler.onUnsub(args);
    else if (verb === VERB_CONNECT) handler.onConnect(args);
  }

  private fail(error: ParseError, bytes: Buffer, start: number, end: number): number {
    if (!this.isStopped) this.handler.onParseError(error, bytes.toString('latin1', start, Math.min(end, start + 32)));
    this.isStopped = true;
    return end;
  }
}

/** A size of 1 to 9 digits, or -1. */
export function parseSize(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > MAX_SIZE_DIGITS) return -1;
  let size = 0;
  for (let index = start; index < end; index++) {
    const digit = (bytes[index] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    size = size * 10 + digit;
  }
  return size;
}

/** Arguments are separated by any run of blank, tab and CR. */
export function splitArguments(args: string): string[] {
  return args.split(/[ \t\r\n]+/).filter((field) => field.length > 0);
}

/** The text of a line without its verb, leading blanks and CR, one char per byte. */
function lineText(bytes: Buffer, start: number, lineEnd: number): string {
  let from = start;
  while (from < lineEnd && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
  const to = lineEnd > from && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
  return bytes.toString('latin1', from, to);
}

function findLineEnd(bytes: Buffer, start: number, end: number): number {
  for (let position = start; position < end; position++) if (bytes[position] === LF) return position;
  return -1;
}

const VERB_UNKNOWN = -1;
const VERB_INCOMPLETE = -2;
const VERB_PUB = 0;
const VERB_HPUB = 1;
const VERB_SUB = 2;
const VERB_UNSUB = 3;
const VERB_CONNECT = 4;
const VERB_PING = 5;
const VERB_PONG = 6;
const VERB_OK = 7;
const VERB_ERR = 8;
const VERB_INFO = 9;
const VERB_NAMES: readonly Buffer[] = ['pub', 'hpub', 'sub', 'unsub', 'connect', 'ping', 'pong', '+ok', '-err', 'info'].map(
  (verb) => Buffer.from(verb, 'latin1'),
);
const VERB_BYTES: readonly number[] = VERB_NAMES.map((verb) => verb.length);
/** Verbs that must be followed by a blank or a tab. */
const VERB_NEEDS_BLANK: readonly boolean[] = [true, true, true, true, false, false, false, false, true, false];

/** Which operation starts at `start`; a prefix of one may still become one. */
function matchVerb(bytes: Buffer, start: number, end: number): number {
  for (let verb = 0; verb <= VERB_INFO; verb++) {
    const name = VERB_NAMES[verb] as Buffer;
    let length = 0;
    while (length < name.length && start + length < end) {
      const char = bytes[start + length] as number;
      const lower = char >= 65 && char <= 90 ? char | 32 : char;
      if (lower !== name[length]) break;
      length++;
    }
    if (start + length >= end) return VERB_INCOMPLETE;
    if (length < name.length) continue;
    const after = bytes[start + length];
    if (VERB_NEEDS_BLANK[verb] === true && after !== SPACE && after !== TAB) return VERB_UNKNOWN;
    return verb;
  }
  return VERB_UNKNOWN;
}
