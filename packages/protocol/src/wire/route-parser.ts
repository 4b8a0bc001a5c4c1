// hot path
/**
 * Bytes from another server of the cluster → handler calls. A message in its usual form (one blank between arguments, CRLF) becomes
 * offsets and no string; any other form, and one that names queue groups, is laid out anew in that form. As the parser of clients it is
 * total, and memory for what is not whole yet is taken only after its size was checked.
 *
 * Source of the grammar: nats-server server/parser.go and server/route.go processRoutedMsgArgs, and 2.15.1 on the wire.
 */

import { parseSize, splitArguments } from './arguments.ts';
import { CR, hashBytes, LF, SlackBuffer, SPACE } from './bytes.ts';
import { ParseError } from './parser-handler.ts';
import type { PubFrame } from './pub-frame.ts';
import { MESSAGE_START_BYTES, matchRouteVerb, type RouteVerb, VERB_INCOMPLETE, VERB_UNKNOWN } from './route-verbs.ts';

/** The owner of a parser. A handler that closes its connection calls `parser.stop()`. */
export interface RouteParserHandler {
  /**
   * A whole message for the account in `frame.bytes[accountStart..accountEnd)`, which is empty on a connection of one account. `queues`:
   * the groups of which one member each is to have it; null for none.
   */
  onMessage(frame: PubFrame, accountStart: number, accountEnd: number, queues: readonly string[] | null): void;
  /** `args` is the text after the verb, one char per byte. */
  onLine(verb: RouteVerb, args: string): void;
  /** Something other than CONNECT came while a CONNECT was owed. */
  onUnauthenticated(): void;
  onParseError(error: ParseError, line: string): void;
}

export interface RouteParserLimits {
  /** Largest argument line. */
  readonly maxLineBytes: number;
  /** Largest message, headers included. */
  readonly maxMessageBytes: number;
}

/** A carry buffer larger than this is dropped as soon as it is empty. */
const KEPT_CARRY_BYTES = 65_536;
const FIRST_CARRY_BYTES = 1024;
const MAX_VERB_BYTES = 8;
/** Arguments of a message in its usual form: account, subject, reply, header size, size. */
const MAX_FAST_FIELDS = 5;
const PLUS = 43;
const BAR = 124;
/** `RMSG`, `HMSG`, `LMSG` as little-endian words, letters in lower case. */
const WORD_RMSG = 0x67736d72;
const WORD_HMSG = 0x67736d68;
const WORD_LMSG = 0x67736d6c;
const LOWER_4 = 0x20202020;

export class RouteParser {
  /** True while a CONNECT is owed: nothing else is taken. */
  expectsConnect = false;
  /** False on a connection of one account: its messages do not name it. */
  hasAccounts = true;

  private readonly handler: RouteParserHandler;
  private readonly frame: PubFrame;
  private readonly limits: RouteParserLimits;
  private isStopped = false;
  private isSuspended = false;
  /** Input that arrived while suspended; a chunk or two, because the transport is paused meanwhile. */
  private held: Buffer | null = null;
  private carry: SlackBuffer | null = null;
  private carryBytes = 0;
  /** Bytes that the operation in the carry needs in all; 0 when only its line end tells. */
  private neededBytes = 0;
  private readonly starts = new Int32Array(MAX_FAST_FIELDS);
  private readonly ends = new Int32Array(MAX_FAST_FIELDS);

  constructor(handler: RouteParserHandler, frame: PubFrame, limits: RouteParserLimits) {
    this.handler = handler;
    this.frame = frame;
    this.limits = limits;
  }

  /** Ends parsing for good. */
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
    if (held === null) return;
    this.held = null;
    const copy = new SlackBuffer(held.length);
    held.copy(copy.bytes, 0);
    this.parse(copy.bytes, copy.view, held.length);
  }

  private hold(bytes: Buffer, start: number, end: number): void {
    if (start >= end) return;
    const rest = Buffer.from(bytes.subarray(start, end));
    this.held = this.held === null ? rest : Buffer.concat([this.held, rest]);
  }

  /** Takes one chunk, `bytes[0..count)`. */
  parse(bytes: Buffer, view: DataView, count: number): void {
    if (this.isStopped) return;
    if (this.isSuspended) return this.hold(bytes, 0, count);
    let position = 0;
    if (this.carryBytes > 0) {
      position = this.completeCarry(bytes, count);
      if (position < 0 || this.isStopped) return;
    }
    const used = this.parseRange(bytes, view, position, count);
    if (this.isStopped || used >= count) return;
    if (this.isSuspended) this.hold(bytes, used, count);
    else this.keep(bytes, used, count);
  }

  /** Feeds the one operation in the carry until it is whole; returns the position after it, or -1 when all is used up. */
  private completeCarry(bytes: Buffer, count: number): number {
    let position = 0;
    while (position < count) {
      let take = count - position;
      if (this.neededBytes > 0) take = Math.min(take, this.neededBytes - this.carryBytes);
      else {
        const lineEnd = bytes.indexOf(LF, position);
        if (lineEnd >= 0 && lineEnd < count) take = lineEnd + 1 - position;
      }
      this.keep(bytes, position, position + take);
      position += take;
      const carry = this.carry;
      if (this.isStopped || carry === null) return -1;
      // An open line is looked at until its verb has been judged: it may already be wrong.
      const isJudged = this.carryBytes - take > 2 * MAX_VERB_BYTES;
      const isOpen = this.neededBytes > 0 ? this.carryBytes < this.neededBytes : isJudged && bytes[position - 1] !== LF;
      if (isOpen) continue;
      this.neededBytes = 0;
      const used = this.parseRange(carry.bytes, carry.view, 0, this.carryBytes);
      if (this.isStopped) return -1;
      if (used < this.carryBytes) continue;
      this.carryBytes = 0;
      if (carry.capacity > KEPT_CARRY_BYTES) this.carry = null;
      return position;
    }
    return -1;
  }

  private keep(bytes: Buffer, start: number, end: number): void {
    const total = this.carryBytes + end - start;
    if (this.neededBytes === 0 && total > this.limits.maxLineBytes + MAX_VERB_BYTES) {
      this.fail(ParseError.controlLineTooLong, bytes, start, end);
      return;
    }
    const wanted = Math.max(total, this.neededBytes, FIRST_CARRY_BYTES);
    let carry = this.carry;
    if (carry === null || carry.capacity < wanted) {
      const grown = new SlackBuffer(this.neededBytes > 0 ? wanted : wanted * 2);
      if (carry !== null) carry.bytes.copy(grown.bytes, 0, 0, this.carryBytes);
      this.carry = carry = grown;
    }
    bytes.copy(carry.bytes, this.carryBytes, start, end);
    this.carryBytes = total;
  }

  /** Parses whole operations of `bytes[start..end)`; returns where the first one that is not whole starts. */
  private parseRange(bytes: Buffer, view: DataView, start: number, end: number): number {
    let position = start;
    while (position < end && !this.isStopped && !this.isSuspended) {
      let next: number;
      const word = end - position >= MESSAGE_START_BYTES && !this.expectsConnect ? view.getInt32(position, true) | LOWER_4 : 0;
      if (word === WORD_RMSG) next = this.parseMessage(bytes, view, position, end, false);
      else if (word === WORD_HMSG) next = this.parseMessage(bytes, view, position, end, true);
      else if (word === WORD_LMSG) next = this.parseOdd(bytes, position, end, true, true);
      else next = this.parseLine(bytes, position, end);
      if (next < 0) return position;
      position = next;
    }
    return position;
  }

  /** RMSG and HMSG in their usual form; any other goes through `parseOdd`. Returns the position after it, or -1 when it is not whole. */
  private parseMessage(bytes: Buffer, view: DataView, start: number, end: number, isHmsg: boolean): number {
    const { starts, ends } = this;
    let position = start + 5;
    if (bytes[start + 4] !== SPACE) return this.parseOdd(bytes, start, end, isHmsg, false);
    let count = 0;
    for (;;) {
      const first = position;
      if (position >= end) return this.waitForLine(bytes, start, end);
      let char = bytes[position] as number;
      while (char > SPACE) {
        if (++position >= end) return this.waitForLine(bytes, start, end);
        char = bytes[position] as number;
      }
      // An empty argument, more of them than the form has, or a list of queues.
      const isMark = position === first + 1 && (bytes[first] === PLUS || bytes[first] === BAR);
      if (position === first || count === MAX_FAST_FIELDS || isMark) return this.parseOdd(bytes, start, end, isHmsg, false);
      starts[count] = first;
      ends[count] = position;
      count++;
      if (char === CR) break;
      if (char !== SPACE) return this.parseOdd(bytes, start, end, isHmsg, false);
      position++;
    }
    if (position + 1 >= end) return this.waitForLine(bytes, start, end);
    const lead = this.hasAccounts ? 1 : 0;
    const without = count - lead - 1 - (isHmsg ? 2 : 1);
    if (bytes[position + 1] !== LF || (without !== 0 && without !== 1)) return this.parseOdd(bytes, start, end, isHmsg, false);
    if (position - start > this.limits.maxLineBytes) return this.fail(ParseError.controlLineTooLong, bytes, start, end);
    const size = parseSize(bytes, starts[count - 1] as number, ends[count - 1] as number);
    const headerBytes = isHmsg ? parseSize(bytes, starts[count - 2] as number, ends[count - 2] as number) : 0;
    if (size < 0 || headerBytes < 0 || headerBytes > size || size > this.limits.maxMessageBytes)
      return this.fail(ParseError.badArguments, bytes, start, position);
    const payloadStart = position + 2;
    const frameEnd = payloadStart + size + 2;
    if (frameEnd > end) {
      this.neededBytes = frameEnd - start;
      return -1;
    }
    if (bytes[frameEnd - 2] !== CR || bytes[frameEnd - 1] !== LF)
      return this.fail(ParseError.unknownOperation, bytes, frameEnd - 2, end);
    const frame = this.frame;
    frame.bytes = bytes;
    frame.view = view;
    frame.subjectStart = starts[lead] as number;
    frame.subjectEnd = ends[lead] as number;
    frame.subjectHash = hashBytes(bytes, frame.subjectStart, frame.subjectEnd);
    frame.tailStart = frame.subjectEnd + 1;
    frame.replyStart = without === 1 ? (starts[lead + 1] as number) : 0;
    frame.replyEnd = without === 1 ? (ends[lead + 1] as number) : 0;
    frame.payloadStart = payloadStart;
    frame.sizeBytes = size;
    frame.headerBytes = headerBytes;
    frame.hasHeaders = isHmsg;
    this.handler.onMessage(frame, starts[0] as number, lead === 1 ? (ends[0] as number) : (starts[0] as number), null);
    return frameEnd;
  }

  /** A message in any other form: laid out anew. `isLeaf`: LMSG, whose first argument is the cluster of a leaf node. */
  private parseOdd(bytes: Buffer, start: number, end: number, hasHeaders: boolean, isLeaf: boolean): number {
    const lineEnd = bytes.indexOf(LF, start);
    if (lineEnd < 0 || lineEnd >= end) return this.waitForLine(bytes, start, end);
    if (lineEnd - start > this.limits.maxLineBytes) return this.fail(ParseError.controlLineTooLong, bytes, start, lineEnd);
    const text = bytes.toString('latin1', start + 4, lineEnd);
    const args = /^[ \t]/.test(text) ? readArguments(text, this.hasAccounts, hasHeaders, isLeaf) : undefined;
    if (args === undefined || args.sizeBytes > this.limits.maxMessageBytes)
      return this.fail(ParseError.badArguments, bytes, start, lineEnd);
    const payloadStart = lineEnd + 1;
    const frameEnd = payloadStart + args.sizeBytes + 2;
    if (frameEnd > end) {
      this.neededBytes = frameEnd - start;
      return -1;
    }
    if (bytes[frameEnd - 2] !== CR || bytes[frameEnd - 1] !== LF)
      return this.fail(ParseError.unknownOperation, bytes, frameEnd - 2, end);
    this.layOut(args, bytes, payloadStart, frameEnd);
    this.handler.onMessage(this.frame, 0, args.account.length, args.queues);
    return frameEnd;
  }

  private layOut(args: MessageArguments, bytes: Buffer, payloadStart: number, frameEnd: number): void {
    const { account, subject, reply, headerBytes, sizeBytes, hasHeaders } = args;
    const tail = `${reply === '' ? '' : `${reply} `}${hasHeaders ? `${headerBytes} ` : ''}${sizeBytes}\r\n`;
    const line = `${account} ${subject} ${tail}`;
    const copy = new SlackBuffer(line.length + frameEnd - payloadStart);
    copy.bytes.write(line, 0, 'latin1');
    bytes.copy(copy.bytes, line.length, payloadStart, frameEnd);
    const frame = this.frame;
    frame.bytes = copy.bytes;
    frame.view = copy.view;
    frame.subjectStart = account.length + 1;
    frame.subjectEnd = frame.subjectStart + subject.length;
    frame.subjectHash = hashBytes(copy.bytes, frame.subjectStart, frame.subjectEnd);
    frame.tailStart = frame.subjectEnd + 1;
    frame.replyStart = reply === '' ? 0 : frame.tailStart;
    frame.replyEnd = reply === '' ? 0 : frame.tailStart + reply.length;
    frame.payloadStart = line.length;
    frame.sizeBytes = sizeBytes;
    frame.headerBytes = headerBytes;
    frame.hasHeaders = hasHeaders;
  }

  private waitForLine(bytes: Buffer, start: number, end: number): number {
    if (end - start > this.limits.maxLineBytes + MAX_VERB_BYTES)
      return this.fail(ParseError.controlLineTooLong, bytes, start, end);
    return -1;
  }

  /** Every operation but a message. */
  private parseLine(bytes: Buffer, start: number, end: number): number {
    const verb = matchRouteVerb(bytes, start, end);
    if (verb === VERB_INCOMPLETE) return -1;
    if (this.expectsConnect && verb !== 'CONNECT') {
      this.handler.onUnauthenticated();
      return end;
    }
    if (verb === VERB_UNKNOWN) return this.fail(ParseError.unknownOperation, bytes, start, end);
    const lineEnd = bytes.indexOf(LF, start);
    if (lineEnd < 0 || lineEnd >= end) return this.waitForLine(bytes, start, end);
    if (lineEnd - start > this.limits.maxLineBytes) return this.fail(ParseError.controlLineTooLong, bytes, start, lineEnd);
    this.handler.onLine(verb, bytes.toString('latin1', start + verb.length, lineEnd).trim());
    return this.isStopped ? end : lineEnd + 1;
  }

  private fail(error: ParseError, bytes: Buffer, start: number, end: number): number {
    if (!this.isStopped) this.handler.onParseError(error, bytes.toString('latin1', start, Math.min(end, start + 64)));
    this.isStopped = true;
    return end;
  }
}

interface MessageArguments {
  readonly account: string;
  readonly subject: string;
  readonly reply: string;
  readonly queues: readonly string[] | null;
  readonly headerBytes: number;
  readonly sizeBytes: number;
  readonly hasHeaders: boolean;
}

/** `[origin] [account] subject [reply | + reply queue… | '|' queue…] [header-size] size`, or undefined. */
function readArguments(text: string, hasAccount: boolean, hasHeaders: boolean, isLeaf: boolean): MessageArguments | undefined {
  const fields = splitArguments(text);
  if (isLeaf) fields.shift();
  const account = hasAccount ? fields.shift() : '';
  const subject = fields.shift();
  const sizeBytes = sizeOf(fields.pop());
  const headerBytes = hasHeaders ? sizeOf(fields.pop()) : 0;
  if (account === undefined || subject === undefined || sizeBytes < 0 || headerBytes < 0 || headerBytes > sizeBytes)
    return undefined;
  const sizes = { headerBytes, sizeBytes, hasHeaders };
  const [mark, second] = fields;
  if (fields.length > 1 && mark === '+' && second !== undefined) {
    return { account, subject, reply: second, queues: fields.length > 2 ? fields.slice(2) : null, ...sizes };
  }
  if (fields.length > 1 && mark === '|') return { account, subject, reply: '', queues: fields.slice(1), ...sizes };
  if (fields.length > 1) return undefined;
  return { account, subject, reply: mark ?? '', queues: null, ...sizes };
}

function sizeOf(text: string | undefined): number {
  return text === undefined ? -1 : parseSize(Buffer.from(text, 'latin1'), 0, text.length);
}
