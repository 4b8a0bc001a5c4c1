/** What JetStream's refusals mean to whoever asked over HTTP: a status, the server's own words, and its error code. */
import type { ApiErrorCode } from '@sluice/protocol/console';
import { apiErrors } from '@sluice/protocol/jetstream';
import { HttpFailure } from '../../http-failure.ts';
import { type JsonRecord, numberAt, stringAt } from '../json-fields.ts';

/** An answer of the API that refuses. */
export interface JsError {
  readonly code: number;
  readonly errCode: number;
  readonly description: string;
}

export const jsCodes = {
  streamNotFound: apiErrors.streamNotFound[1],
  consumerNotFound: apiErrors.consumerNotFound[1],
  noMessageFound: apiErrors.noMessageFound[1],
  notEnabled: apiErrors.notEnabled[1],
  notEnabledForAccount: apiErrors.notEnabledForAccount[1],
  wrongLastSequence: apiErrors.streamWrongLastSequence[1],
  wrongLastSequenceConstant: apiErrors.streamWrongLastSequenceConstant[1],
} as const;

const conflicts: ReadonlySet<number> = new Set([
  apiErrors.consumerNameExist[1],
  apiErrors.streamNameExist[1],
  apiErrors.streamSubjectOverlap[1],
  apiErrors.streamWrongLastSequence[1],
  apiErrors.consumerExistingActive[1],
  apiErrors.consumerAlreadyExists[1],
  // A limit of the stream stands against it.
  apiErrors.streamStoreFailed[1],
]);

export function readJsError(error: JsonRecord): JsError {
  return {
    code: numberAt(error, 'code'),
    errCode: numberAt(error, 'err_code'),
    description: stringAt(error, 'description', 'the server refused it'),
  };
}

/** A refusal as a failure of the request, with the code in its details. */
export function jsFailure(error: JsError): HttpFailure {
  return new HttpFailure(statusOf(error), `${error.description} (JetStream ${error.errCode})`, {
    details: { jetstream: { code: error.code, errCode: error.errCode, description: error.description } },
  });
}

function statusOf({ code, errCode }: JsError): ApiErrorCode {
  if (conflicts.has(errCode)) return 'conflict';
  if (code === 404) return 'not_found';
  if (code === 503) return 'unavailable';
  return 'bad_request';
}
