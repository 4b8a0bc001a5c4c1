/**
 * An expected refusal of an API request. Handlers throw it; the error plugin, at the border, turns it into a status and the
 * error body of the protocol.
 */
import type { ApiErrorCode, ApiErrorDetails, ApiFieldError } from '@sluice/protocol/console';

const statuses: Readonly<Record<ApiErrorCode, number>> = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  csrf: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  too_many_attempts: 429,
  unavailable: 503,
  timeout: 504,
  internal: 500,
};

export class HttpFailure extends Error {
  readonly code: ApiErrorCode;
  readonly fields: readonly ApiFieldError[] | undefined;
  readonly retryAfterMs: number | undefined;
  readonly details: ApiErrorDetails | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    more: { fields?: readonly ApiFieldError[]; retryAfterMs?: number; details?: ApiErrorDetails } = {},
  ) {
    super(message);
    this.name = 'HttpFailure';
    this.code = code;
    this.fields = more.fields;
    this.retryAfterMs = more.retryAfterMs;
    this.details = more.details;
  }

  get status(): number {
    return statuses[this.code];
  }
}

/** True for what may work later: nobody answered, or nothing can be stored at the moment. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof HttpFailure && (error.code === 'unavailable' || error.code === 'timeout');
}

/** One thing wrong in the body, as a failure. */
export function badField(path: string, message: string, part: ApiFieldError['in'] = 'body'): HttpFailure {
  return new HttpFailure('bad_request', `${part} ${path}: ${message}`, { fields: [{ in: part, path, message }] });
}
