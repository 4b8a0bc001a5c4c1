// hot path
/**
 * The last plain PUB line. A busy publisher sends the same one again and again: it is recognised by comparing words, its arguments are not
 * parsed again, and messages that nobody receives need not even be handed over one by one.
 */
import { CR, LF } from './bytes.ts';
import type { ParserHandler } from './parser-handler.ts';
import type { PubFrame } from './pub-frame.ts';

/** A line longer than this is not remembered. */
const MAX_LINE_BYTES = 252;

export class RepeatedLine {
  /** Bytes of the line, CRLF included; 0 when none is remembered. */
  length = 0;
  private readonly handler: ParserHandler;
  private readonly frame: PubFrame;
  /** The line, by words and by bytes; taken with the first line. */
  private words: Int32Array | null = null;
  private bytes: Uint8Array | null = null;
  private sizeBytes = 0;
  /** Where its subject ends. */
  private subjectEnd = 0;
  private subjectHash = 0;

  constructor(handler: ParserHandler, frame: PubFrame) {
    this.handler = handler;
    this.frame = frame;
  }

  /** Forgets the line; a run of its repetitions ends after the one that is being handed over. */
  forget(): void {
    this.length = 0;
  }

  /** Remembers `bytes[start..frame.payloadStart)`, which must read `PUB subject size CRLF`. */
  remember(bytes: Buffer, start: number, frame: PubFrame): void {
    const length = frame.payloadStart - start;
    if (length > MAX_LINE_BYTES) return this.forget();
    if (this.words === null) {
      this.words = new Int32Array(MAX_LINE_BYTES / 4 + 1);
      this.bytes = new Uint8Array(this.words.buffer);
    }
    const line = this.bytes as Uint8Array;
    for (let index = 0; index < length; index++) line[index] = bytes[start + index] as number;
    this.length = length;
    this.sizeBytes = frame.sizeBytes;
    this.subjectEnd = frame.subjectEnd - start;
    this.subjectHash = frame.subjectHash;
  }

  /** Takes as many repetitions as stand whole and right at `start`; returns the position after them. */
  take(bytes: Buffer, view: DataView, start: number, end: number): number {
    const words = this.words as Int32Array;
    const line = this.bytes as Uint8Array;
    const length = this.length;
    const wholeWords = length & ~3;
    const total = length + this.sizeBytes + 2;
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
      if (bytes[position + total - 2] !== CR || bytes[position + total - 1] !== LF) break;
      if (count === 0) mayPass = this.begin(bytes, view, position);
      count++;
      if (passed < mayPass) passed++;
      else {
        frame.subjectStart = position + 4;
        frame.subjectEnd = position + this.subjectEnd;
        frame.tailStart = position + this.subjectEnd + 1;
        frame.payloadStart = position + length;
        mayPass = handler.onRepeatedPub(frame);
        passed = 0;
      }
      position += total;
      if (this.length === 0) break;
    }
    if (count > 0) handler.onRepeatEnd(frame, count, passed);
    return position;
  }

  /** Sets up the frame for the first repetition of a run; returns how many messages may go by. */
  private begin(bytes: Buffer, view: DataView, position: number): number {
    const frame = this.frame;
    frame.bytes = bytes;
    frame.view = view;
    frame.replyStart = frame.replyEnd = 0;
    frame.hasHeaders = false;
    frame.headerBytes = 0;
    frame.sizeBytes = this.sizeBytes;
    frame.subjectHash = this.subjectHash;
    frame.subjectStart = position + 4;
    frame.subjectEnd = position + this.subjectEnd;
    return this.handler.onRepeat(frame);
  }
}
