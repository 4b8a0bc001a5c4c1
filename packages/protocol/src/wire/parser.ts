// hot path
/**
 * Bytes from a client → handler calls. The parser allocates nothing for a message that arrives whole, makes no strings for PUB
 * and HPUB, and is total: whatever arrives ends in a handler call or an error code, never in an exception.
 *
 * An operation that is not whole yet waits in `carry`, whose size is checked against the limits before it is taken. A line that repeats the
 * previous PUB line byte for byte, the usual case of a busy publisher, is not parsed again (`repeated-line.ts`).
 *
 * Source of the rules: nats-server server/parser.go, and server 2.15.1 observed on the wire.
 */
import { findLineEnd, lineText } from './arguments.ts';
import { CR, LF, SPACE } from './bytes.ts';
import { ChunkParser } from './chunk-parser.ts';
import { PAYLOAD_CR_STATE, PAYLOAD_LF_STATE, publishArgumentsText, unknownOperationText, verbFailure } from './parse-failure.ts';
import { ParseError, type ParserHandler, PubVerdict } from './parser-handler.ts';
import { PUB_INCOMPLETE, readPubArguments, readUnusualPubArguments } from './pub-arguments.ts';
import type { PubFrame } from './pub-frame.ts';
import { RepeatedLine } from './repeated-line.ts';
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

const CARRY_SIZES = { firstBytes: 512, keptBytes: 16_384 };
/** `pub ` and `hpub` as little-endian words, letters in lower case. */
const WORD_PUB_SPACE = 0x20627570;
const WORD_HPUB = 0x62757068;
const LOWER_3 = 0x00202020;
const LOWER_4 = 0x20202020;

const NO_CHUNK = Buffer.alloc(0);

export class Parser extends ChunkParser {
  /** True while a CONNECT is owed: any other operation is refused. */
  expectsConnect = false;
  /** False turns the recognition of repeated lines off (verbose and pedantic clients need each message checked). */
  mayRepeat = true;

  private handler: ParserHandler;
  private readonly frame: PubFrame;
  /** Null before the first PUB, so that who only listens has none. */
  private repeated: RepeatedLine | null = null;
  /** Payload and CRLF bytes that are still to be passed over. */
  private skipBytes = 0;
  /** The read that is being parsed: a failure is told by its place in it. */
  private chunk: Buffer = NO_CHUNK;
  private chunkBytes = 0;

  constructor(handler: ParserHandler, frame: PubFrame, maxControlLineBytes: number) {
    super(CARRY_SIZES, maxControlLineBytes);
    this.handler = handler;
    this.frame = frame;
  }

  /** Another owner from now on: a remembered line is forgotten. */
  handOver(handler: ParserHandler): void {
    this.handler = handler;
    this.repeated?.forget();
    this.repeated = null;
  }

  override stop(): void {
    super.stop();
    this.repeated?.forget();
  }

  /** Forgets the remembered PUB line: what it was allowed to do may have changed. */
  forgetRepeat(): void {
    this.repeated?.forget();
  }

  setMaxControlLine(bytes: number): void {
    this.maxLineBytes = bytes;
  }

  override parse(bytes: Buffer, view: DataView, count: number): void {
    this.chunk = bytes;
    this.chunkBytes = count;
    super.parse(bytes, view, count);
    this.chunk = NO_CHUNK;
  }

  protected override parseRange(bytes: Buffer, view: DataView, start: number, end: number): number {
    let position = this.skipBytes > 0 ? this.skipPayload(bytes, start, end) : start;
    while (position < end && !this.isStopped && !this.isSuspended) {
      const { repeated } = this;
      if (repeated !== null && repeated.length > 0) {
        position = repeated.take(bytes, view, position, end);
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

  /** PUB and HPUB; `argsStart` is the first byte of the subject. Returns the position after the frame, or -1 when it is not whole. */
  private parsePub(bytes: Buffer, view: DataView, start: number, argsStart: number, end: number, isHpub: boolean): number {
    const frame = this.frame;
    const payloadStart = readPubArguments(frame, bytes, view, argsStart, end, isHpub);
    if (payloadStart < 0) {
      return payloadStart === PUB_INCOMPLETE ? this.waitForLine(end, argsStart) : this.parseUnusualPub(bytes, start, end, isHpub);
    }
    if (payloadStart - 2 - argsStart > this.maxLineBytes) return this.failLongLine();
    return this.takePub(bytes, start, payloadStart, end, !isHpub && !frame.hasReply());
  }

  /** PUB or HPUB with tabs, runs of blanks, or LF alone, or a wrong one: what is right is written anew in the usual form. */
  private parseUnusualPub(bytes: Buffer, start: number, end: number, isHpub: boolean): number {
    const lineEnd = bytes.indexOf(LF, start);
    const verb = isHpub ? 'HPUB' : 'PUB';
    if (lineEnd < 0 || lineEnd >= end) return this.waitForLine(end, start + verb.length);
    const text = lineText(bytes, start + verb.length, lineEnd);
    if (text.length > this.maxLineBytes) return this.failLongLine();
    const args = readUnusualPubArguments(text, isHpub);
    if (args === undefined) return this.fail(ParseError.badArguments, publishArgumentsText(text, isHpub));
    const payloadStart = lineEnd + 1;
    const frameEnd = payloadStart + args.sizeBytes + 2;
    this.frame.layOut(verb, args, bytes.subarray(payloadStart, frameEnd <= end ? frameEnd : payloadStart));
    return this.takePub(bytes, start, payloadStart, end, false);
  }

  /** The arguments are in the frame: asks the handler, waits for the payload, hands the message over. */
  private takePub(bytes: Buffer, start: number, payloadStart: number, end: number, mayRemember: boolean): number {
    const frame = this.frame;
    const frameEnd = payloadStart + frame.sizeBytes + 2;
    const isWhole = end >= frameEnd;
    const verdict = this.handler.onPubArguments(frame, isWhole);
    if (verdict === PubVerdict.refuse) return end;
    if (!isWhole) {
      if (verdict === PubVerdict.skipPayload) {
        this.skipBytes = frameEnd - payloadStart;
        return this.skipPayload(bytes, payloadStart, end);
      }
      return this.awaitPayload(bytes, start, frameEnd, end);
    }
    if (bytes[frameEnd - 2] !== CR || bytes[frameEnd - 1] !== LF) return this.failPayloadEnd(bytes, frameEnd - 2);
    if (mayRemember && this.mayRepeat) {
      this.repeated ??= new RepeatedLine(this.handler, frame);
      this.repeated.remember(bytes, start, frame);
    } else this.repeated?.forget();
    this.handler.onPub(frame);
    return frameEnd;
  }

  /** The line is not whole: too long already, or to be waited for. */
  private waitForLine(end: number, argsStart: number): number {
    return end - argsStart > this.maxLineBytes ? this.failLongLine() : -1;
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
      if (end - argsStart > this.maxLineBytes && verb !== VERB_PING && verb !== VERB_PONG && verb !== VERB_OK) {
        return this.failLongLine();
      }
      // PING, PONG and +OK carry nothing: what stands behind them need not be kept.
      return -1;
    }
    if (verb === VERB_PUB || verb === VERB_HPUB) return this.parseUnusualPub(bytes, start, end, verb === VERB_HPUB);
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
    if (args.length > this.maxLineBytes) {
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

  protected override failPayloadEnd(bytes: Buffer, at: number): number {
    return bytes[at] === CR ? this.failAt(PAYLOAD_LF_STATE, bytes, at + 1) : this.failAt(PAYLOAD_CR_STATE, bytes, at);
  }

  protected override failLongLine(): number {
    return this.fail(ParseError.controlLineTooLong, 'maximum control line exceeded');
  }
}
