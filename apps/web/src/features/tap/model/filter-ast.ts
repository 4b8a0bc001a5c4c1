/** What a tap filter can say. Made by filter-parser.ts, judged by filter-match.ts, pushed to the server by filter-server.ts. */
import type { JsonPath } from './json-path.ts';

export type FilterField =
  | { kind: 'subject' | 'reply' | 'payload' | 'size' | 'cid' }
  | { kind: 'header'; name: string }
  | { kind: 'json'; path: JsonPath };

export const filterOperators = ['==', '!=', '>=', '<=', '>', '<', 'contains', 'startsWith', 'endsWith', 'matches'] as const;
export type FilterOperator = (typeof filterOperators)[number];

/** A literal; numbers keep their spelling, so that 64-bit integers compare exactly. */
export type FilterLiteral = { kind: 'text'; value: string } | { kind: 'number'; value: string } | { kind: 'word'; value: string };

export type FilterNode =
  | { op: 'and' | 'or'; left: FilterNode; right: FilterNode }
  | { op: 'not'; node: FilterNode }
  /** Payload or headers contain this text. */
  | { op: 'text'; value: string }
  /** The field is there and not empty. */
  | { op: 'has'; field: FilterField }
  | { op: 'compare'; field: FilterField; operator: FilterOperator; literal: FilterLiteral };

/** Longest filter, in characters. */
export const FILTER_MAX_CHARS = 1000;
/** Deepest nesting of parentheses and `!`. */
export const FILTER_MAX_DEPTH = 32;
