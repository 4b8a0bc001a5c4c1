// hot path
/**
 * A publish becomes a stored message. Plain messages go straight into the store's append buffer; whatever has headers, or a stream
 * that does more than store, takes the longer way. Nothing is published from here: acknowledgements wait in `PubAcks`.
 */
import { knownHeaders } from '@sluice/protocol';
import { type ApiError, apiError, goJson, jsHeaders } from '@sluice/protocol/jetstream';
import type { Match } from '../../routing/match.ts';
import type { Message } from '../../routing/message.ts';
import type { RouteTrace, TracedStep } from '../../routing/route-trace.ts';
import type { Subscriber } from '../../routing/subscriber.ts';
import type { Subscription } from '../../routing/subscription.ts';
import { headerValue, withHeaderSet, withoutHeader } from '../header-text.ts';
import { Draft, RecordFlag } from '../store/record.ts';
import { AppendRefusal } from '../store/store.ts';
import { FilterSet } from '../store/subject-filter.ts';
import { applyIncrement } from './counter.ts';
import { type Accepted, checkPublish } from './publish-rules.ts';
import type { Stream } from './stream.ts';
import { refusalWords, traceStep } from './trace-step.ts';
import { NEVER, parseTtl } from './ttl.ts';

const MAX_HEADER_BYTES = 65_535;
const STORE_FAILED = 10077;
/** Destination of a trace that must not be told again when a stored message is delivered. */
const TRACE_DISABLED = 'trace disabled';

/** A publish on the longer way. */
export interface Publish {
  readonly subject: string;
  readonly headers: string;
  readonly payload: Uint8Array;
  /** It comes from the server itself (a marker, a schedule) or from another stream, whose own rules it has passed. */
  readonly isSourced: boolean;
  /** Nothing is stored: what would become of it is all that is wanted. */
  readonly isDry?: boolean;
  /** When it was stored in the stream that this one mirrors. */
  /** Flags of the stored record, for messages of a batch. */
  readonly flags?: number;
  readonly time?: { readonly us: number; readonly ns: number };
}

/** What became of a publish. `seq` is where it lies, or the earlier message that it repeats. */
export type Outcome =
  | { readonly kind: 'stored' | 'skipped' | 'duplicate'; readonly seq: number; readonly counter: string | undefined }
  | { readonly kind: 'refused'; readonly error: ApiError };

const refused = (error: ApiError): Outcome => ({ kind: 'refused', error });

/** The stream's interest in its subjects. */
export class Ingest implements Subscriber {
  private readonly stream: Stream;
  private readonly draft: Draft = new Draft();
  /** True when plain messages need nothing but storing. */
  private isPlain = true;

  constructor(stream: Stream) {
    this.stream = stream;
    this.configure();
  }

  /** Takes the stream's configuration into force. */
  configure(): void {
    const { config } = this.stream;
    const isBusy = config.subject_transform !== undefined || config.republish !== undefined || config.allow_msg_counter === true;
    this.isPlain = !isBusy && !config.sealed && config.retention !== 'interest' && config.allow_batched !== true;
  }

  deliver(subscription: Subscription, message: Message): boolean {
    if (subscription.isClosed) return false;
    subscription.deliveredCount++;
    this.take(message);
    return true;
  }

  /** A traced message: it is stored under a header that keeps whoever receives it later from being traced. */
  deliverTraced(subscription: Subscription, message: Message, trace: RouteTrace): boolean {
    if (subscription.isClosed) return false;
    const { stream } = this;
    const publish = publishOf(message);
    if (trace.isOnly) trace.note(this.stepOf(publish, this.store({ ...publish, isDry: true })));
    else {
      subscription.deliveredCount++;
      stream.turn.touch(stream);
      const headers = withHeaderSet(publish.headers, knownHeaders.traceDestination, TRACE_DISABLED);
      trace.note(this.stepOf(publish, this.takePublish(message, { ...publish, headers })));
    }
    return true;
  }

  private stepOf({ subject, headers }: Publish, outcome: Outcome | undefined): TracedStep {
    const { stream } = this;
    const { name } = stream.config;
    const stored = stream.transformed(subject);
    if (outcome === undefined) return traceStep(name, {});
    if (outcome.kind === 'duplicate') return traceStep(name, { error: 'msgid is duplicate' });
    if (outcome.kind !== 'refused') return traceStep(name, { subject: stored, isUnwanted: outcome.kind === 'skipped' });
    const error = refusalWords(outcome.error, headers);
    // Only the store itself refuses what the rules have let pass.
    return traceStep(name, outcome.error.err_code === STORE_FAILED ? { subject: stored, error } : { error });
  }

  deliverToAll(match: Match, message: Message): void {
    for (const subscription of match.plain) subscription.subscriber.deliver(subscription, message, null);
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to a stream');
  }

  private take(message: Message): void {
    const { stream } = this;
    stream.turn.touch(stream);
    if (this.isPlain && !message.hasHeaders && !isFastBatch(message)) this.takePlain(message);
    else this.takeBusy(message);
  }

  private takePlain(message: Message): void {
    const { stream, draft } = this;
    const { config, store } = stream;
    const size = message.sizeBytes;
    if (config.max_msg_size >= 0 && size > config.max_msg_size)
      return this.refuse(message, apiError('streamMessageExceedsMaximum'));
    const limit = stream.limitProblem(message.subjectEnd - message.subjectStart, 0, size);
    if (limit !== undefined) return this.refuse(message, limit);
    draft.subject = store.subjects.textFor(message.bytes, message.subjectStart, message.subjectEnd);
    draft.body = message.bytes;
    draft.view = message.view;
    draft.bodyStart = message.payloadStart;
    draft.headerBytes = 0;
    draft.payloadBytes = size;
    draft.ttlSeconds = 0;
    draft.flags = 0;
    stream.clock.stamp(draft);
    const seq = store.append(draft, false);
    if (seq <= 0) return this.refuse(message, storeRefusal(seq));
    stream.lastMsgId = '';
    if (message.hasReply() && config.no_ack !== true) stream.acks.add(message, seq, null);
  }

  private refuse(message: Message, error: ApiError): void {
    const { stream } = this;
    if (!message.hasReply() || stream.config.no_ack === true) return;
    stream.acks.add(message, 0, refusalText(stream.config.name, error));
  }

  private takeBusy(message: Message): void {
    this.takePublish(message, publishOf(message));
  }

  /** Stores and answers; undefined for a part of a batch, whose fate is decided later. */
  private takePublish(message: Message, publish: Publish): Outcome | undefined {
    const { stream } = this;
    const { headers } = publish;
    const reply = message.reply();
    if (isFastBatch(message)) {
      stream.fastBatches.take(publish, reply);
      return undefined;
    }
    if (headers !== '' && (headerValue(headers, jsHeaders.batchId) ?? '') !== '') {
      stream.atomicBatches.take(publish, reply);
      return undefined;
    }
    const outcome = this.store(publish);
    if (reply !== '' && stream.config.no_ack !== true) this.answer(message, outcome);
    return outcome;
  }

  private answer(message: Message, outcome: Outcome): void {
    const { stream } = this;
    if (outcome.kind === 'refused') stream.acks.add(message, 0, refusalText(stream.config.name, outcome.error));
    else stream.acks.add(message, outcome.seq, stream.ackText(outcome));
  }

  /** Checks and stores a publish; nothing is answered. */
  store(publish: Publish): Outcome {
    const { stream } = this;
    const { config } = stream;
    const subject = stream.transformed(publish.subject);
    if (config.sealed) return refused(apiError('streamSealed'));
    const headers = withoutHeader(publish.headers, jsHeaders.requestInfo);
    let accepted: Accepted = { headers, msgId: '', rollup: 'none', increment: undefined, duplicateOf: 0 };
    if (headers !== '') {
      const check = checkPublish(stream.publishContext(), subject, headers, publish.payload.length, publish.isSourced);
      if (!check.ok) return refused(check.error);
      accepted = check.value;
      if (accepted.duplicateOf > 0) return { kind: 'duplicate', seq: accepted.duplicateOf, counter: undefined };
    }
    return this.storeAccepted(publish, subject, accepted);
  }

  /** Stores what the rules have let pass. */
  storeAccepted(publish: Publish, subject: string, accepted: Accepted): Outcome {
    const { stream } = this;
    const { config } = stream;
    const isCounter = config.allow_msg_counter === true;
    if (isCounter && accepted.increment === undefined) return refused(apiError('messageIncrMissing'));
    let { headers } = accepted;
    let payload = publish.payload;
    let counter: string | undefined;
    if (isCounter && accepted.increment !== undefined) {
      const last = stream.store.loadLast(new FilterSet([subject]));
      const result = applyIncrement(last, { subject, headers, payload, increment: accepted.increment });
      if (!result.ok) return refused(result.error);
      if (result.headers.length + result.payload.length > stream.host.options.maxPayloadBytes)
        return refused(apiError('streamMessageExceedsMaximum'));
      headers = result.headers;
      payload = result.payload;
      counter = result.value;
    }
    const size = headers.length + payload.length;
    if (config.max_msg_size >= 0 && size > config.max_msg_size) return refused(apiError('streamMessageExceedsMaximum'));
    if (headers.length > MAX_HEADER_BYTES) return refused(apiError('streamHeaderExceedsMaximum'));
    const limit = stream.limitProblem(subject.length, headers.length, payload.length);
    if (limit !== undefined) return refused(limit);
    const isUnwanted = config.retention === 'interest' && !stream.hasInterestIn(subject);
    if (publish.isDry === true) return { kind: isUnwanted ? 'skipped' : 'stored', seq: 0, counter: undefined };
    if (isUnwanted) return this.skip(accepted, subject, headers);
    return this.append({ ...publish, subject, headers, payload }, accepted, counter);
  }

  /** Nobody is interested: the sequence is used, the message is not kept. */
  private skip(accepted: Accepted, subject: string, headers: string): Outcome {
    const { stream } = this;
    stream.store.skip(1, stream.clock.nextUs());
    const { lastSeq } = stream.store.state();
    stream.lastMsgId = accepted.msgId;
    if (accepted.msgId !== '') stream.dedupe.add(accepted.msgId, lastSeq, stream.host.clock.nowUs());
    stream.rollUp(accepted.rollup, subject, headers, 0);
    return { kind: 'skipped', seq: lastSeq, counter: undefined };
  }

  private append(publish: Publish, accepted: Accepted, counter: string | undefined): Outcome {
    const { stream, draft } = this;
    const { subject } = publish;
    const ttl = this.ttlOf(publish.headers);
    if (ttl === undefined) return refused(apiError('messageTTLInvalid'));
    const republish = stream.republish?.prepare(subject);
    const body = Buffer.allocUnsafe(ttl.headers.length + publish.payload.length);
    body.write(ttl.headers, 0, 'latin1');
    body.set(publish.payload, ttl.headers.length);
    draft.subject = subject;
    draft.body = body;
    draft.view = null;
    draft.bodyStart = 0;
    draft.headerBytes = ttl.headers.length;
    draft.payloadBytes = publish.payload.length;
    draft.ttlSeconds = Math.max(0, ttl.seconds);
    draft.flags = (publish.flags ?? 0) | (ttl.seconds === NEVER ? RecordFlag.neverExpires : 0);
    if (publish.time === undefined) stream.clock.stampAnew(draft);
    else {
      draft.timeUs = publish.time.us;
      draft.timeNs = publish.time.ns;
    }
    const seq = stream.store.append(draft, accepted.rollup !== 'none');
    if (seq <= 0) return refused(storeRefusal(seq));
    stream.lastMsgId = accepted.msgId;
    if (accepted.msgId !== '') stream.dedupe.add(accepted.msgId, seq, draft.timeUs);
    if (ttl.headers !== '') stream.onHeadersStored(seq, subject, ttl.headers, draft.timeUs);
    if (ttl.seconds > 0) stream.expiry.schedule();
    stream.rollUp(accepted.rollup, subject, ttl.headers, 1);
    if (republish !== undefined)
      stream.republish?.send(republish, { subject, seq, time: draft, headers: ttl.headers, payload: publish.payload });
    return { kind: 'stored', seq, counter };
  }

  /** The time to live, at least that of delete markers, which would be missed otherwise. */
  private ttlOf(headers: string): { seconds: number; headers: string } | undefined {
    if (headers === '') return { seconds: 0, headers };
    const { config } = this.stream;
    const seconds = parseTtl(headerValue(headers, jsHeaders.ttl));
    if (seconds === undefined) return undefined;
    const least = Math.floor((config.subject_delete_marker_ttl ?? 0) / 1e9);
    if (seconds <= 0 || least === 0 || seconds >= least || config.max_msgs_per_subject === 1) {
      return { seconds: config.allow_msg_ttl ? seconds : 0, headers };
    }
    return { seconds: least, headers: withHeaderSet(headers, jsHeaders.ttl, String(least)) };
  }
}

/** The message as a publish; its payload stays where it is. */
function publishOf(message: Message): Publish {
  const { bytes, payloadStart, sizeBytes } = message;
  const headerBytes = message.hasHeaders ? message.headerBytes : 0;
  const headers = headerBytes === 0 ? '' : bytes.toString('latin1', payloadStart, payloadStart + headerBytes);
  const payload = bytes.subarray(payloadStart + headerBytes, payloadStart + sizeBytes);
  return { subject: message.subject(), headers, payload, isSourced: false };
}

/** True when the reply subject ends in `.$FI`: the state of a fast batch is in it. */
function isFastBatch(message: Message): boolean {
  const { bytes, replyStart, replyEnd } = message;
  return (
    replyEnd - replyStart > 4 &&
    bytes[replyEnd - 1] === 73 &&
    bytes[replyEnd - 2] === 70 &&
    bytes[replyEnd - 3] === 36 &&
    bytes[replyEnd - 4] === 46
  );
}

/** `{"error":{…},"stream":"S","seq":0}`. */
export function refusalText(stream: string, error: ApiError): string {
  return goJson({ error, stream, seq: 0 });
}

/** The store's refusals in nats-server's words. */
export function storeRefusal(code: number): ApiError {
  if (code === AppendRefusal.maxMessages) return apiError('streamStoreFailed', { err: 'maximum messages exceeded' });
  if (code === AppendRefusal.maxBytes) return apiError('streamStoreFailed', { err: 'maximum bytes exceeded' });
  if (code === AppendRefusal.maxMessagesPerSubject)
    return apiError('streamStoreFailed', { err: 'maximum messages per subject exceeded' });
  if (code === AppendRefusal.tooLarge) return apiError('streamStoreFailed', { err: 'message to large' });
  return apiError('streamStoreFailed', { err: 'stream store is read-only after a disk failure' });
}
