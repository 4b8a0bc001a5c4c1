/**
 * Reads JSON as Go's decoder does: several values may follow each other, numbers keep their letters (an integer field refuses `1.0`), a
 * repeated name comes twice, and broken text is refused in Go's words at Go's offset, which clients show to people. Text is one character
 * a byte throughout, as subjects are: what comes as UTF-8 leaves as the same UTF-8.
 * Source: Go encoding/json as nats-server 2.15.1 is built with it.
 */

import { fromByteText, toByteText } from './byte-text.ts';

/** A number as it was written. */
export class GoNumber {
  readonly literal: string;

  constructor(literal: string) {
    this.literal = literal;
  }
}

/** An object with its names in the order they came, repeated ones too. */
export class GoObject {
  readonly entries: readonly (readonly [name: string, value: GoValue])[];

  constructor(entries: readonly (readonly [string, GoValue])[]) {
    this.entries = entries;
  }
}

export type GoValue = string | boolean | null | GoNumber | GoObject | readonly GoValue[];

/** Why text is no JSON, and how many bytes were read when that was clear; no offset where the text just ends. */
export interface GoSyntaxError {
  readonly text: string;
  readonly offset?: number;
}

export type GoReadResult =
  | { readonly ok: true; readonly value: GoValue /** Where it ends, in characters. */; readonly end: number }
  | { readonly ok: false; readonly error: GoSyntaxError };

const MAX_DEPTH = 64;
const BLANKS = /[ \t\r\n]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const DIGITS = /[0-9]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const LOW_SURROGATE = /\\u([dD][c-fC-F][0-9a-fA-F]{2})/y;
const ABOVE_ASCII = /[\u0080-\u00ff]/;
const WORDS: readonly (readonly [string, GoValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '/': '/',
  '"': '"',
};

class Found extends Error {
  readonly offset: number | undefined;

  constructor(text: string, offset?: number) {
    super(text);
    this.offset = offset;
  }
}

class Reader {
  private readonly text: string;
  private depth = 0;
  at: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  value(): GoValue {
    this.skip(BLANKS);
    const character = this.peek();
    if (character === '{') return this.nested(() => this.object());
    if (character === '[') return this.nested(() => this.list());
    if (character === '"') return this.string();
    if (character === '-' || (character >= '0' && character <= '9')) return this.number();
    const word = WORDS.find(([name]) => name.startsWith(character));
    if (character === '' || word === undefined) return this.fail('looking for beginning of value');
    return this.word(word);
  }

  /** Refuses the character at hand; at the end of the text that it ends is what is wrong. */
  fail(context: string): never {
    if (this.at >= this.text.length) throw new Found('unexpected end of JSON input');
    const end = this.at + sequenceLength(this.text.charCodeAt(this.at));
    throw new Found(`invalid character ${quoted(this.text.slice(this.at, end))} ${context}`, end);
  }

  skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  peek(): string {
    return this.text.charAt(this.at);
  }

  private nested(read: () => GoValue): GoValue {
    if (++this.depth > MAX_DEPTH) throw new Found('exceeded max depth', this.at + 1);
    const value = read();
    this.depth--;
    return value;
  }

  private object(): GoObject {
    const entries: [string, GoValue][] = [];
    this.at++;
    this.skip(BLANKS);
    if (this.peek() !== '}') {
      do {
        this.skip(BLANKS);
        if (this.peek() !== '"') this.fail('looking for beginning of object key string');
        const name = this.string();
        this.skip(BLANKS);
        if (this.peek() !== ':') this.fail('after object key');
        this.at++;
        entries.push([name, this.value()]);
      } while (this.goesOn('}', 'after object key:value pair'));
    } else this.at++;
    return new GoObject(entries);
  }

  private list(): GoValue[] {
    const items: GoValue[] = [];
    this.at++;
    this.skip(BLANKS);
    if (this.peek() !== ']') {
      do items.push(this.value());
      while (this.goesOn(']', 'after array element'));
    } else this.at++;
    return items;
  }

  /** True behind a comma, false behind the end. */
  private goesOn(end: string, context: string): boolean {
    this.skip(BLANKS);
    const character = this.peek();
    if (character !== end && character !== ',') this.fail(context);
    this.at++;
    return character === ',';
  }

  private string(): string {
    this.at++;
    let value = this.skip(PLAIN);
    while (this.peek() !== '"') {
      if (this.peek() !== '\\') this.fail('in string');
      value += this.escape() + this.skip(PLAIN);
    }
    this.at++;
    return ABOVE_ASCII.test(value) ? wellFormed(value) : value;
  }

  private escape(): string {
    const character = this.text.charAt(this.at + 1);
    const plain = ESCAPES[character];
    if (plain !== undefined) {
      this.at += 2;
      return plain;
    }
    const length = character === 'u' ? 6 : 2;
    HEX4.lastIndex = this.at + 2;
    const hex = character === 'u' ? HEX4.exec(this.text)?.[0] : undefined;
    if (hex !== undefined) {
      this.at += length;
      return this.unit(Number.parseInt(hex, 16));
    }
    if (this.at + length > this.text.length) throw new Found('unexpected end of JSON input');
    const sequence = this.text.slice(this.at, this.at + length);
    throw new Found(`invalid escape sequence \`${sequence}\` in string`, this.at + length);
  }

  /** The bytes of an escaped character; one above the basic plane is two escapes. */
  private unit(code: number): string {
    if (code < 0xd800 || code > 0xdfff) return toByteText(String.fromCharCode(code));
    LOW_SURROGATE.lastIndex = this.at;
    const low = code < 0xdc00 ? LOW_SURROGATE.exec(this.text)?.[1] : undefined;
    if (low === undefined) return toByteText('\ufffd');
    this.at += 6;
    return toByteText(String.fromCharCode(code, Number.parseInt(low, 16)));
  }

  private number(): GoNumber {
    const start = this.at;
    if (this.peek() === '-') this.at++;
    if (this.peek() === '0') this.at++;
    else this.digits();
    if (this.peek() === '.') {
      this.at++;
      this.digits();
    }
    if (this.peek() === 'e' || this.peek() === 'E') {
      this.at++;
      if (this.peek() === '+' || this.peek() === '-') this.at++;
      this.digits();
    }
    return new GoNumber(this.text.slice(start, this.at));
  }

  private digits(): void {
    if (this.skip(DIGITS) === '') this.fail('in numeric literal');
  }

  private word([word, value]: readonly [string, GoValue]): GoValue {
    for (const wanted of word) {
      if (this.peek() !== wanted) this.fail(`in literal ${word} (expecting ${quoted(wanted)})`);
      this.at++;
    }
    return value;
  }
}

/** Bytes that a character has, by its first. */
function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Text whose bytes are UTF-8: what is not becomes the replacement character. */
function wellFormed(bytes: string): string {
  return toByteText(fromByteText(bytes));
}

/** A character as Go quotes it in an error. */
function quoted(character: string): string {
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  const code = character.charCodeAt(0);
  const short = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' }[code];
  if (short !== undefined) return `'\\${short}'`;
  if (code < 0x20 || code === 0x7f) return `'\\x${code.toString(16).padStart(2, '0')}'`;
  return character === '\\' ? String.raw`'\\'` : `'${character}'`;
}

const LINE_ENDS = /\u00e2\u0080[\u00a8\u00a9]/;
const NEEDS_GO = new RegExp(`[<>&]|${LINE_ENDS.source}|\\d{17}`);
const TO_ESCAPE = new RegExp(`[<>&]|${LINE_ENDS.source}`, 'g');
const STRINGS_AND_BIG = /"(?:[^"\\]|\\.)*"|-?\d{17,}/g;
const MAX_UINT64 = 2n ** 64n - 1n;
/** Stands before names that JavaScript would move to the front as numbers. Names are one character a byte, so it is in no name. */
const KEEPS_PLACE = '\ufdd0';
const INT64_END = 2n ** 63n;

/**
 * JSON as Go writes it: `<`, `>` and `&` escaped, and large whole numbers with all their digits. 2^63 and 2^64 are what the largest integers
 * of Go have become as numbers, and are written as those. `indent` spaces a level put each value on a line of its own.
 */
export function goJson(value: unknown, indent = 0): string {
  const marked = JSON.stringify(value, null, indent);
  const text = marked.includes(KEEPS_PLACE) ? marked.replaceAll(`"${KEEPS_PLACE}`, '"') : marked;
  return NEEDS_GO.test(text) ? text.replace(STRINGS_AND_BIG, goToken) : text;
}

/** A map as Go writes it: names in the order of their bytes. Only for `goJson`, which takes away what keeps numbers in place. */
export function goMap<T>(entries: Iterable<readonly [name: string, value: T]>): Record<string, T> {
  const sorted: Record<string, T> = Object.create(null);
  for (const [name, value] of [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    sorted[/^\d/.test(name) ? KEEPS_PLACE + name : name] = value;
  }
  return sorted;
}

function goToken(token: string): string {
  if (token.startsWith('"'))
    return token.replace(TO_ESCAPE, (found) => `\\u${fromByteText(found).charCodeAt(0).toString(16).padStart(4, '0')}`);
  const exact = BigInt(Number(token));
  if (exact > MAX_UINT64) return String(MAX_UINT64);
  return String(exact === INT64_END ? INT64_END - 1n : exact);
}

/** Reads the first value from `at` on. */
export function readGoJson(text: string, at = 0): GoReadResult {
  const reader = new Reader(text, at);
  try {
    const value = reader.value();
    return { ok: true, value, end: reader.at };
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    const { message, offset } = error;
    return { ok: false, error: offset === undefined ? { text: message } : { text: message, offset } };
  }
}

/** Where what is not blank begins. */
export function skipGoBlanks(text: string, at: number): number {
  BLANKS.lastIndex = at;
  return at + (BLANKS.exec(text)?.[0].length ?? 0);
}

/** What is wrong with anything at `at`, behind a whole value. */
export function goTrailingError(text: string, at: number): GoSyntaxError {
  const reader = new Reader(text, at);
  try {
    return reader.fail('after top-level value');
  } catch (error) {
    if (!(error instanceof Found)) throw error;
    return error.offset === undefined ? { text: error.message } : { text: error.message, offset: error.offset };
  }
}

/** What Go says of ordinary text that is not exactly one value, or undefined when it is one. */
export function goSyntaxError(text: string): GoSyntaxError | undefined {
  const bytes = toByteText(text);
  const error = singleValueError(bytes);
  return error === undefined ? undefined : { ...error, text: fromByteText(error.text) };
}

function singleValueError(bytes: string): GoSyntaxError | undefined {
  const read = readGoJson(bytes, skipGoBlanks(bytes, 0));
  if (!read.ok) return read.error;
  const end = skipGoBlanks(bytes, read.end);
  return end < bytes.length ? goTrailingError(bytes, end) : undefined;
}
