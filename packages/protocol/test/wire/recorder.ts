/** A parser's owner that writes down what it is told, in a form that does not depend on how the input was cut. */
import { ParseError, Parser, type ParserHandler, PubFrame, PubVerdict, SlackBuffer } from '../../src/wire/index.ts';

const ERROR_NAMES = new Map<number, string>(Object.entries(ParseError).map(([name, code]) => [code, name]));

export interface RecorderOptions {
  readonly maxControlLineBytes?: number;
  readonly maxPayloadBytes?: number;
  readonly expectsConnect?: boolean;
  readonly mayRepeat?: boolean;
  /** Subjects whose payload may pass unread. */
  readonly skips?: (subject: string) => boolean;
  /** False: repeated messages are only counted, as when nobody receives them. */
  readonly wantsRepeats?: boolean;
  /** Suspends at each CONNECT and PING until `resume` is called. */
  readonly suspends?: boolean;
}

export class Recorder implements ParserHandler {
  readonly trace: string[] = [];
  readonly parser: Parser;
  isSuspended = false;
  /** What the log would say of a failure. */
  failure: string | undefined;
  private readonly options: RecorderOptions;
  private readonly shared = new SlackBuffer(200_000);
  private handedOver = 0;

  constructor(options: RecorderOptions = {}) {
    const blank = new SlackBuffer(0);
    this.options = options;
    this.parser = new Parser(this, new PubFrame(blank.bytes, blank.view), options.maxControlLineBytes ?? 4096);
    this.parser.expectsConnect = options.expectsConnect ?? false;
    this.parser.mayRepeat = options.mayRepeat ?? true;
  }

  /** Takes one chunk as the network gives it: in a shared buffer that is overwritten afterwards. */
  feed(chunk: Uint8Array | string): void {
    const bytes = Buffer.from(chunk as string, 'latin1');
    bytes.copy(this.shared.bytes, 0);
    this.parser.parse(this.shared.bytes, this.shared.view, bytes.length);
    this.shared.bytes.fill(0x58, 0, bytes.length + 64);
    while (this.isSuspended) this.resume();
  }

  resume(): void {
    this.isSuspended = false;
    this.parser.resume();
  }

  private maybeSuspend(): void {
    if (this.options.suspends !== true) return;
    this.isSuspended = true;
    this.parser.suspend();
  }

  onPubArguments(frame: PubFrame, isWhole: boolean): PubVerdict {
    if (frame.sizeBytes > (this.options.maxPayloadBytes ?? 1_048_576)) {
      this.trace.push('too big');
      this.parser.stop();
      return PubVerdict.refuse;
    }
    if (isWhole || this.options.skips?.(frame.subject()) !== true) return PubVerdict.take;
    this.trace.push(`skip ${frame.subject()} ${frame.sizeBytes}`);
    return PubVerdict.skipPayload;
  }

  onPub(frame: PubFrame): void {
    if (this.options.skips?.(frame.subject()) === true) this.trace.push(`skip ${frame.subject()} ${frame.sizeBytes}`);
    else this.trace.push(describeFrame(frame));
  }

  onRepeat(): number {
    this.handedOver = 0;
    return (this.options.wantsRepeats ?? true) ? 0 : Number.MAX_SAFE_INTEGER;
  }

  onRepeatedPub(frame: PubFrame): number {
    this.handedOver++;
    this.onPub(frame);
    return 0;
  }

  onRepeatEnd(frame: PubFrame, count: number, passed: number): void {
    if (this.options.wantsRepeats ?? true) {
      if (passed !== 0) throw new Error(`${passed} messages went by although each was wanted`);
      if (count !== this.handedOver) throw new Error(`${this.handedOver} messages were handed over, ${count} counted`);
      return;
    }
    for (let index = 0; index < count; index++) this.trace.push(`counted ${frame.subject()} ${frame.sizeBytes}`);
  }

  onConnect(json: string): void {
    this.parser.expectsConnect = false;
    this.trace.push(`connect ${json}`);
    this.maybeSuspend();
  }

  onSub(args: string): void {
    this.trace.push(`sub ${args}`);
  }

  onUnsub(args: string): void {
    this.trace.push(`unsub ${args}`);
  }

  onForeignMessage(): void {
    this.trace.push('foreign message');
  }

  onPing(): void {
    this.trace.push('ping');
    this.maybeSuspend();
  }

  onPong(): void {
    this.trace.push('pong');
  }

  onClientError(): void {
    this.trace.push('client error');
    this.parser.stop();
  }

  onInfo(json: string): void {
    this.trace.push(`info ${json}`);
  }

  onUnauthenticated(): void {
    this.trace.push('unauthenticated');
    this.parser.stop();
  }

  onParseError(error: ParseError, text: string): void {
    this.failure ??= text;
    this.trace.push(`error ${ERROR_NAMES.get(error)}`);
  }
}

/** Everything a receiver could see of a message, the invariant of its tail included. */
function describeFrame(frame: PubFrame): string {
  const { bytes, payloadStart, sizeBytes, tailStart } = frame;
  const payload = bytes.toString('latin1', payloadStart, payloadStart + sizeBytes);
  const tail = bytes.toString('latin1', tailStart, payloadStart + sizeBytes + 2);
  const reply = frame.hasReply() ? `${frame.reply()} ` : '';
  const sizes = tail.slice(reply.length, payloadStart - tailStart - 2).split(' ');
  const isTailRight =
    tail.startsWith(reply) &&
    tail.slice(payloadStart - tailStart - 2, payloadStart - tailStart) === '\r\n' &&
    tail.endsWith(`${payload}\r\n`) &&
    Number(sizes.at(-1)) === sizeBytes &&
    sizes.length === (frame.hasHeaders ? 2 : 1);
  if (!isTailRight) throw new Error(`the tail is ${JSON.stringify(tail)}`);
  const headers = frame.hasHeaders ? ` headers ${frame.headerBytes}` : '';
  return `pub ${frame.subject()} [${frame.reply()}]${headers} ${frame.subjectHash} ${payload}`;
}

/** The trace of `input` in these pieces. */
export function traceOf(chunks: readonly (Uint8Array | string)[], options: RecorderOptions = {}): string[] {
  const recorder = new Recorder(options);
  for (const chunk of chunks) recorder.feed(chunk);
  return recorder.trace;
}
