/**
 * Pretty JSON as lines that point into the original text. Nothing is parsed into values: a line is a depth, a slice for the key and
 * a slice for the value, so big integers stay exact and 10 MB of JSON costs about 17 bytes a line.
 */
import type { DisplayLine, LineSource, LineToken, TokenKind } from './display-line.ts';
import { escapeControl } from './escape-control.ts';
import { GrowableUint32 } from './growable-uint32.ts';
import { endOfFlat, endOfScalar, endOfString, JsonScanError, skipSpace } from './json-scan.ts';

/** Deeper nesting is refused: the text view still shows it. */
export const JSON_MAX_DEPTH = 512;
/** More lines are not built; the last line says how much is missing. */
export const JSON_MAX_LINES = 2_000_000;
/** A flat container inside an array stays on one line up to this many characters. */
const INLINE_MAX_CHARS = 76;
/** A single value is cut on screen after this many characters; the text view has it whole. */
const VALUE_MAX_CHARS = 2000;

const COMMA_BIT = 1;
const DEPTH_SHIFT = 1;

export type JsonLinesResult = { ok: true; lines: LineSource } | { ok: false; message: string; at: number };

/**
 * Lays `text` out as indented JSON, or says where it is not JSON. Time is linear in its length. With `isCut` the text is the head of
 * something longer: what could be read of it is shown, as long as it starts an object or a list.
 */
export function layOutJson(text: string, isCut = false): JsonLinesResult {
  const walk = new JsonWalk(text);
  try {
    walk.run();
    return { ok: true, lines: walk };
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error;
    if (isCut && walk.isOpen) return { ok: true, lines: walk };
    return { ok: false, message: error.message, at: error.at };
  }
}

class JsonWalk implements LineSource {
  readonly #text: string;
  /** Per line: depth and comma bit, key start, key end, value start, value end. */
  readonly #fields = new GrowableUint32(1024);
  readonly #stack: ('{' | '[')[] = [];
  #keyStart = 0;
  #keyEnd = 0;
  #cutAt = -1;

  constructor(text: string) {
    this.#text = text;
  }

  get count(): number {
    return this.#fields.length / 5 + (this.#cutAt >= 0 ? 1 : 0);
  }

  /** True while a container waits for its end: the text stopped inside it. */
  get isOpen(): boolean {
    return this.#stack.length > 0 && this.#fields.length > 5;
  }

  line(index: number): DisplayLine {
    const label = String(index + 1);
    if (this.#cutAt >= 0 && index === this.count - 1) {
      const rest = (this.#text.length - this.#cutAt).toLocaleString('en');
      return { label: '', tokens: [{ kind: 'more', text: `… ${rest} more characters; the Text tab has them` }] };
    }
    const at = index * 5;
    const bits = this.#fields.at(at);
    const tokens: LineToken[] = [];
    const depth = bits >>> DEPTH_SHIFT;
    if (depth > 0) tokens.push({ kind: 'plain', text: '  '.repeat(depth) });
    const keyEnd = this.#fields.at(at + 2);
    if (keyEnd > 0) {
      tokens.push(cutToken('key', this.#text.slice(this.#fields.at(at + 1), keyEnd)), { kind: 'punctuation', text: ': ' });
    }
    pushValueTokens(tokens, this.#text, this.#fields.at(at + 3), this.#fields.at(at + 4));
    if ((bits & COMMA_BIT) !== 0) tokens.push({ kind: 'punctuation', text: ',' });
    return { label, tokens };
  }

  run(): void {
    let at = this.#readValue(skipSpace(this.#text, 0));
    while (this.#stack.length > 0 && this.#cutAt < 0) at = this.#readMember(at);
    if (this.#cutAt >= 0) return;
    at = skipSpace(this.#text, at);
    if (at < this.#text.length) throw new JsonScanError('something follows the JSON value', at);
  }

  /** One step inside the innermost container: its end, or the next member. */
  #readMember(from: number): number {
    const text = this.#text;
    let at = skipSpace(text, from);
    const open = this.#stack.at(-1);
    const isFirst = this.#wasOpenLine;
    if (text[at] === (open === '{' ? '}' : ']')) {
      this.#stack.pop();
      this.#emit(at, at + 1);
      return at + 1;
    }
    if (!isFirst) {
      if (text[at] !== ',') throw new JsonScanError(`expected a comma or ${open === '{' ? '}' : ']'}`, at);
      this.#markComma();
      at = skipSpace(text, at + 1);
    }
    if (open === '{') at = this.#readKey(at);
    return this.#readValue(at);
  }

  #readKey(at: number): number {
    if (this.#text[at] !== '"') throw new JsonScanError('expected a key in quotes', at);
    const end = endOfString(this.#text, at);
    this.#keyStart = at;
    this.#keyEnd = end;
    const colon = skipSpace(this.#text, end);
    if (this.#text[colon] !== ':') throw new JsonScanError('expected a colon after the key', colon);
    return skipSpace(this.#text, colon + 1);
  }

  #wasOpenLine = false;

  #readValue(at: number): number {
    const first = this.#text[at];
    if (first !== '{' && first !== '[') {
      const end = endOfScalar(this.#text, at);
      this.#emit(at, end);
      return end;
    }
    const flatEnd = this.#inlineEnd(at, first);
    if (flatEnd > 0) {
      this.#emit(at, flatEnd);
      return flatEnd;
    }
    this.#emit(at, at + 1);
    if (this.#stack.length >= JSON_MAX_DEPTH) throw new JsonScanError(`nested deeper than ${JSON_MAX_DEPTH} levels`, at);
    this.#stack.push(first);
    this.#wasOpenLine = true;
    return at + 1;
  }

  #inlineEnd(at: number, open: '{' | '['): number {
    const end = endOfFlat(this.#text, at, INLINE_MAX_CHARS);
    if (end < 0) return -1;
    const isEmpty = skipSpace(this.#text, at + 1) === end - 1;
    const isInArray = this.#stack.at(-1) === '[';
    return isEmpty || (this.#stack.length > 0 && (open === '[' || isInArray)) ? end : -1;
  }

  #emit(valueStart: number, valueEnd: number): void {
    if (this.#fields.length / 5 >= JSON_MAX_LINES) {
      this.#cutAt = valueStart;
      return;
    }
    this.#fields.push(this.#stack.length << DEPTH_SHIFT);
    this.#fields.push(this.#keyStart);
    this.#fields.push(this.#keyEnd);
    this.#fields.push(valueStart);
    this.#fields.push(valueEnd);
    this.#keyStart = 0;
    this.#keyEnd = 0;
    this.#wasOpenLine = false;
  }

  #markComma(): void {
    const at = this.#fields.length - 5;
    this.#fields.set(at, this.#fields.at(at) | COMMA_BIT);
  }
}

function cutToken(kind: TokenKind, raw: string): LineToken {
  if (raw.length <= VALUE_MAX_CHARS) return { kind, text: escapeControl(raw) };
  const rest = (raw.length - VALUE_MAX_CHARS).toLocaleString('en');
  return { kind, text: `${escapeControl(raw.slice(0, VALUE_MAX_CHARS))}… (${rest} more characters; the Text tab has them)` };
}

function kindOfScalar(first: string | undefined): TokenKind {
  if (first === '"') return 'string';
  return first === 't' || first === 'f' || first === 'n' ? 'literal' : 'number';
}

/** Tokens of one value, white space normalised: `{ "a": 1, "b": 2 }`, `[1, 2]`. */
function pushValueTokens(tokens: LineToken[], text: string, start: number, end: number): void {
  const first = text[start];
  if (first === undefined || !'{[}]'.includes(first)) {
    tokens.push(cutToken(kindOfScalar(first), text.slice(start, end)));
    return;
  }
  if (end - start === 1) {
    tokens.push({ kind: 'punctuation', text: first });
    return;
  }
  pushFlatTokens(tokens, text, start, end);
}

function pushFlatTokens(tokens: LineToken[], text: string, start: number, end: number): void {
  const isObject = text[start] === '{';
  let at = skipSpace(text, start + 1);
  if (at === end - 1) {
    tokens.push({ kind: 'punctuation', text: isObject ? '{}' : '[]' });
    return;
  }
  tokens.push({ kind: 'punctuation', text: isObject ? '{ ' : '[' });
  while (at < end - 1) {
    const mark = text[at];
    if (mark === ',' || mark === ':') {
      tokens.push({ kind: 'punctuation', text: `${mark} ` });
      at = skipSpace(text, at + 1);
      continue;
    }
    const scalarEnd = endOfScalar(text, at);
    const next = skipSpace(text, scalarEnd);
    const isKey = isObject && text[next] === ':';
    tokens.push(cutToken(isKey ? 'key' : kindOfScalar(mark), text.slice(at, scalarEnd)));
    at = next;
  }
  tokens.push({ kind: 'punctuation', text: isObject ? ' }' : ']' });
}
