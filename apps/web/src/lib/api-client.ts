/**
 * The one way to the REST API: adds the CSRF token, encodes queries, turns every failure into an `ApiFailure` that says what was
 * wrong in words. A stale CSRF token is renewed once without the page noticing; an ended session is announced to the shell.
 */
import {
  type ApiError,
  type ApiErrorCode,
  type ApiErrorDetails,
  type ApiFieldError,
  CSRF_HEADER,
  type SessionInfo,
} from '@sluice/protocol/console';

/** A failure of the API, or `unreachable` when no answer came at all. */
export type ClientFailureCode = ApiErrorCode | 'unreachable';

/** What a refused or failed request says; thrown by `apiRequest`. */
export class ApiFailure extends Error {
  readonly code: ClientFailureCode;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly fields: readonly ApiFieldError[];
  readonly retryAfterMs: number | null;
  /** What JetStream refused with, what a compare-and-set lost to. */
  readonly details: ApiErrorDetails;
  /** Finds the failure in the server's log; empty when no answer came. */
  readonly requestId: string;

  constructor(code: ClientFailureCode, status: number, detail: Omit<ApiError['error'], 'code'>) {
    super(detail.message);
    this.name = 'ApiFailure';
    this.code = code;
    this.status = status;
    this.fields = detail.fields ?? [];
    this.retryAfterMs = detail.retryAfterMs ?? null;
    this.details = detail.details ?? {};
    this.requestId = detail.requestId;
  }
}

/** Values a query string may hold; undefined and empty strings are left out. */
export type QueryValues = Readonly<Record<string, string | number | boolean | undefined>>;

export interface ApiRequestOptions {
  readonly query?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

let csrfToken = '';
let onSessionEnd: () => void = () => undefined;

/** Keeps the token of the session for requests that change something. */
export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** The token as a header, for requests that are not sent by `apiRequest`. */
export function csrfHeader(): readonly [name: string, value: string] {
  return [CSRF_HEADER, csrfToken];
}

/** The failure that an answer of this status and body stands for. */
export function failureOfAnswer(status: number, body: string): ApiFailure {
  return failureOf(status, body);
}

/** Called once whenever the server says that nobody is logged in. */
export function onUnauthenticated(listener: () => void): void {
  onSessionEnd = listener;
}

/** Sends a request to `/api…` and resolves with the body of the answer; throws `ApiFailure` for everything that is not 2xx. */
export async function apiRequest<Answer>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  options: ApiRequestOptions = {},
): Promise<Answer> {
  try {
    return await send<Answer>(method, path, options);
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    if (error.code === 'csrf') {
      const session = await send<SessionInfo>('GET', '/api/session', {});
      csrfToken = session.csrfToken;
      return await send<Answer>(method, path, options);
    }
    if (error.code === 'unauthenticated' && path !== '/api/session') onSessionEnd();
    throw error;
  }
}

/** `GET` with a query. */
export function apiGet<Answer>(path: string, query?: object, signal?: AbortSignal): Promise<Answer> {
  return apiRequest<Answer>('GET', path, {
    ...(query === undefined ? {} : { query }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A question that nobody answers for so long has failed; whatever changes something is waited for. */
const READ_TIMEOUT_MS = 20_000;

async function send<Answer>(method: string, path: string, options: ApiRequestOptions): Promise<Answer> {
  const headers = new Headers({ accept: 'application/json' });
  if (method !== 'GET') headers.set(CSRF_HEADER, csrfToken);
  if (options.body !== undefined) headers.set('content-type', 'application/json');
  const timeout = method === 'GET' ? AbortSignal.timeout(READ_TIMEOUT_MS) : undefined;
  const signals = [options.signal, timeout].filter((signal) => signal !== undefined);
  let response: Response;
  let text: string;
  try {
    response = await fetch(withQuery(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
    });
    text = await response.text();
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    if (timeout?.aborted === true) {
      const message = `The console’s server took longer than ${READ_TIMEOUT_MS / 1000} s to answer.`;
      throw new ApiFailure('timeout', 0, { message, requestId: '' });
    }
    throw new ApiFailure('unreachable', 0, { message: 'The console’s server does not answer.', requestId: '' });
  }
  if (!response.ok) throw failureOf(response.status, text);
  // The server's answers have the shapes of @sluice/protocol/console; both sides compile against the same types.
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/** `path?name=value…`; undefined, null and empty values are left out. */
export function withQuery(path: string, query: object | undefined): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') pairs.set(name, String(value));
  }
  const text = pairs.toString();
  return text === '' ? path : `${path}?${text}`;
}

function failureOf(status: number, text: string): ApiFailure {
  try {
    const { error } = JSON.parse(text) as ApiError;
    if (typeof error.message === 'string') return new ApiFailure(error.code, status, error);
  } catch {
    return new ApiFailure('internal', status, { message: `The server answered ${status} without a reason.`, requestId: '' });
  }
  return new ApiFailure('internal', status, { message: `The server answered ${status}.`, requestId: '' });
}

/** What to show for any thrown value: the API's own sentence, or a plain one. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.';
}
