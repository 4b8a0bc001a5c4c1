// hot path
/** The argument part of a control line: where it ends, its text, its fields, its sizes. */
import { CR, LF, SPACE, TAB } from './bytes.ts';

/** Digits of a size that nats-server accepts. */
const MAX_SIZE_DIGITS = 9;

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

/** The same of text with one byte in each char; -1 also without any. */
export function parseSizeText(text: string | undefined): number {
  return text === undefined ? -1 : parseSize(Buffer.from(text, 'latin1'), 0, text.length);
}

/** The arguments of SUB and UNSUB are separated by any run of blank, tab and CR. */
export function splitArguments(args: string): string[] {
  return args.split(/[ \t\r\n]+/).filter((field) => field.length > 0);
}

/** Those of a message by blank and tab alone: a CR is part of a subject, as for nats-server. */
export function splitMessageArguments(args: string): string[] {
  return args.split(/[ \t]+/).filter((field) => field.length > 0);
}

/** The text of a line without its verb, leading blanks and CR, one char per byte. */
export function lineText(bytes: Buffer, start: number, lineEnd: number): string {
  let from = start;
  while (from < lineEnd && (bytes[from] === SPACE || bytes[from] === TAB)) from++;
  // A CR that comes first is an argument, as for nats-server.
  const to = lineEnd > from + 1 && bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
  return bytes.toString('latin1', from, to);
}

/** Where the line feed is that ends the line, or -1; for short lines quicker than `indexOf`. */
export function findLineEnd(bytes: Buffer, start: number, end: number): number {
  for (let position = start; position < end; position++) if (bytes[position] === LF) return position;
  return -1;
}
