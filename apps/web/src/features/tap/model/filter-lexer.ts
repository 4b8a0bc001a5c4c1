/** Cuts a filter into tokens, each with its place, so that a mistake can be pointed at. */

export type FilterTokenKind = 'text' | 'number' | 'name' | 'symbol' | 'end';

export interface FilterToken {
  kind: FilterTokenKind;
  /** Symbol or name as written; for a text its value without quotes. */
  value: string;
  start: number;
  end: number;
}

/** Where and why a filter is not one. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const SYMBOLS = ['&&', '||', '==', '!=', '>=', '<=', '>', '<', '!', '(', ')', '[', ']', '.'];
const NAME = /[\p{L}_$][\p{L}\p{N}_$-]*/uy;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** All tokens of `source`, closed by one of kind `end`. Throws FilterError. */
export function lexFilter(source: string): FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  while (at < source.length) {
    if (/\s/.test(source.charAt(at))) {
      at++;
      continue;
    }
    const token = readToken(source, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', value: '', start: source.length, end: source.length });
  return tokens;
}

function readToken(source: string, at: number): FilterToken {
  const first = source.charAt(at);
  if (first === '"' || first === "'") return readText(source, at, first);
  const number = matchAt(NUMBER, source, at);
  if (number !== null) return { kind: 'number', value: number, start: at, end: at + number.length };
  const name = matchAt(NAME, source, at);
  if (name !== null) return { kind: 'name', value: name, start: at, end: at + name.length };
  const symbol = SYMBOLS.find((candidate) => source.startsWith(candidate, at));
  if (symbol === undefined) throw new FilterError(`unexpected ${first}`, at);
  return { kind: 'symbol', value: symbol, start: at, end: at + symbol.length };
}

function matchAt(pattern: RegExp, source: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? null;
}

function readText(source: string, at: number, quote: string): FilterToken {
  let value = '';
  let index = at + 1;
  while (index < source.length && source.charAt(index) !== quote) {
    if (source.charAt(index) === '\\' && index + 1 < source.length) index++;
    value += source.charAt(index);
    index++;
  }
  if (index >= source.length) throw new FilterError('a text in quotes is not closed', at);
  return { kind: 'text', value, start: at, end: index + 1 };
}
