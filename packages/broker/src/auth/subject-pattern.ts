// hot path
/**
 * Patterns of permission rules against subjects as they lie in the read buffer. Patterns are kept as text with one char per byte,
 * so that a comparison needs neither decoding nor memory.
 */
import { DOT } from '@sluice/protocol/wire';

const STAR = 42;
const GREATER = 62;

/** Text of the configuration (any Unicode) → one char per byte, as subjects arrive on the wire. */
export function toWireText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * True when a message published to `bytes[start..end)` is covered by `pattern`. Wildcard characters in the subject are literal;
 * those in the pattern count only as whole tokens, `>` only as the last one.
 */
export function coversBytes(pattern: string, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = pattern;
  let position = start;
  let index = 0;
  while (index < length) {
    const char = pattern.charCodeAt(index);
    const isTokenStart = index === 0 || pattern.charCodeAt(index - 1) === DOT;
    if (isTokenStart && char === GREATER && index === length - 1) return position < end;
    if (isTokenStart && char === STAR && (index === length - 1 || pattern.charCodeAt(index + 1) === DOT)) {
      if (position >= end || bytes[position] === DOT) return false;
      while (position < end && bytes[position] !== DOT) position++;
      index++;
      continue;
    }
    if (position >= end || bytes[position] !== char) return false;
    position++;
    index++;
  }
  return position === end;
}
