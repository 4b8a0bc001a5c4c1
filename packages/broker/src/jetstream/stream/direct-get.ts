/**
 * Direct get: messages by sequence, time or subject, one or many, answered by headers and payload as they are stored.
 * Source: nats-server server/stream.go processDirectGetRequest, getDirectRequest, getDirectMulti; ADR-31.
 */
import { API_PREFIX, decodeOne, formatTime, jsHeaders, messageGetFields, parseTime } from '@sluice/protocol/jetstream';
import type { ReceivedMessage } from '../../account/internal-subscriber.ts';
import { headerText, statusBlock, withHeader } from '../header-text.ts';
import type { StoredMessage } from '../store/record.ts';
import { FilterSet } from '../store/subject-filter.ts';
import { needsHigherLevel } from './required-level.ts';
import type { Stream } from './stream.ts';

const MAX_MULTI = 1024;
const MAX_BATCH_BYTES = 67_108_864;
const TOKENS_BEFORE_KEY = 5;
/** Messages that a mirror may be behind when it begins to answer for its origin. Source: nats-server server/stream.go dgetCaughtUpThresh. */
const NEAR_ORIGIN = 10;

/** A request, decoded. */
interface Get {
  readonly seq: number;
  readonly lastBySubject: string;
  readonly nextBySubject: string;
  readonly batch: number;
  readonly maxBytes: number;
  readonly startTime: string | undefined;
  readonly multiLast: readonly string[];
  readonly upToSeq: number;
  readonly upToTime: string | undefined;
  readonly isBare: boolean;
}

export class DirectGet {
  private readonly stream: Stream;
  private readonly subscribed: Map<string, () => void> = new Map();
  /** A mirror answers for its origin once it has nearly caught up: before that it would say that there is nothing. */
  private isNearOrigin = false;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** Answers for the stream itself, and for the origin of a mirror that may do so. */
  configure(): void {
    const { config } = this.stream;
    const names = new Set<string>();
    if (config.allow_direct) names.add(config.name);
    if (config.mirror_direct && config.mirror !== undefined && this.isNearOrigin) names.add(config.mirror.name);
    for (const [name, end] of [...this.subscribed]) {
      if (names.has(name)) continue;
      end();
      this.subscribed.delete(name);
    }
    for (const name of names) if (!this.subscribed.has(name)) this.subscribed.set(name, this.subscribe(name));
  }

  /** A mirrored message came with `pending` behind it. */
  onMirrored(pending: number): void {
    if (this.isNearOrigin || pending >= NEAR_ORIGIN) return;
    this.isNearOrigin = true;
    this.configure();
  }

  private subscribe(name: string): () => void {
    const { account } = this.stream.host;
    const subject = `${API_PREFIX}.DIRECT.GET.${name}`;
    const options = { queue: '_sys_' };
    const ends = [
      account.subscribe(subject, (request) => this.onRequest(request, ''), options),
      account.subscribe(`${subject}.>`, (request) => this.onRequest(request, keyOf(request.subject)), options),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  stop(): void {
    for (const end of this.subscribed.values()) end();
    this.subscribed.clear();
  }

  private onRequest(request: ReceivedMessage, key: string): void {
    const { reply } = request;
    if (reply === '' || this.stream.isStopped) return;
    if (needsHigherLevel(request.headers)) return this.status(reply, '412 Required Api Level');
    if (key === '' && request.payload.length === 0) return this.status(reply, '408 Empty Request');
    const decoded =
      request.payload.length === 0
        ? { ok: true as const, value: {} }
        : decodeOne(Buffer.from(request.payload).toString('latin1'), messageGetFields);
    if (!decoded.ok) return this.status(reply, '408 Malformed Request');
    const get = getOf(decoded.value);
    if (key !== '') {
      if (hasAny(get) || get.batch !== 0 || get.upToSeq !== 0 || get.upToTime !== undefined)
        return this.status(reply, '408 Bad Request');
      return this.answer({ ...get, lastBySubject: key }, reply);
    }
    if (!hasAny(get)) return this.status(reply, '408 Empty Request');
    if (isContradictory(get)) return this.status(reply, '408 Bad Request');
    this.answer(get, reply);
  }

  private status(reply: string, line: string): void {
    this.stream.messenger.sendStatus(reply, statusBlock(line));
  }

  private answer(get: Get, reply: string): void {
    if (get.multiLast.length > 0) this.answerMulti(get, reply);
    else if (get.batch === 0) this.answerOne(get, reply);
    else this.answerBatch(get, reply);
  }

  private startOf(get: Get): number {
    if (get.startTime === undefined) return get.seq;
    const time = parseTime(get.startTime);
    return time === undefined ? get.seq : this.stream.store.seqFromTime(time.us, time.ns);
  }

  private answerOne(get: Get, reply: string): void {
    const { store } = this.stream;
    const seq = this.startOf(get);
    let message: StoredMessage | undefined;
    if (seq > 0 && get.nextBySubject === '') message = store.load(seq);
    else if (get.nextBySubject !== '') message = store.loadNext(new FilterSet([get.nextBySubject]), seq);
    else message = store.loadLast(new FilterSet([get.lastBySubject]));
    if (message === undefined) return this.status(reply, '404 Message Not Found');
    this.send(reply, message, get.isBare ? null : []);
  }

  private answerBatch(get: Get, reply: string): void {
    const { store } = this.stream;
    let seq = this.startOf(get);
    const filter = get.nextBySubject === '' ? null : FilterSet.of([get.nextBySubject]);
    let pending = store.countPending(filter, seq, false);
    const maxBytes = get.maxBytes > 0 ? get.maxBytes : MAX_BATCH_BYTES;
    let lastSeq = 0;
    let bytes = 0;
    for (let sent = 0; sent < get.batch && bytes < maxBytes; sent++) {
      const message = store.loadNext(filter, seq);
      if (message === undefined) {
        if (get.batch > 1 && sent > 0) break;
        return this.status(reply, '404 Message Not Found');
      }
      // nats-server does not count down what it sends without headers.
      if (pending > 0 && !get.isBare) pending--;
      bytes += message.subject.length + message.headerBytes + message.payloadBytes;
      seq = message.seq + 1;
      const own = message.seq;
      this.send(reply, message, get.isBare ? null : pendingHeaders(pending, lastSeq));
      lastSeq = own;
    }
    this.stream.messenger.sendStatus(reply, statusBlock('204 EOB', pendingHeaders(pending, lastSeq)));
  }

  private answerMulti(get: Get, reply: string): void {
    const { store } = this.stream;
    const upTo = this.upToOf(get);
    if (upTo === undefined) return this.status(reply, '404 No Results');
    // nats-server's file store finds no block for a sequence beyond its last.
    if (store.kind === 'file' && get.upToSeq > store.state().lastSeq) return this.status(reply, '404 No Results');
    const filters = get.multiLast.map((pattern) => new FilterSet([pattern]));
    const found = store.lastSeqsPerSubject(filters, upTo, MAX_MULTI);
    if (found === undefined) return this.status(reply, '413 Too Many Results');
    const seqs = found.filter((seq) => seq >= get.seq);
    if (seqs.length === 0) return this.status(reply, '404 No Results');
    const maxBytes = get.maxBytes > 0 ? get.maxBytes : MAX_BATCH_BYTES;
    let lastSeq = 0;
    let bytes = 0;
    let pending = seqs.length;
    let sent = 0;
    for (const seq of seqs) {
      const message = store.load(seq);
      if (message === undefined) continue;
      pending--;
      bytes += message.subject.length + message.headerBytes + message.payloadBytes;
      this.send(reply, message, pendingHeaders(pending, lastSeq));
      lastSeq = seq;
      sent++;
      if (bytes >= maxBytes || (get.batch > 0 && sent >= get.batch)) break;
    }
    const headers = [...pendingHeaders(pending, lastSeq), [jsHeaders.upToSequence, upTo] as const];
    this.stream.messenger.sendStatus(reply, statusBlock('204 EOB', headers));
  }

  /** Highest sequence that may be answered with; undefined when the time lies before all messages. */
  private upToOf(get: Get): number | undefined {
    const { store } = this.stream;
    const { firstSeq, lastSeq } = store.state();
    if (get.upToTime === undefined) return get.upToSeq > 0 ? get.upToSeq : lastSeq;
    const time = parseTime(get.upToTime);
    const seq = time === undefined ? 0 : store.seqFromTime(time.us, time.ns);
    return seq <= firstSeq ? undefined : seq - 1;
  }

  /** Sends a message with headers that say what it is; null leaves all headers out. */
  private send(reply: string, message: StoredMessage, more: readonly (readonly [string, number])[] | null): void {
    if (more === null) {
      this.stream.messenger.send(reply, message.payload());
      return;
    }
    let headers = message.headerBytes > 0 ? headerText(message.headers()) : '';
    headers = withHeader(headers, jsHeaders.stream, this.stream.config.name);
    headers = withHeader(headers, jsHeaders.subject, message.subject);
    headers = withHeader(headers, jsHeaders.sequence, String(message.seq));
    headers = withHeader(headers, jsHeaders.timeStamp, formatTime(message.timeUs, message.timeNs));
    for (const [name, value] of more) headers = withHeader(headers, name, String(value));
    this.stream.messenger.send(reply, message.payload(), Buffer.from(headers, 'latin1'));
  }
}

function pendingHeaders(pending: number, lastSeq: number): (readonly [string, number])[] {
  return [
    [jsHeaders.numPending, pending],
    [jsHeaders.lastSequence, lastSeq],
  ];
}

/** What follows `$JS.API.DIRECT.GET.<stream>.`. */
function keyOf(subject: string): string {
  return subject.split('.').slice(TOKENS_BEFORE_KEY).join('.');
}

function getOf(value: { readonly [key: string]: unknown }): Get {
  const number = (key: string): number => (typeof value[key] === 'number' ? value[key] : 0);
  const text = (key: string): string => (typeof value[key] === 'string' ? value[key] : '');
  const list = Array.isArray(value['multi_last']) ? value['multi_last'] : [];
  return {
    seq: number('seq'),
    lastBySubject: text('last_by_subj'),
    nextBySubject: text('next_by_subj'),
    batch: number('batch'),
    maxBytes: number('max_bytes'),
    startTime: text('start_time') || undefined,
    multiLast: list.filter((item): item is string => typeof item === 'string'),
    upToSeq: number('up_to_seq'),
    upToTime: text('up_to_time') || undefined,
    isBare: value['no_hdr'] === true,
  };
}

function hasAny(get: Get): boolean {
  return (
    get.seq > 0 || get.lastBySubject !== '' || get.nextBySubject !== '' || get.multiLast.length > 0 || get.startTime !== undefined
  );
}

function isContradictory(get: Get): boolean {
  const byLast = get.lastBySubject !== '';
  const byTime = get.startTime !== undefined;
  return (
    (get.seq > 0 && (byLast || byTime)) ||
    (byLast && (byTime || get.nextBySubject !== '' || get.batch > 0 || get.multiLast.length > 0)) ||
    (get.nextBySubject !== '' && get.multiLast.length > 0) ||
    (get.upToSeq > 0 && get.upToTime !== undefined)
  );
}
