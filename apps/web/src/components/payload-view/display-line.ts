/**
 * What every view of a payload hands to the screen: lines of coloured tokens, made on demand. The payload itself stays in the
 * worker; only the lines that are visible cross over, so a view costs the same for 85 bytes and for 10 MB.
 */

/** How a token is tinted; `more` is our own remark inside a value, never part of the payload. */
export type TokenKind = 'key' | 'string' | 'number' | 'literal' | 'punctuation' | 'plain' | 'dim' | 'more';

export interface LineToken {
  kind: TokenKind;
  text: string;
}

export interface DisplayLine {
  /** Shown in the gutter; empty for the continuation of a wrapped line. */
  label: string;
  tokens: LineToken[];
  /** Only in a diff. */
  change?: 'add' | 'del';
}

/** A document as lines, each made when asked for. */
export interface LineSource {
  /** Number of lines. */
  readonly count: number;
  /** The line at `index`, from 0. Throws a RangeError outside. */
  line(index: number): DisplayLine;
}

/** Lines `start` to `start + count`, cut to what exists. */
export function linesBetween(source: LineSource, start: number, count: number): DisplayLine[] {
  const lines: DisplayLine[] = [];
  const end = Math.min(source.count, start + count);
  for (let index = Math.max(0, start); index < end; index++) lines.push(source.line(index));
  return lines;
}
