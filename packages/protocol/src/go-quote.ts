/**
 * Text and bytes as Go's `%q` writes them. nats-server quotes what a peer or a file said in its log lines and error texts, and drop-in
 * suites compare those byte for byte; JSON's escapes differ in control characters, bytes that are no UTF-8, and what does not show.
 */

const NAMED: ReadonlyMap<number, string> = new Map([
  [7, '\\a'],
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [11, '\\v'],
  [12, '\\f'],
  [13, '\\r'],
  [34, '\\"'],
  [92, '\\\\'],
]);
const SHOWS = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const REPLACEMENT = 0xfffd;

/** Text in double quotes, with Go's escapes. */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const char of text) quoted += escaped(char);
  return `${quoted}"`;
}

/** Bytes in double quotes: UTF-8 is shown as text, every other byte as `\xff`. */
export function goQuoteBytes(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let quoted = '"';
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(sequenceLength(bytes[at] ?? 0), bytes.length - at);
    const text = decoder.decode(bytes.subarray(at, at + length));
    const isWhole = [...text].length === 1 && (text.codePointAt(0) !== REPLACEMENT || isReplacement(bytes, at));
    quoted += isWhole ? escaped(text) : `\\x${hex(bytes[at] ?? 0, 2)}`;
    at += isWhole ? length : 1;
  }
  return `${quoted}"`;
}

/** As `goQuoteBytes`, for text that holds one byte in each character. */
export function goQuoteLatin1(text: string): string {
  return goQuoteBytes(Uint8Array.from(text, (char) => char.charCodeAt(0)));
}

function sequenceLength(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

function isReplacement(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const named = NAMED.get(code);
  if (named !== undefined) return named;
  if (SHOWS.test(char)) return char;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
