/**
 * The trace of one client: what it sends, as the parser hands it over, and what it is sent, in the order in which one follows from the
 * other. There is one only while the log wants traces; then each operation's output goes out before the next operation is looked at.
 */
import type { ParseError, ParserHandler, PubFrame, PubVerdict } from '@sluice/protocol/wire';
import type { ClientConnection } from './client-connection.ts';
import { OutputTrace } from './output-trace.ts';
import { operationText, payloadText, shownBytes, type TraceLimits } from './trace-text.ts';

export class ClientTrace implements ParserHandler {
  private readonly client: ClientConnection;
  private readonly inner: ParserHandler;
  private readonly output: OutputTrace;
  private limits: TraceLimits;
  /** The payload that was read, until its subject has been mapped. */
  private held = '';
  /** The line of the PUB whose payload is not whole yet has been shown. */
  private isShown = false;
  private isSilent = false;

  constructor(client: ClientConnection, inner: ParserHandler, limits: TraceLimits) {
    this.client = client;
    this.inner = inner;
    this.limits = limits;
    this.output = new OutputTrace(limits, (text) => this.write(text));
  }

  /** Other limits from now on. */
  setLimits(limits: TraceLimits): void {
    this.limits = limits;
    this.output.limits = limits;
  }

  /** What is written to the client now. */
  onOutput(bytes: Uint8Array): void {
    if (this.isSilent) return;
    this.release();
    this.output.push(bytes);
  }

  /** Sends what nats-server does not show either. */
  sendUnshown(send: () => void): void {
    this.client.settleOutput();
    this.isSilent = true;
    send();
    this.client.settleOutput();
    this.isSilent = false;
  }

  /** A line about the client is due: what came before it is shown before it. */
  beforeLine(): void {
    this.release();
    this.client.settleOutput();
  }

  /** The subject of the message at hand was mapped, which is told before its payload. */
  noteMapping(subject: string, mapped: string): void {
    this.write(`<<- [MAPPING ${subject} -> ${mapped}]`);
    this.release();
  }

  private write(text: string): void {
    this.client.writeLine('TRC', text);
  }

  private release(): void {
    if (this.held === '') return;
    const text = this.held;
    this.held = '';
    this.write(text);
  }

  private show(verb: string, args: string): void {
    this.write(`<<- ${operationText(verb, args.trim())}`);
  }

  /** The operation is done: what came of it goes out, to whomever. */
  private settle(): void {
    this.release();
    this.client.server.turn.settle();
  }

  // ---- operations ------------------------------------------------------------------------------------------------------------

  onPubArguments(frame: PubFrame, isWhole: boolean): PubVerdict {
    if (!this.isShown) {
      const { bytes, subjectStart, payloadStart } = frame;
      this.show(frame.hasHeaders ? 'HPUB' : 'PUB', bytes.toString('latin1', subjectStart, payloadStart));
    }
    const verdict = this.inner.onPubArguments(frame, isWhole);
    // While its payload is waited for, the line is read again.
    this.isShown = !isWhole;
    return verdict;
  }

  onPub(frame: PubFrame): void {
    this.isShown = false;
    const { bytes, payloadStart, sizeBytes, headerBytes } = frame;
    const count = shownBytes(this.limits, sizeBytes, headerBytes);
    const isCut = count < shownBytes({ ...this.limits, maxPayloadBytes: 0 }, sizeBytes, headerBytes);
    if (count > 0) this.held = `<<- ${payloadText(bytes.subarray(payloadStart, payloadStart + count), isCut)}`;
    if (!this.client.hasMappings) this.release();
    this.inner.onPub(frame);
    this.settle();
  }

  /** Lines are not remembered while they are shown. */
  onRepeat(frame: PubFrame): number {
    return this.inner.onRepeat(frame);
  }

  onRepeatedPub(frame: PubFrame): number {
    return this.inner.onRepeatedPub(frame);
  }

  onRepeatEnd(frame: PubFrame, count: number, passed: number): void {
    this.inner.onRepeatEnd(frame, count, passed);
  }

  onConnect(json: string): void {
    this.show('CONNECT', json);
    this.inner.onConnect(json);
    this.settle();
  }

  onSub(args: string): void {
    this.show('SUB', args);
    this.inner.onSub(args);
    this.settle();
  }

  onUnsub(args: string): void {
    this.show('UNSUB', args);
    this.inner.onUnsub(args);
    this.settle();
  }

  onForeignMessage(): void {
    this.inner.onForeignMessage();
    this.settle();
  }

  onPing(): void {
    this.show('PING', '');
    this.inner.onPing();
    this.settle();
  }

  onPong(): void {
    this.show('PONG', '');
    this.inner.onPong();
  }

  onClientError(args: string): void {
    this.inner.onClientError(args);
  }

  onInfo(json: string): void {
    this.inner.onInfo(json);
  }

  onUnauthenticated(): void {
    this.inner.onUnauthenticated();
  }

  onParseError(error: ParseError, text: string): void {
    // The line of a PUB whose arguments are wrong is shown; the text holds them.
    const [, isHpub, args] = /^process(Header)?Pub .*?: (".*")$/.exec(text) ?? [];
    if (args !== undefined) this.show(isHpub === undefined ? 'PUB' : 'HPUB', args.slice(1, -1));
    this.inner.onParseError(error, text);
  }
}
