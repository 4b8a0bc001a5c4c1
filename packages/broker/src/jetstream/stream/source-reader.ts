/**
 * Reads one other stream, a mirror's origin or a source, through a consumer that it makes over the API: of this account, or of another
 * one or another domain behind a prefix. Notices gaps and silence, and begins anew where it stopped.
 * Source: nats-server server/stream.go setupMirrorConsumer, trySetupSourceConsumer, processInboundSourceMsg.
 */
import { SubjectTransform } from '@sluice/protocol';
import {
  type ApiError,
  apiError,
  apiErrors,
  encodeSource,
  type JsonObject,
  jsHeaders,
  omitEmpty,
  parseJson,
  type StreamSourceConfig,
} from '@sluice/protocol/jetstream';
import type { ReceivedMessage } from '../../account/internal-subscriber.ts';
import type { Timer } from '../../env/env.ts';
import { headerText, headerValue, parseDigits, withHeader } from '../header-text.ts';
import { nameHash } from '../name-hash.ts';
import type { SourcePosition } from './source-name.ts';
import { indexName } from './source-name.ts';
import type { Stream } from './stream.ts';

const HEARTBEAT_NS = 1_000_000_000;
const SILENCE_MS = 10_000;
const SILENCE_NS = 10_000_000_000;
const ACK_WAIT_NS = 79_200_000_000_000;
const FIRST_WAIT_MS = 100;
const RETRY_MS = 2000;
const BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 120_000;
const ANSWER_MS = 30_000;
const NS_PER_MS = 1_000_000;
const nothing: Buffer = Buffer.alloc(0);
const V1_TOKENS = 9;
const V2_TOKENS = 11;

/** A message of the other stream. */
export interface SourceMessage {
  /** After the source's transforms, and before. */
  readonly subject: string;
  readonly origin: string;
  readonly headers: string;
  readonly payload: Uint8Array;
  readonly seq: number;
  readonly timeUs: number;
  readonly timeNs: number;
  /** How many messages are to come after this one. */
  readonly pending: number;
}

/** Whom a reader reads for. */
export interface SourceTaker {
  readonly isMirror: boolean;
  /** Where to begin, for a reader that has no position yet. */
  firstRequest(): JsonObject;
  /** Takes a message; false when it cannot be taken now. */
  take(reader: SourceReader, message: SourceMessage): boolean;
  /** Reading begins at the sequence. */
  begin(seq: number): void;
  /** Sequences below `seq` are not there any more. */
  skipTo(seq: number): void;
}

interface Metadata {
  readonly seq: number;
  readonly delivery: number;
  readonly timeUs: number;
  readonly timeNs: number;
  readonly pending: number;
}

export class SourceReader {
  readonly config: StreamSourceConfig;
  readonly index: string;
  /** The last sequence of the other stream that was taken. */
  position: SourcePosition;
  private readonly stream: Stream;
  private readonly taker: SourceTaker;
  private readonly transforms: readonly (SubjectTransform | undefined)[];
  private delivery = 0;
  private lag = 0;
  /** A mirror's filter is told once it has been put to use. */
  private hasAsked: boolean;
  private lastMs = 0;
  private error: ApiError | undefined;
  private fails = 0;
  private consumer = '';
  private isDurable = false;
  private ends: (() => void)[] = [];
  private timer: Timer | undefined;
  /** Answers that the other side gets once what it sent is committed. */
  private owed: { reply: string; seq: number; headers: Buffer }[] = [];
  private isStopped = false;

  constructor(stream: Stream, config: StreamSourceConfig, taker: SourceTaker, position: SourcePosition) {
    this.stream = stream;
    this.config = config;
    this.taker = taker;
    this.position = position;
    this.hasAsked = !taker.isMirror;
    this.index = indexName(config);
    this.transforms = (config.subject_transforms ?? []).map(({ src, dest }) => {
      const parsed = dest === '' ? undefined : SubjectTransform.parse(src, dest);
      return parsed?.ok === true ? parsed.value : undefined;
    });
    // As in nats-server the other stream is asked a moment later: what is told at once of a new copy tells of an empty one.
    this.wait(FIRST_WAIT_MS * (1 + stream.host.random() / 5), () => this.connect());
  }

  get isConnected(): boolean {
    return this.ends.length > 0 && this.consumer !== '';
  }

  /** The other stream has just come to be. */
  retryNow(): void {
    if (!this.isConnected && this.error !== undefined) this.wait(1, () => this.connect());
  }

  stop(): void {
    this.isStopped = true;
    this.disconnect();
    this.timer?.cancel();
  }

  /** Stops for good: a consumer that would stay behind is removed. */
  release(): void {
    if (this.isDurable && this.consumer !== '' && this.config.consumer === undefined) {
      this.stream.messenger.send(this.apiSubject(`CONSUMER.DELETE.${this.config.name}.${this.consumer}`), nothing);
    }
    this.stop();
  }

  private disconnect(): void {
    for (const end of this.ends.splice(0)) end();
    this.owed = [];
  }

  private wait(ms: number, task: () => void): void {
    this.timer?.cancel();
    this.timer = this.stream.host.clock.setTimer(ms, () => {
      if (!this.isStopped) task();
    });
  }

  /** Ends the connection and makes another one, later the more often it failed. */
  private retry(error: ApiError | undefined): void {
    this.disconnect();
    this.consumer = '';
    this.error = error;
    if (error !== undefined) this.fails++;
    const backoffMs = error === undefined ? 0 : Math.min(MAX_BACKOFF_MS, BACKOFF_MS * this.fails);
    this.wait(RETRY_MS + backoffMs, () => this.connect());
  }

  // ---- Connecting -------------------------------------------------------------------------------------------------

  private apiSubject(request: string): string {
    const { external } = this.config;
    return external === undefined || external.api === ''
      ? `$JS.API.${request}`
      : `${external.api}.${request}`.replaceAll('..', '.');
  }

  private connect(): void {
    const { host } = this.stream;
    this.hasAsked = true;
    this.disconnect();
    const reply = `$JS.M.${host.newId()}`;
    this.ends.push(host.account.subscribe(reply, (message) => this.onAnswer(message)));
    const { config } = this;
    let headers = withHeader('', jsHeaders.requiredApiLevel, '5');
    // A durable consumer tells the identity only to who asks for one, even for an unknown one.
    if (this.position.identity !== '' || config.consumer !== undefined)
      headers = withHeader(headers, jsHeaders.streamIdentity, this.position.identity);
    const block = Buffer.from(headers, 'latin1');
    let taken = 0;
    if (config.consumer !== undefined) {
      const subject = this.apiSubject(`CONSUMER.RESET.${config.name}.${config.consumer.name}`);
      taken = this.stream.messenger.send(subject, nothing, block, reply);
    } else {
      const request = this.request();
      const filter = typeof request['filter_subject'] === 'string' ? request['filter_subject'] : '';
      const name = String(request['name']);
      const subject = filter === '' ? `CONSUMER.CREATE.${config.name}` : `CONSUMER.CREATE.${config.name}.${name}.${filter}`;
      const body = Buffer.from(JSON.stringify({ stream_name: config.name, config: request, action: '' }), 'latin1');
      taken = this.stream.messenger.send(this.apiSubject(subject), body, block, reply);
    }
    this.wait(taken === 0 ? RETRY_MS : ANSWER_MS, () => this.retry(this.error));
  }

  private setupError(err: string): ApiError {
    return apiError(this.taker.isMirror ? 'mirrorConsumerSetupFailed' : 'sourceConsumerSetupFailed', { err });
  }

  private request(): JsonObject {
    const { config, stream, taker } = this;
    const { host } = stream;
    const { options, account } = host;
    const isFirst = this.position.seq === 0;
    const start: JsonObject = isFirst
      ? taker.firstRequest()
      : { deliver_policy: 'by_start_sequence', opt_start_seq: this.position.seq + 1 };
    const kind = taker.isMirror ? 'mirror' : 'src';
    const prefix = taker.isMirror ? 'JS_MIRROR' : 'JS_SRC';
    const transforms = config.subject_transforms ?? [];
    const filters = transforms.map(({ src }) => src);
    const single = config.filter_subject !== undefined && config.filter_subject !== '' ? config.filter_subject : filters[0];
    const isSingle = filters.length <= 1;
    const metadata = omitEmpty({
      [`_nats.${kind}.stream`]: stream.config.name,
      [`_nats.${kind}.acc`]: account.name,
      [`_nats.${kind}.domain`]: options.domain,
    });
    return {
      name: `${prefix}_${nameHash(`${options.domain}:${account.name}:${stream.config.name}:${this.index}`)}`,
      deliver_subject: this.deliverSubject(host.newId()),
      ...start,
      ack_policy: 'none',
      ack_wait: ACK_WAIT_NS,
      max_deliver: 1,
      replay_policy: 'instant',
      idle_heartbeat: HEARTBEAT_NS,
      flow_control: true,
      inactive_threshold: SILENCE_NS,
      num_replicas: 0,
      direct: true,
      sourcing: true,
      metadata,
      ...omitEmpty({
        filter_subject: isSingle ? single : undefined,
        filter_subjects: isSingle ? undefined : filters,
      } as JsonObject),
    };
  }

  private deliverSubject(id: string): string {
    const kind = this.taker.isMirror ? 'M' : 'S';
    const prefix = this.config.external?.deliver ?? '';
    return prefix === '' ? `$JS.${kind}.${id}` : `${prefix}.${kind}.${id}`.replaceAll('..', '.');
  }

  private onAnswer(message: ReceivedMessage): void {
    if (this.isStopped || this.consumer !== '') return;
    const parsed = parseJson(message.payload);
    const answer = parsed.ok && isObject(parsed.value) ? parsed.value : {};
    const { error, config, name, delivered } = answer;
    if (isObject(error)) {
      if (error['err_code'] === apiErrors.consumerStreamIdentityMismatch[1]) {
        // Another stream of that name: it is read from its beginning.
        this.position = { seq: 0, identity: '' };
        return this.retry(undefined);
      }
      return this.retry(asError(error));
    }
    if (!isObject(config) || typeof name !== 'string') return this.retry(this.setupError('invalid consumer create response'));
    if (this.config.consumer !== undefined && config['ack_policy'] !== 'flow_control')
      return this.retry(apiError(this.taker.isMirror ? 'mirrorConsumerRequiresAckFC' : 'sourceConsumerRequiresAckFC'));
    const identity =
      message.headers.length === 0 ? '' : (headerValue(headerText(message.headers), jsHeaders.streamIdentity) ?? '');
    if (identity !== '') this.position = { seq: this.position.seq, identity };
    this.disconnect();
    this.consumer = name;
    const from = isObject(delivered) && typeof delivered['stream_seq'] === 'number' ? delivered['stream_seq'] : 0;
    this.taker.begin(from + 1);
    if (from > this.position.seq) this.position = { seq: from, identity: this.position.identity };
    this.isDurable = typeof config['durable_name'] === 'string';
    this.delivery = 0;
    this.error = undefined;
    this.fails = 0;
    this.lastMs = this.stream.host.clock.nowMs();
    const subject = this.config.consumer?.deliver_subject ?? String(config['deliver_subject']);
    this.ends.push(this.stream.host.account.subscribe(subject, (delivered) => this.onMessage(delivered)));
    this.watch();
  }

  /** Begins anew when nothing was heard for too long. */
  private watch(): void {
    const leftMs = this.lastMs + SILENCE_MS - this.stream.host.clock.nowMs();
    if (leftMs > 0) this.wait(leftMs, () => this.watch());
    else this.retry(undefined);
  }

  // ---- Reading ----------------------------------------------------------------------------------------------------

  private onMessage(message: ReceivedMessage): void {
    if (this.isStopped || this.consumer === '') return;
    this.lastMs = this.stream.host.clock.nowMs();
    const headers = message.headers.length === 0 ? '' : headerText(message.headers);
    if (message.payload.length === 0 && headers.startsWith('NATS/1.0 100 ')) return this.onControl(message.reply, headers);
    const metadata = parseAckReply(message.reply);
    if (metadata === undefined) return;
    const { seq, delivery } = metadata;
    if (seq <= this.position.seq) {
      if (delivery === this.delivery + 1) this.delivery = delivery;
      return;
    }
    if (delivery !== this.delivery + 1) return this.retry(undefined);
    this.taker.skipTo(seq);
    // What could not be taken is behind, too.
    this.lag = Math.max(0, metadata.pending - 1);
    const taken = this.taker.take(this, {
      ...metadata,
      subject: this.transformed(message.subject),
      origin: message.subject,
      headers,
      payload: message.payload,
    });
    if (!taken) return this.retry(undefined);
    this.delivery = delivery;
    this.position = { seq, identity: this.position.identity };
  }

  private transformed(subject: string): string {
    for (const transform of this.transforms)
      if (transform?.matches(subject) === true) return transform.apply(subject, () => this.stream.host.random());
    return subject;
  }

  private onControl(reply: string, headers: string): void {
    if (reply !== '') return this.owe(reply);
    const delivered = parseDigits(headerValue(headers, jsHeaders.lastConsumer) ?? '') ?? 0;
    if (delivered > 0 && delivered !== this.delivery) return this.retry(undefined);
    const stalled = headerValue(headers, jsHeaders.consumerStalled) ?? '';
    if (stalled !== '') this.owe(stalled);
  }

  /** Answers a question of flow control as soon as everything before it is committed. */
  private owe(reply: string): void {
    let headers = withHeader('', jsHeaders.lastConsumer, String(this.delivery));
    headers = withHeader(headers, jsHeaders.lastStream, String(this.position.seq));
    if (this.owed.some((one) => one.reply === reply)) return;
    this.owed.push({ reply, seq: this.stream.store.state().lastSeq, headers: Buffer.from(headers, 'latin1') });
    this.onCommitted();
  }

  onCommitted(): void {
    const { committedSeq } = this.stream.store;
    while (this.owed.length > 0) {
      const [next] = this.owed;
      if (next === undefined || next.seq > committedSeq) return;
      this.owed.shift();
      this.stream.messenger.send(next.reply, nothing, next.headers);
    }
  }

  /** How this source is described in a stream's. */
  info(): JsonObject {
    const { config, error } = this;
    const { filter_subject: filter, subject_transforms: transforms, external } = encodeSource(config);
    const activeNs = this.lastMs === 0 ? -1 : (this.stream.host.clock.nowMs() - this.lastMs) * NS_PER_MS;
    return {
      name: config.name,
      ...(external === undefined ? {} : { external }),
      lag: this.lag,
      ...(this.taker.isMirror ? {} : omitEmpty({ seq: this.position.seq })),
      active: Math.round(activeNs),
      ...(error === undefined ? {} : { error: { ...error } }),
      ...(filter === undefined || !this.hasAsked ? {} : { filter_subject: filter }),
      ...(transforms === undefined ? {} : { subject_transforms: transforms }),
    };
  }
}

/** What the reply subject of a delivered message says. */
function parseAckReply(reply: string): Metadata | undefined {
  const tokens = reply.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const offset = tokens.length === V1_TOKENS ? 4 : tokens.length >= V2_TOKENS ? 6 : 0;
  if (offset === 0) return undefined;
  const [count, seq, delivery, time = '', pending] = tokens.slice(offset, offset + 5);
  if (count !== '1' || !/^\d{4,20}$/.test(time)) return undefined;
  return {
    seq: Number(seq),
    delivery: Number(delivery),
    timeUs: Number(time.slice(0, -3)),
    timeNs: Number(time.slice(-3)),
    pending: Number(pending),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asError(error: JsonObject): ApiError {
  return { code: Number(error['code']), err_code: Number(error['err_code']), description: String(error['description']) };
}
