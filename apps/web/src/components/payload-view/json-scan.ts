/**
 * Finds the ends of JSON values in a text, without building them. Numbers are never converted, so 64-bit integers, trailing zeros
 * and exponents are shown exactly as they were sent (RFC 8259 grammar).
 */

/** Where and why a text is not JSON. */
export class JsonScanError extends Error {
  override readonly name = 'JsonScanError';
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;

export function isJsonSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Index of the first character at or after `at` that is not JSON white space. */
export function skipSpace(text: string, at: number): number {
  let index = at;
  while (index < text.length && isJsonSpace(text.charCodeAt(index))) index++;
  return index;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

function endOfEscape(text: string, at: number): number {
  const code = text.charCodeAt(at + 1);
  if (code === 0x75) {
    for (let index = at + 2; index < at + 6; index++) {
      if (!isHexDigit(text.charCodeAt(index))) throw new JsonScanError('\\u needs four hexadecimal digits', at);
    }
    return at + 6;
  }
  if ('"\\/bfnrt'.includes(String.fromCharCode(code))) return at + 2;
  throw new JsonScanError('unknown escape in a string', at);
}

/** End (exclusive) of the string whose opening quote is at `at`. Throws JsonScanError. */
export function endOfString(text: string, at: number): number {
  let index = at + 1;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index + 1;
    if (code === BACKSLASH) index = endOfEscape(text, index);
    else if (code < 0x20) throw new JsonScanError('a string holds a control character', index);
    else index++;
  }
  throw new JsonScanError('a string is not closed', at);
}

function skipDigits(text: string, at: number): number {
  let index = at;
  while (isDigit(text.charCodeAt(index))) index++;
  if (index === at) throw new JsonScanError('a number lacks a digit', at);
  return index;
}

function endOfNumber(text: string, at: number): number {
  let index = text.charCodeAt(at) === MINUS ? at + 1 : at;
  index = text.charCodeAt(index) === ZERO ? index + 1 : skipDigits(text, index);
  if (text.charCodeAt(index) === DOT) index = skipDigits(text, index + 1);
  const exponent = text.charCodeAt(index) | 0x20;
  if (exponent !== 0x65) return index;
  const sign = text.charCodeAt(index + 1);
  return skipDigits(text, sign === 0x2b || sign === MINUS ? index + 2 : index + 1);
}

const LITERALS = ['true', 'false', 'null'];

/** End (exclusive) of the string, number or literal at `at`. Throws JsonScanError when none is there. */
export function endOfScalar(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === QUOTE) return endOfString(text, at);
  if (code === MINUS || isDigit(code)) return endOfNumber(text, at);
  for (const literal of LITERALS) {
    if (text.startsWith(literal, at)) return at + literal.length;
  }
  throw new JsonScanError(at >= text.length ? 'the text ends too early' : 'expected a value', at);
}

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * End (exclusive) of the object or array at `at` if it is flat (holds no container) and at most `maxChars` long, else -1. A flat
 * container that is not valid JSON also gives -1: the caller's full walk then names the mistake.
 */
export function endOfFlat(text: string, at: number, maxChars: number): number {
  const isObject = text.charCodeAt(at) === OPEN_OBJECT;
  const close = isObject ? CLOSE_OBJECT : CLOSE_ARRAY;
  const window = text.slice(at, at + maxChars);
  let index = skipSpace(window, 1);
  if (window.charCodeAt(index) === close) return at + index + 1;
  try {
    while (index < window.length) {
      if (isObject) index = endOfFlatKey(window, index);
      index = skipSpace(window, endOfScalar(window, index));
      const code = window.charCodeAt(index);
      if (code === close) return at + index + 1;
      if (code !== COMMA) return -1;
      index = skipSpace(window, index + 1);
    }
  } catch (error) {
    if (error instanceof JsonScanError) return -1;
    throw error;
  }
  return -1;
}

function endOfFlatKey(window: string, at: number): number {
  if (window.charCodeAt(at) !== QUOTE) throw new JsonScanError('expected a key', at);
  const index = skipSpace(window, endOfString(window, at));
  if (window.charCodeAt(index) !== COLON) throw new JsonScanError('expected a colon', index);
  return skipSpace(window, index + 1);
}
