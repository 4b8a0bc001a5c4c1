/** Judges messages by a filter. Text is searched as bytes; JSON is walked, not parsed; both are done only when the filter asks. */
import { matchesSubject, type TapMessageBytes } from '@sluice/protocol';
import { readHeaderBlock } from '../../../components/payload-view/header-pairs.ts';
import { isCut } from '../../../components/payload-view/readable-message.ts';
import type { FilterField, FilterLiteral, FilterNode, FilterOperator } from './filter-ast.ts';
import { findJson } from './json-path.ts';

/** Says whether a message passes. */
export type MessageFilter = (message: TapMessageBytes) => boolean;

const decoder = new TextDecoder('utf-8');
const encoder = new TextEncoder();

/**
 * Turns a filter into a function; texts to find are encoded once. `serverText` is the text that the server already looks for in the
 * whole payload: a message whose payload was cut on the way here is taken at the server's word.
 */
export function compileFilter(node: FilterNode, serverText?: string): MessageFilter {
  switch (node.op) {
    case 'and':
    case 'or':
      return compilePair(node.op, compileFilter(node.left, serverText), compileFilter(node.right, serverText));
    case 'not': {
      const inner = compileFilter(node.node);
      return (message) => !inner(message);
    }
    case 'text': {
      const needle = encoder.encode(node.value);
      const isServers = node.value === serverText;
      return (message) =>
        containsBytes(message.payload, needle) || containsBytes(message.headers, needle) || (isServers && isCut(message));
    }
    case 'has':
      return compileHas(node.field);
    case 'compare':
      return compileCompare(node.field, node.operator, node.literal);
  }
}

function compilePair(op: 'and' | 'or', left: MessageFilter, right: MessageFilter): MessageFilter {
  return op === 'and' ? (message) => left(message) && right(message) : (message) => left(message) || right(message);
}

/** True when `needle` occurs in `haystack`; an empty needle always does. */
export function containsBytes(haystack: Uint8Array, needle: Uint8Array): boolean {
  const first = needle[0];
  if (first === undefined) return true;
  const last = haystack.length - needle.length;
  for (let at = haystack.indexOf(first); at >= 0 && at <= last; at = haystack.indexOf(first, at + 1)) {
    let length = 1;
    while (length < needle.length && haystack[at + length] === needle[length]) length++;
    if (length === needle.length) return true;
  }
  return false;
}

function compileHas(field: FilterField): MessageFilter {
  return (message) => valuesOf(field, message).some((value) => value.text !== '' && value.text !== 'null' && value.text !== '0');
}

function compileCompare(field: FilterField, operator: FilterOperator, literal: FilterLiteral): MessageFilter {
  if (field.kind === 'payload' && operator === 'contains') {
    const needle = encoder.encode(literal.value);
    return (message) => containsBytes(message.payload, needle);
  }
  // A field that is missing differs from everything, and is nothing else.
  if (operator === '!=') return (message) => !valuesOf(field, message).some((value) => compares(value, '==', literal));
  return (message) => valuesOf(field, message).some((value) => compares(value, operator, literal));
}

interface FieldValue {
  text: string;
  /** Numbers and JSON words are told apart from texts that look the same. */
  isText: boolean;
}

/** A header may occur several times, so a field has any number of values. */
function valuesOf(field: FilterField, message: TapMessageBytes): FieldValue[] {
  switch (field.kind) {
    case 'subject':
      return [{ text: decoder.decode(message.subject), isText: true }];
    case 'reply':
      return message.reply.length === 0 ? [] : [{ text: decoder.decode(message.reply), isText: true }];
    case 'payload':
      return [{ text: decoder.decode(message.payload), isText: true }];
    case 'size':
      return [{ text: String(message.sizeBytes), isText: false }];
    case 'cid':
      return [{ text: String(message.cid), isText: false }];
    case 'header':
      return headerValues(field.name, message);
    case 'json':
      return jsonValues(findJson(decoder.decode(message.payload), field.path));
  }
}

function headerValues(name: string, message: TapMessageBytes): FieldValue[] {
  if (message.headers.length === 0) return [];
  const wanted = name.toLowerCase();
  const { pairs } = readHeaderBlock(message.headers);
  return pairs.filter(([key]) => key.toLowerCase() === wanted).map(([, text]) => ({ text, isText: true }));
}

function jsonValues(raw: string | null): FieldValue[] {
  if (raw === null) return [];
  if (!raw.startsWith('"')) return [{ text: raw, isText: false }];
  return [{ text: raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1), isText: true }];
}

function compares(value: FieldValue, operator: FilterOperator, literal: FilterLiteral): boolean {
  switch (operator) {
    case 'contains':
      return value.text.includes(literal.value);
    case 'startsWith':
      return value.text.startsWith(literal.value);
    case 'endsWith':
      return value.text.endsWith(literal.value);
    case 'matches':
      return matchesSubject(value.text, literal.value);
    case '==':
      return isEqual(value, literal);
    case '!=':
      return !isEqual(value, literal);
    default:
      return isOrdered(compareNumbers(value.text, literal.value), operator);
  }
}

function isEqual(value: FieldValue, literal: FilterLiteral): boolean {
  if (literal.kind === 'text') return value.text === literal.value && value.isText;
  if (literal.kind === 'word') return value.text === literal.value && !value.isText;
  return compareNumbers(value.text, literal.value) === 0;
}

function isOrdered(order: number, operator: FilterOperator): boolean {
  switch (operator) {
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    default:
      return false;
  }
}

const INTEGER = /^-?\d{1,30}$/;

/** Sign of left - right; NaN when either is no number. Integers compare exactly, whatever their size. */
function compareNumbers(left: string, right: string): number {
  if (INTEGER.test(left) && INTEGER.test(right)) {
    const difference = BigInt(left) - BigInt(right);
    return difference === 0n ? 0 : difference > 0n ? 1 : -1;
  }
  if (left.trim() === '' || left.length > 64) return Number.NaN;
  return Math.sign(Number(left) - Number(right));
}
