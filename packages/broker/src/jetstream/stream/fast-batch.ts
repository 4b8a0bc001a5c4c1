/**
 * Fast batches: a stream of publishes under one id, whose state travels in the reply subject
 * `<prefix>.<id>.<flow>.<ok|fail>.<sequence>.<operation>.$FI`. Each message is stored at once; the server says now and then how far
 * it is, and how many messages the next such note will cover.
 * Source: nats-server server/stream.go getFastBatch, processJetStreamFastBatchMsg, server/jetstream_batching.go; ADR-50.
 */
import { type ApiError, apiError, apiErrors, goJson, jsHeaders } from '@sluice/protocol/jetstream';
import type { Timer } from '../../env/env.ts';
import { parseDigits, withoutHeader } from '../header-text.ts';
import { type Publish, refusalText } from './ingest.ts';
import { needsHigherLevelText } from './required-level.ts';
import type { Stream } from './stream.ts';

const MAX_ID_LENGTH = 64;
const MAX_FLOW = 65_535;
const MAX_ACK_MESSAGES = 500;
const DEFAULT_FLOW = 10;
/** Open fast batches: per stream, and in the server. Source: nats-server streamMaxFastBatchInflightPerStream, …Total. */
const MAX_PER_STREAM = 1000;
const MAX_TOTAL = 50_000;

const WRONG_LAST_ID = apiErrors.streamWrongLastMsgID[1];

const Operation = { start: 0, append: 1, commit: 2, commitEob: 3, ping: 4 } as const;

/** What a reply subject says. */
interface Part {
  readonly id: string;
  readonly seq: number;
  readonly flow: number;
  readonly mayGap: boolean;
  readonly isPing: boolean;
  readonly isCommit: boolean;
  readonly isEob: boolean;
}

/** Reads the reply subject; undefined when it does not follow the pattern. */
function parseFastReply(reply: string): Part | undefined {
  const tokens = reply.split('.');
  if (tokens.length < 7) return undefined;
  const [id = '', flowText = '', gap = '', seqText = '', operationText = ''] = tokens.slice(-6, -1);
  const operation = parseDigits(operationText);
  const seq = parseDigits(seqText);
  if (operation === undefined || operation > Operation.ping || seq === undefined || seq === 0) return undefined;
  const isEob = operation === Operation.commitEob;
  if ((seq === 1 && isEob) || (operation === Operation.start && seq !== 1) || (operation === Operation.append && seq <= 1))
    return undefined;
  if (gap !== 'ok' && gap !== 'fail') return undefined;
  const flow = parseDigits(flowText) ?? 0;
  return {
    id,
    seq,
    flow: flow <= 0 ? DEFAULT_FLOW : Math.min(flow, MAX_FLOW),
    mayGap: gap === 'ok',
    isPing: operation === Operation.ping,
    isCommit: isEob || operation === Operation.commit,
    isEob,
  };
}

interface Batch {
  readonly mayGap: boolean;
  readonly maxAckMessages: number;
  /** Highest number seen, and the stream sequence of what was stored last. */
  lastSeq: number;
  streamSeq: number;
  /** Number up to which the publisher was told. */
  toldSeq: number;
  ackMessages: number;
  timer: Timer;
}

export class FastBatches {
  private readonly stream: Stream;
  private readonly batches: Map<string, Batch> = new Map();

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** One message of a batch. */
  take(publish: Publish, reply: string): void {
    const error = this.problemBefore(publish);
    if (error !== undefined) return this.refuse(reply, error);
    const part = parseFastReply(reply);
    if (part === undefined) return this.refuse(reply, apiError('batchPublishInvalidPattern'));
    if (part.id.length > MAX_ID_LENGTH) return this.refuse(reply, apiError('batchPublishInvalidBatchID'));
    let batch = this.batches.get(part.id);
    if (batch === undefined) {
      if (part.seq !== 1 || part.isPing) return this.refuse(reply, apiError('batchPublishUnknownBatchID'));
      batch = this.open(part, reply);
      if (batch === undefined) return;
    }
    if (needsHigherLevelText(publish.headers)) {
      this.close(part.id);
      return this.refuse(reply, apiError('requiredApiLevel'));
    }
    batch.timer.cancel();
    batch.timer = this.startTimer(part.id);
    if (part.isPing) return this.ping(part, batch, reply);
    const headers = withoutHeader(publish.headers, jsHeaders.requiredApiLevel);
    this.takeMessage(part, batch, { ...publish, headers }, reply);
  }

  private problemBefore(publish: Publish): ApiError | undefined {
    const { config } = this.stream;
    if (config.sealed) return apiError('streamSealed');
    const limit = this.stream.limitProblem(publish.subject.length, publish.headers.length, publish.payload.length);
    if (limit !== undefined) return limit;
    const size = publish.headers.length + publish.payload.length;
    if (config.max_msg_size >= 0 && size > config.max_msg_size) return apiError('streamMessageExceedsMaximum');
    return config.allow_batched === true ? undefined : apiError('batchPublishDisabled');
  }

  private open(part: Part, reply: string): Batch | undefined {
    const { host } = this.stream;
    if (this.batches.size + 1 > MAX_PER_STREAM || host.fastBatches.open + 1 > MAX_TOTAL) {
      this.refuse(reply, apiError('batchPublishTooManyInflight'));
      return undefined;
    }
    const batch: Batch = {
      mayGap: part.mayGap,
      maxAckMessages: part.flow,
      lastSeq: 0,
      streamSeq: 0,
      toldSeq: 0,
      ackMessages: 1,
      timer: this.startTimer(part.id),
    };
    this.batches.set(part.id, batch);
    host.fastBatches.open++;
    batch.ackMessages = this.batches.size > 1 ? 1 : Math.min(MAX_ACK_MESSAGES, part.flow);
    return batch;
  }

  private startTimer(id: string): Timer {
    const { host } = this.stream;
    return host.clock.setTimer(host.options.batchTimeoutMs, () => this.close(id));
  }

  /** Says again how far the batch is; a gap that shows is reported. */
  private ping(part: Part, batch: Batch, reply: string): void {
    if (part.seq > batch.lastSeq) {
      this.sendGap(batch.lastSeq + 1, part.seq + 1, reply);
      if (!batch.mayGap) return this.finish(part.id, batch, reply);
      batch.lastSeq = part.seq;
      if (this.maybeTell(batch, reply)) return;
    }
    this.tell(batch.toldSeq, batch, reply);
  }

  private takeMessage(part: Part, batch: Batch, publish: Publish, reply: string): void {
    const expected = batch.lastSeq + 1;
    if (part.seq !== expected) {
      this.sendGap(expected, part.seq, reply);
      if (!batch.mayGap || part.seq < expected) return this.finish(part.id, batch, reply);
    }
    if (part.isEob) {
      batch.lastSeq = part.seq - 1;
      return this.finish(part.id, batch, reply);
    }
    batch.lastSeq = part.seq;
    if (part.seq === 1 && !part.isCommit) this.tell(0, batch, reply);
    const outcome = this.stream.ingest.store(publish);
    if (outcome.kind === 'refused') return this.takeRefusal(part, batch, outcome.error, reply);
    if (outcome.kind === 'duplicate' && part.seq === 1 && !batch.mayGap) {
      this.close(part.id);
      const prefix = this.stream.ackPrefix(outcome.seq);
      return this.send(reply, `${prefix},"duplicate": true,"batch":${JSON.stringify(part.id)},"count":${part.seq}}`, outcome.seq);
    }
    if (outcome.kind !== 'duplicate') batch.streamSeq = outcome.seq;
    if (part.isCommit) return this.finish(part.id, batch, reply);
    this.maybeTell(batch, reply);
  }

  private takeRefusal(part: Part, batch: Batch, error: ApiError, reply: string): void {
    // What only the storing finds out is answered like any publish.
    if (error.err_code === WRONG_LAST_ID) {
      if (part.isCommit) this.close(part.id);
      return this.refuse(reply, error);
    }
    if (!batch.mayGap && part.seq === 1) {
      this.close(part.id);
      return this.refuse(reply, error);
    }
    this.send(reply, goJson({ type: 'err', seq: part.seq, error }), 0);
    if (batch.mayGap && !part.isCommit) return;
    batch.lastSeq = part.seq - 1;
    this.finish(part.id, batch, reply);
  }

  /** Ends the batch with an acknowledgement of what was stored. */
  private finish(id: string, batch: Batch, reply: string): void {
    this.close(id);
    const prefix = this.stream.ackPrefix(batch.streamSeq);
    this.send(reply, `${prefix},"batch":${JSON.stringify(id)},"count":${batch.lastSeq}}`, batch.streamSeq);
  }

  private maybeTell(batch: Batch, reply: string): boolean {
    const step = batch.ackMessages;
    if (batch.lastSeq < batch.toldSeq + step) return false;
    batch.toldSeq += Math.floor((batch.lastSeq - batch.toldSeq) / step) * step;
    const most = Math.min(batch.maxAckMessages, Math.max(1, Math.floor(MAX_ACK_MESSAGES / this.batches.size)));
    if (batch.ackMessages < most) batch.ackMessages = Math.min(most, batch.ackMessages * 2);
    else if (batch.ackMessages > most) batch.ackMessages = Math.max(most, Math.floor(batch.ackMessages / 2));
    this.tell(batch.toldSeq, batch, reply);
    return true;
  }

  private tell(seq: number, batch: Batch, reply: string): void {
    this.send(reply, `{"type":"ack","seq":${seq},"msgs":${batch.ackMessages}}`, batch.streamSeq);
  }

  private sendGap(expected: number, seen: number, reply: string): void {
    this.send(reply, `{"type":"gap","last_seq":${expected},"seq":${seen}}`, 0);
  }

  private send(reply: string, text: string, seq: number): void {
    if (reply === '' || this.stream.config.no_ack === true) return;
    this.stream.acks.addTo(reply, seq, text);
  }

  private refuse(reply: string, error: ApiError): void {
    this.send(reply, refusalText(this.stream.config.name, error), 0);
  }

  private close(id: string): void {
    const batch = this.batches.get(id);
    if (batch === undefined) return;
    batch.timer.cancel();
    this.batches.delete(id);
    this.stream.host.fastBatches.open--;
  }

  /** Forgets all open batches. */
  clear(): void {
    for (const id of [...this.batches.keys()]) this.close(id);
  }
}
