/** What became of a traced message in a stream, in the words of nats-server's trace events. Source: server/stream.go processJetStreamMsg. */
import { type ApiError, jsHeaders } from '@sluice/protocol/jetstream';
import type { TracedStep } from '../../routing/route-trace.ts';
import { headerValue } from '../header-text.ts';

/** What a stream says of a message: the subject it goes under, whether anybody is interested, and what is wrong. */
export interface TraceOutcome {
  readonly subject?: string;
  readonly isUnwanted?: boolean;
  readonly error?: string;
}

/** What a stream tells the trace of a message. */
export function traceStep(stream: string, { subject, isUnwanted, error }: TraceOutcome): TracedStep {
  return {
    type: 'js',
    stream,
    ...(subject === undefined ? {} : { subject }),
    ...(isUnwanted === true ? { nointerest: true } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

/** A refusal: the trace tells it in other words than the answer does. `headers` are those of the refused message. */
export function refusalWords({ err_code: code, description }: ApiError, headers: string): string {
  const last = description.slice(description.lastIndexOf(' ') + 1);
  switch (code) {
    case 10071: {
      const bySubject = headerValue(headers, jsHeaders.expectedLastSubjectSeq);
      if (bySubject !== undefined) return `last sequence by subject mismatch: ${bySubject} vs ${last}`;
      return `last sequence mismatch: ${headerValue(headers, jsHeaders.expectedLastSeq) ?? ''} vs ${last}`;
    }
    case 10070:
      return `last msgid mismatch: ${JSON.stringify(headerValue(headers, jsHeaders.expectedLastMsgId) ?? '')} vs ${JSON.stringify(last)}`;
    case 10054:
      return 'maximum payload exceeded';
    case 10060:
    case 10077:
    case 10111:
      return description;
    default:
      return `${description} (${code})`;
  }
}
