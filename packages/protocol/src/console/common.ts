/**
 * What every resource of the console's API shares: roles, paging, errors, sentences. The API validates requests with the
 * schemas in `schemas/`; the browser needs only the types here. Times are milliseconds since the Unix epoch and end in `AtMs`;
 * `null` always means "not known", never zero.
 */

import type { ApiErrorDetails } from './jetstream.ts';

/** Roles in rising order: each may do what the ones before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** True when `role` may do what `needed` asks for. */
export function roleAllows(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

export type SortOrder = 'asc' | 'desc';

/** Paging and sorting of every list. `sort` takes the field names each list documents. */
export interface PageQuery {
  /** From 0. */
  offset?: number;
  /** 1 to 500, default 100. */
  limit?: number;
  sort?: string;
  order?: SortOrder;
  /** Free text; each list says which fields it looks at. At most 256 characters. */
  q?: string;
}

/** One page of a list. `total` counts what the filters matched, not the page. */
export interface Page<Item> {
  items: Item[];
  total: number;
  offset: number;
  limit: number;
}

export const PAGE_LIMIT_MAX = 500;
export const PAGE_LIMIT_DEFAULT = 100;

/**
 * Why a request failed. `unauthenticated` → log in again. `csrf` → the token is old: read `GET /api/session` again.
 * `unavailable` → the broker does not answer or lacks the service; `broker` says its state.
 */
export const apiErrorCodes = [
  'bad_request',
  'unauthenticated',
  'forbidden',
  'csrf',
  'not_found',
  'conflict',
  'too_large',
  'too_many_attempts',
  'unavailable',
  'timeout',
  'internal',
] as const;
export type ApiErrorCode = (typeof apiErrorCodes)[number];

/** One thing wrong in a request, and where: `in: body, path: /headers/2/0`. */
export interface ApiFieldError {
  in: 'body' | 'query' | 'params' | 'headers';
  /** JSON pointer inside that part; empty for the whole. */
  path: string;
  message: string;
}

/** The body of every answer with a status of 400 or more. */
export interface ApiError {
  error: {
    code: ApiErrorCode;
    /** A sentence for people. */
    message: string;
    fields?: ApiFieldError[];
    /** Set with `too_many_attempts`: wait at least this long. */
    retryAfterMs?: number;
    details?: ApiErrorDetails;
    /** Finds this failure in the server's log. */
    requestId: string;
  };
}

/** A piece of a sentence, so that the page can tint subjects and link names. */
export type SentencePart =
  | { kind: 'text'; value: string }
  | { kind: 'name'; value: string }
  | { kind: 'subject'; value: string }
  | { kind: 'number'; value: string };

/** Where a sentence leads: a page of the console and the state of its URL. */
export interface ConsoleLink {
  label: string;
  to:
    | '/'
    | '/connections'
    | '/subjects'
    | '/subscriptions'
    | '/tap'
    | '/streams'
    | '/consumers'
    | '/workbench'
    | '/auth-failures'
    | '/config'
    | '/audit'
    | '/settings';
  search: Record<string, string>;
}

/** Text or bytes in JSON: `base64` where the bytes are not valid UTF-8. */
export interface EncodedPayload {
  encoding: 'utf8' | 'base64';
  payload: string;
}
