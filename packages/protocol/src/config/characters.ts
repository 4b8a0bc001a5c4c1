/** Character classes of the configuration language, by code point; 0 stands for the end of the text, so a NUL byte ends it too. */

export const END = 0;
export const TAB = 9;
export const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BLANK = 32;
export const DOUBLE_QUOTE = 34;
export const HASH = 35;
export const DOLLAR = 36;
export const SINGLE_QUOTE = 39;
export const BLOCK_START = 40;
export const BLOCK_END = 41;
export const COMMA = 44;
export const MINUS = 45;
export const DOT = 46;
export const SLASH = 47;
export const COLON = 58;
export const SEMICOLON = 59;
const EQUALS = 61;
export const ARRAY_START = 91;
export const BACKSLASH = 92;
export const ARRAY_END = 93;
export const MAP_START = 123;
export const MAP_END = 125;

/** Blank and tab: what separates words inside a line. */
export function isBlank(code: number): boolean {
  return code === BLANK || code === TAB;
}

/** Line feed and carriage return: what ends a line. */
export function isNewLine(code: number): boolean {
  return code === LINE_FEED || code === CARRIAGE_RETURN;
}

/** Unicode white space, as Go's unicode.IsSpace sees it. */
export function isSpace(code: number): boolean {
  if (code < 0x80) return code === BLANK || (code >= TAB && code <= CARRIAGE_RETURN);
  if (code === 0x85 || code === 0xa0 || code === 0x1680 || code === 0x3000) return true;
  return (code >= 0x2000 && code <= 0x200a) || code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f;
}

/** A decimal digit of any script. */
export function isDigit(code: number): boolean {
  if (code < 0x80) return code >= 48 && code <= 57;
  return /^\p{Nd}$/u.test(String.fromCodePoint(code));
}

/** `=` and `:` between a key and its value. */
export function isKeySeparator(code: number): boolean {
  return code === EQUALS || code === COLON;
}

/** The first letter of a size suffix: k, m, g, t, p, e. */
export function isSizeSuffix(code: number): boolean {
  return code > 0 && code < 0x80 && 'kmgtpe'.includes(String.fromCharCode(code).toLowerCase());
}

/** Bytes that a code point takes in UTF-8; a lone half of a surrogate pair becomes U+FFFD. */
export function utf8Width(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/** Bytes that a text takes in UTF-8. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) length += 1;
    else if (code < 0x800) length += 2;
    else if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      length += 4;
      index++;
    } else length += 3;
  }
  return length;
}
