/**
 * Reads a tap filter. Two forms: plain words are a text to find in payload or headers; anything with an operator is an expression,
 * `json.total > 100 && header["Region"] != "test"`. There is no way to run code in it, and its cost is linear in the message.
 */
import {
  FILTER_MAX_CHARS,
  FILTER_MAX_DEPTH,
  type FilterField,
  type FilterLiteral,
  type FilterNode,
  type FilterOperator,
  filterOperators,
} from './filter-ast.ts';
import { FilterError, type FilterToken, lexFilter } from './filter-lexer.ts';

export type FilterResult = { ok: true; node: FilterNode | null } | { ok: false; message: string; at: number };

const EXPRESSION_MARK = /[=!<>&|()"'[\]]|\b(?:contains|startsWith|endsWith|matches)\b|^\s*(?:json|header)\.|^\s*(?:reply)\s*$/;
const PLAIN_FIELDS = ['subject', 'reply', 'payload', 'size', 'cid'] as const;

/** `source` as a filter; `node` is null when it is blank. Never throws for bad input. */
export function parseFilter(source: string): FilterResult {
  const text = source.trim();
  if (text === '') return { ok: true, node: null };
  if (text.length > FILTER_MAX_CHARS) {
    return { ok: false, message: `at most ${FILTER_MAX_CHARS} characters`, at: FILTER_MAX_CHARS };
  }
  if (!EXPRESSION_MARK.test(text)) return { ok: true, node: { op: 'text', value: text } };
  try {
    return { ok: true, node: new FilterParser(lexFilter(source)).parse() };
  } catch (error) {
    if (error instanceof FilterError) return { ok: false, message: error.message, at: error.at };
    throw error;
  }
}

class FilterParser {
  readonly #tokens: readonly FilterToken[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly FilterToken[]) {
    this.#tokens = tokens;
  }

  parse(): FilterNode {
    const node = this.#or();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw new FilterError(`expected && or || before ${rest.value}`, rest.start);
    return node;
  }

  #or(): FilterNode {
    let left = this.#and();
    while (this.#take('||')) left = { op: 'or', left, right: this.#and() };
    return left;
  }

  #and(): FilterNode {
    let left = this.#unary();
    while (this.#take('&&')) left = { op: 'and', left, right: this.#unary() };
    return left;
  }

  #unary(): FilterNode {
    this.#depth++;
    if (this.#depth > FILTER_MAX_DEPTH) throw new FilterError(`nested deeper than ${FILTER_MAX_DEPTH}`, this.#peek().start);
    const node = this.#primary();
    this.#depth--;
    return node;
  }

  #primary(): FilterNode {
    if (this.#take('!')) return { op: 'not', node: this.#unary() };
    if (this.#take('(')) {
      const node = this.#or();
      this.#must(')');
      return node;
    }
    const token = this.#peek();
    if (token.kind === 'text') {
      this.#at++;
      if (token.value === '') throw new FilterError('an empty text finds nothing', token.start);
      return { op: 'text', value: token.value };
    }
    return this.#comparison();
  }

  #comparison(): FilterNode {
    const field = this.#field();
    const token = this.#peek();
    const operator = filterOperators.find((candidate) => candidate === token.value && token.kind !== 'text');
    if (operator === undefined) return { op: 'has', field };
    this.#at++;
    return { op: 'compare', field, operator, literal: this.#literal(field, operator) };
  }

  #field(): FilterField {
    const token = this.#peek();
    this.#at++;
    const plain = PLAIN_FIELDS.find((kind) => kind === token.value);
    if (token.kind === 'name' && plain !== undefined) return { kind: plain };
    if (token.kind === 'name' && token.value === 'json') return { kind: 'json', path: this.#path() };
    if (token.kind === 'name' && token.value === 'header') return { kind: 'header', name: this.#headerName(token) };
    if (token.kind === 'end') throw new FilterError('the filter ends too early', token.start);
    throw new FilterError(`${token.value} is no field: use subject, reply, payload, size, cid, json or header`, token.start);
  }

  #headerName(token: FilterToken): string {
    const [name, ...rest] = this.#path();
    if (typeof name !== 'string' || rest.length > 0) throw new FilterError('write header["Name"]', token.start);
    return name;
  }

  /** `.name`, `["name"]` and `[0]`, any number of them. */
  #path(): (string | number)[] {
    const path: (string | number)[] = [];
    for (;;) {
      if (this.#take('.')) {
        const token = this.#next();
        if (token.kind !== 'name' && token.kind !== 'number') throw new FilterError('expected a name after the dot', token.start);
        path.push(token.value);
      } else if (this.#take('[')) {
        const token = this.#next();
        if (token.kind === 'text') path.push(token.value);
        else if (token.kind === 'number' && /^\d{1,7}$/.test(token.value)) path.push(Number(token.value));
        else throw new FilterError('expected a name in quotes or a position', token.start);
        this.#must(']');
      } else {
        return path;
      }
    }
  }

  #literal(field: FilterField, operator: FilterOperator): FilterLiteral {
    const token = this.#next();
    if (operator === 'matches' && field.kind !== 'subject' && field.kind !== 'reply') {
      throw new FilterError('matches compares subjects: subject matches "orders.*"', token.start);
    }
    if (token.kind === 'text' || token.kind === 'number') return { kind: token.kind, value: token.value };
    if (token.kind === 'name' && ['true', 'false', 'null'].includes(token.value)) return { kind: 'word', value: token.value };
    throw new FilterError('expected a text in quotes, a number, true, false or null', token.start);
  }

  #peek(): FilterToken {
    return this.#tokens[this.#at] ?? { kind: 'end', value: '', start: 0, end: 0 };
  }

  #next(): FilterToken {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  #take(symbol: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'symbol' || token.value !== symbol) return false;
    this.#at++;
    return true;
  }

  #must(symbol: string): void {
    if (!this.#take(symbol)) throw new FilterError(`expected ${symbol}`, this.#peek().start);
  }
}
