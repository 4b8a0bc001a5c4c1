/** What a service's silence or refusal means to whoever asked over HTTP. */
import { HttpFailure } from '../http-failure.ts';
import type { ServiceAnswer, ServiceError } from './nats-context.ts';

/** The value of an answer; a failure becomes 503, 504 or, where the server refused what was asked, 400. */
export function mustAnswer<T>(answer: ServiceAnswer<T>): T {
  if (answer.ok) return answer.value;
  throw serviceFailure(answer.error);
}

export function serviceFailure(error: ServiceError): HttpFailure {
  switch (error.kind) {
    case 'no_responders':
      return new HttpFailure('unavailable', error.message);
    case 'timeout':
      return new HttpFailure('timeout', error.message);
    case 'disconnected':
      return new HttpFailure('unavailable', 'the broker cannot be reached at the moment');
    case 'refused':
      return new HttpFailure('bad_request', error.message);
  }
}
