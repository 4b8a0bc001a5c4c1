// hot path
/**
 * Bytes from another server, a route or a leaf node → handler calls. A message in its usual form (one blank between arguments, CRLF) becomes
 * offsets and no string; any other form, and one that names queue groups, is laid out anew in that form. As the parser of clients it is
 * total, and memory for what is not whole yet is taken only after its size was checked.
 *
 * Source of the grammar: nats-server server/parser.go, server/route.go processRoutedMsgArgs, server/leafnode.go processLeafMsgArgs, and
 * 2.15.1 on the wire.
 */
import { parseSize, parseSizeText, splitMessageArguments } from './arguments.ts';
import { CR, hashBytes, LF, SPACE } from './bytes.ts';
import { ChunkParser, MAX_VERB_BYTES } from './chunk-parser.ts';
import { ParseError } from './parser-handler.ts';
import { MESSAGE_START_BYTES, matchPeerVerb, type PeerVerb, VERB_INCOMPLETE, VERB_UNKNOWN } from './peer-verbs.ts';
import type { FrameArguments, PubFrame } from './pub-frame.ts';

/** The owner of a parser. A handler that closes its connection calls `parser.stop()`. */
export interface PeerParserHandler {
  /**
   * A whole message for the account in `frame.bytes[accountStart..accountEnd)`, which is empty on a connection of one account. `queues`:
   * the groups of which one member each is to have it; null for none.
   */
  onMessage(frame: PubFrame, accountStart: number, accountEnd: number, queues: readonly string[] | null): void;
  /** `args` is the text after the verb, one char per byte. */
  onLine(verb: PeerVerb, args: string): void;
  /** Something other than CONNECT came while a CONNECT was owed. */
  onUnauthenticated(): void;
  onParseError(error: ParseError, line: string): void;
}

export interface PeerParserLimits {
  /** Largest argument line. */
  readonly maxLineBytes: number;
  /** Largest message, headers included. */
  readonly maxMessageBytes: number;
  /** The connection is a leaf node's. */
  readonly isLeaf?: boolean;
}

const CARRY_SIZES = { firstBytes: 1024, keptBytes: 65_536 };
/** Arguments of a message in its usual form: account, subject, reply, header size, size. */
const MAX_FAST_FIELDS = 5;
const PLUS = 43;
const BAR = 124;
/** `RMSG`, `HMSG`, `LMSG` as little-endian words, letters in lower case. */
const WORD_RMSG = 0x67736d72;
const WORD_HMSG = 0x67736d68;
const WORD_LMSG = 0x67736d6c;
const LOWER_4 = 0x20202020;

export class PeerParser extends ChunkParser {
  /** True while a CONNECT is owed: nothing else is taken. */
  expectsConnect = false;
  /** False on a connection of one account: its messages do not name it. */
  hasAccounts = true;
  /** The cluster of the leaf node that the message under way came from, where another server says so; else empty. */
  origin = '';

  private readonly handler: PeerParserHandler;
  private readonly frame: PubFrame;
  private readonly maxMessageBytes: number;
  /** On a leaf node's connection LMSG is the message without headers; on a route it names the leaf node's cluster. */
  private readonly isLeaf: boolean;
  private readonly starts = new Int32Array(MAX_FAST_FIELDS);
  private readonly ends = new Int32Array(MAX_FAST_FIELDS);

  constructor(handler: PeerParserHandler, frame: PubFrame, limits: PeerParserLimits) {
    super(CARRY_SIZES, limits.maxLineBytes);
    this.handler = handler;
    this.frame = frame;
    this.maxMessageBytes = limits.maxMessageBytes;
    this.isLeaf = limits.isLeaf === true;
  }

  protected override parseRange(bytes: Buffer, view: DataView, start: number, end: number): number {
    let position = start;
    while (position < end && !this.isStopped && !this.isSuspended) {
      let next: number;
      const word = end - position >= MESSAGE_START_BYTES && !this.expectsConnect ? view.getInt32(position, true) | LOWER_4 : 0;
      if (word === (this.isLeaf ? WORD_LMSG : WORD_RMSG)) next = this.parseMessage(bytes, view, position, end, false);
      else if (word === WORD_HMSG) next = this.parseMessage(bytes, view, position, end, true);
      else if (word === WORD_LMSG) next = this.parseOdd(bytes, position, end, true, true);
      else next = this.parseLine(bytes, position, end);
      if (next < 0) return position;
      position = next;
    }
    return position;
  }

  /** RMSG, HMSG and a leaf node's LMSG in their usual form; any other goes through `parseOdd`. Returns the position after it, or -1 when it is not whole. */
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
    if (position - start > this.maxLineBytes) return this.failLongLine(bytes, start, end);
    const size = parseSize(bytes, starts[count - 1] as number, ends[count - 1] as number);
    const headerBytes = isHmsg ? parseSize(bytes, starts[count - 2] as number, ends[count - 2] as number) : 0;
    if (size < 0 || headerBytes < 0 || headerBytes > size || size > this.maxMessageBytes)
      return this.fail(ParseError.badArguments, bytes, start, position);
    const payloadStart = position + 2;
    const frameEnd = payloadStart + size + 2;
    if (frameEnd > end) return this.awaitPayload(bytes, start, frameEnd, end);
    if (bytes[frameEnd - 2] !== CR || bytes[frameEnd - 1] !== LF) return this.failPayloadEnd(bytes, frameEnd - 2);
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
    this.origin = '';
    this.handler.onMessage(frame, starts[0] as number, lead === 1 ? (ends[0] as number) : (starts[0] as number), null);
    return frameEnd;
  }

  /** A message in any other form: laid out anew. `hasOrigin`: LMSG of a route, whose first argument is the cluster of a leaf node. */
  private parseOdd(bytes: Buffer, start: number, end: number, hasHeaders: boolean, hasOrigin: boolean): number {
    const lineEnd = bytes.indexOf(LF, start);
    if (lineEnd < 0 || lineEnd >= end) return this.waitForLine(bytes, start, end);
    if (lineEnd - start > this.maxLineBytes) return this.failLongLine(bytes, start, lineEnd);
    const text = bytes.toString('latin1', start + 4, lineEnd);
    const args = /^[ \t]/.test(text) ? readArguments(text, this.hasAccounts, hasHeaders, hasOrigin) : undefined;
    if (args === undefined || args.sizeBytes > this.maxMessageBytes)
      return this.fail(ParseError.badArguments, bytes, start, lineEnd);
    const payloadStart = lineEnd + 1;
    const frameEnd = payloadStart + args.sizeBytes + 2;
    if (frameEnd > end) return this.awaitPayload(bytes, start, frameEnd, end);
    if (bytes[frameEnd - 2] !== CR || bytes[frameEnd - 1] !== LF) return this.failPayloadEnd(bytes, frameEnd - 2);
    this.frame.layOut(args.account, args, bytes.subarray(payloadStart, frameEnd));
    this.origin = args.origin;
    this.handler.onMessage(this.frame, 0, args.account.length, args.queues);
    return frameEnd;
  }

  private waitForLine(bytes: Buffer, start: number, end: number): number {
    if (end - start > this.maxLineBytes + MAX_VERB_BYTES) return this.failLongLine(bytes, start, end);
    return -1;
  }

  /** Every operation but a message. */
  private parseLine(bytes: Buffer, start: number, end: number): number {
    const verb = matchPeerVerb(bytes, start, end);
    if (verb === VERB_INCOMPLETE) return -1;
    if (this.expectsConnect && verb !== 'CONNECT') {
      this.handler.onUnauthenticated();
      return end;
    }
    if (verb === VERB_UNKNOWN) return this.fail(ParseError.unknownOperation, bytes, start, end);
    const lineEnd = bytes.indexOf(LF, start);
    if (lineEnd < 0 || lineEnd >= end) return this.waitForLine(bytes, start, end);
    if (lineEnd - start > this.maxLineBytes) return this.failLongLine(bytes, start, lineEnd);
    this.handler.onLine(verb, bytes.toString('latin1', start + verb.length, lineEnd).trim());
    return this.isStopped ? end : lineEnd + 1;
  }

  protected override failLongLine(bytes: Buffer, start: number, end: number): number {
    return this.fail(ParseError.controlLineTooLong, bytes, start, end);
  }

  protected override failPayloadEnd(bytes: Buffer, at: number): number {
    return this.fail(ParseError.unknownOperation, bytes, at, at + 2);
  }

  private fail(error: ParseError, bytes: Buffer, start: number, end: number): number {
    if (!this.isStopped) this.handler.onParseError(error, bytes.toString('latin1', start, Math.min(end, start + 64)));
    this.isStopped = true;
    return end;
  }
}

interface MessageArguments extends FrameArguments {
  readonly origin: string;
  readonly account: string;
  readonly queues: readonly string[] | null;
}

/** `[origin] [account] subject [reply | + reply queue… | '|' queue…] [header-size] size`, or undefined. */
function readArguments(text: string, hasAccount: boolean, hasHeaders: boolean, hasOrigin: boolean): MessageArguments | undefined {
  const fields = splitMessageArguments(text.endsWith('\r') ? text.slice(0, -1) : text);
  const origin = hasOrigin ? fields.shift() : '';
  const account = hasAccount ? fields.shift() : '';
  const subject = fields.shift();
  const sizes = fields.splice(hasHeaders ? -2 : -1);
  const sizeBytes = parseSizeText(sizes.at(-1));
  const headerBytes = hasHeaders ? parseSizeText(sizes.at(-2)) : 0;
  if (origin === undefined || account === undefined || subject === undefined) return undefined;
  if (sizeBytes < 0 || headerBytes < 0 || headerBytes > sizeBytes) return undefined;
  // A message with an origin always names a size of headers.
  const isPlain = hasOrigin && headerBytes === 0;
  const given = {
    origin,
    account,
    subject,
    sizes: isPlain ? String(sizeBytes) : sizes.join(' '),
    headerBytes,
    sizeBytes,
    hasHeaders: hasHeaders && !isPlain,
  };
  const [mark, second] = fields;
  if (fields.length > 1 && mark === '+' && second !== undefined) {
    return { ...given, reply: second, queues: fields.length > 2 ? fields.slice(2) : null };
  }
  if (fields.length > 1 && mark === '|') return { ...given, reply: '', queues: fields.slice(1) };
  if (fields.length > 1) return undefined;
  return { ...given, reply: mark ?? '', queues: null };
}
