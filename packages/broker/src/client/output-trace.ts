/**
 * The trace of what a client is sent: bytes → log lines, `->> [MSG foo 1 5]`. It reads the frames a second time, when they are written,
 * so that the hot path has no part in it. Nothing is kept beyond one line and one payload's beginning.
 */
import { operationText, payloadText, shownBytes, type TraceLimits } from './trace-text.ts';

/** Longest control line that is shown, in bytes; the rest of it is left out. */
const MAX_LINE_BYTES = 65_536;
const LINE_FEED = 10;

export class OutputTrace {
  limits: TraceLimits;
  private readonly write: (text: string) => void;
  private line: Buffer[] = [];
  private lineBytes = 0;
  private payload: Buffer[] = [];
  private payloadShown = 0;
  /** Bytes of the payload, CRLF included, that are still to come; -1 outside of one. */
  private payloadLeft = -1;
  /** Bytes of it that are to be shown, and whether that is less than there is to see. */
  private payloadBytes = 0;
  private isCut = false;

  constructor(limits: TraceLimits, write: (text: string) => void) {
    this.limits = limits;
    this.write = write;
  }

  /** The next bytes, cut anywhere. */
  push(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < chunk.length; ) at = this.payloadLeft >= 0 ? this.takePayload(chunk, at) : this.takeLine(chunk, at);
  }

  private takeLine(chunk: Buffer, at: number): number {
    const lineFeed = chunk.indexOf(LINE_FEED, at);
    const end = lineFeed < 0 ? chunk.length : lineFeed;
    const room = MAX_LINE_BYTES - this.lineBytes;
    if (room > 0) {
      const part = chunk.subarray(at, Math.min(end, at + room));
      this.lineBytes += part.length;
      // The bytes are the connection's: they are gone after this turn.
      this.line.push(Buffer.from(part));
    }
    if (lineFeed < 0) return chunk.length;
    const text = Buffer.concat(this.line).toString('latin1');
    this.line = [];
    this.lineBytes = 0;
    this.endLine(text.endsWith('\r') ? text.slice(0, -1) : text);
    return lineFeed + 1;
  }

  private endLine(line: string): void {
    const space = line.indexOf(' ');
    const [verb, args] = space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
    if (verb === 'INFO' || verb === '') return;
    if (verb === '+OK') return this.write('->> [OK]');
    if (verb === '-ERR') return this.write(`->> [-ERR ${args.replace(/^'|'$/g, '')}]`);
    this.write(`->> ${operationText(verb, args)}`);
    if (verb !== 'MSG' && verb !== 'HMSG') return;
    const fields = args.split(' ');
    const size = Number(fields.at(-1));
    if (!Number.isInteger(size) || size < 0) return;
    const headerBytes = verb === 'HMSG' ? Number(fields.at(-2)) : 0;
    this.payloadBytes = shownBytes(this.limits, size, headerBytes);
    this.isCut = this.payloadBytes < shownBytes({ ...this.limits, maxPayloadBytes: 0 }, size, headerBytes);
    this.payloadLeft = size + 2;
  }

  private takePayload(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.payloadLeft);
    const wanted = this.payloadBytes - this.payloadShown;
    if (wanted > 0) {
      const part = chunk.subarray(at, Math.min(end, at + wanted));
      this.payloadShown += part.length;
      this.payload.push(Buffer.from(part));
    }
    this.payloadLeft -= end - at;
    if (this.payloadLeft === 0) this.endPayload();
    return end;
  }

  private endPayload(): void {
    this.payloadLeft = -1;
    if (this.payloadBytes > 0) this.write(`->> ${payloadText(Buffer.concat(this.payload), this.isCut)}`);
    this.payload = [];
    this.payloadShown = 0;
  }
}
