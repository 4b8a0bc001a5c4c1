/** A request to the API, and what its handlers are made of. Each verb has a file of its own; `table.ts` lists them. */
import { type ApiError, apiError, decodeRequest, type Fields, type JsonObject, parseJson } from '@sluice/protocol/jetstream';
import type { JsAccount } from '../js-account.ts';

export interface ApiRequest {
  readonly subject: string;
  /** Tokens of the subject behind `$JS.API`. */
  readonly tokens: readonly string[];
  readonly reply: string;
  readonly headers: Uint8Array;
  readonly body: Uint8Array;
  readonly cid: number;
  /** Unknown fields are errors. */
  readonly isStrict: boolean;
}

/** What a handler says. Fields of an error are those that Go shows with their zero values. */
export type ApiAnswer =
  | {
      readonly ok: true;
      readonly fields: JsonObject;
      /** A header block for the reply. */
      readonly headers?: Buffer;
      /** Reads of single messages are neither counted nor told. */
      readonly isQuiet?: boolean;
      /** What follows once the answer is out. */
      readonly afterwards?: () => void;
    }
  | { readonly ok: false; readonly error: ApiError; readonly isQuiet?: boolean }
  /** No answer now; the handler gives it later. */
  | 'later';

export interface ApiVerb {
  /** `io.nats.jetstream.api.v1.<type>_response`. */
  readonly type: string;
  /** Fields that an error answer has besides the error. */
  readonly zeros?: JsonObject;
  /** Rules that come before those on the API level and on the account. */
  readonly before?: (request: ApiRequest) => ApiError | undefined;
  answer(request: ApiRequest, js: JsAccount): ApiAnswer;
}

export const failed = (error: ApiError): ApiAnswer => ({ ok: false, error });

export const paged: JsonObject = { total: 0, offset: 0, limit: 0 };

/** Pages of names and of descriptions. */
export const NAMES_LIMIT = 1024;
export const LIST_LIMIT = 256;

/** True when the body begins like an object or a list; anything else counts as no body where one is optional. */
export function isJson(body: Uint8Array): boolean {
  for (const byte of body) {
    if (byte === 32 || byte === 9 || byte === 10 || byte === 13) continue;
    return byte === 123 || byte === 91;
  }
  return false;
}

/** True for no body, and for an empty object. */
export function isEmpty(body: Uint8Array): boolean {
  if (body.length === 0) return true;
  const parsed = parseJson(body);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) return false;
  return Object.keys(parsed.value).length === 0;
}

export type Decoded =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly answer: ApiAnswer; readonly error: ApiError };

/** Decodes the body; a wrong one is the answer already. */
export function decodeBody(request: ApiRequest, fields: Fields): Decoded {
  const decoded = decodeRequest(request.body, fields, request.isStrict);
  if (decoded.ok) return decoded;
  const place = decoded.offset === undefined ? '' : ` at offset ${decoded.offset}`;
  const error = apiError('invalidJSON', { err: `${decoded.error}${place}` });
  return { ok: false, error, answer: failed(error) };
}

/** Decodes a body that may be left out. */
export function decodeOptional(request: ApiRequest, fields: Fields): Decoded {
  return isJson(request.body) ? decodeBody(request, fields) : { ok: true, value: {} };
}

/** A number of a decoded request; 0 when it was not given. */
export function numberOf(value: JsonObject, name: string): number {
  const given = value[name];
  return typeof given === 'number' ? given : 0;
}

/** A text of a decoded request; empty when it was not given. */
export function textOf(value: JsonObject, name: string): string {
  const given = value[name];
  return typeof given === 'string' ? given : '';
}

/** One page of `items`: from the offset on, at most `limit`. */
export function pageOf<T>(items: readonly T[], offset: number, limit: number): { page: readonly T[]; head: JsonObject } {
  const from = Math.min(Math.max(0, offset), items.length);
  return { page: items.slice(from, from + limit), head: { total: items.length, offset: from, limit } };
}

/** Sorts names as Go does: by bytes. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
