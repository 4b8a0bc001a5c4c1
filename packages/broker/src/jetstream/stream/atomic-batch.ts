/**
 * Atomic batches: messages with one id and consecutive numbers are collected, and stored all together when the last one says so, or
 * not at all. Source: nats-server server/stream.go processJetStreamAtomicBatchMsg, server/jetstream_batching.go; ADR-50.
 */
import { type ApiError, apiError, jsHeaders } from '@sluice/protocol/jetstream';
import type { Timer } from '../../env/env.ts';
import { headerValue, parseDigits, withHeader, withoutHeader } from '../header-text.ts';
import { RecordFlag } from '../store/record.ts';
import { type BatchCheck, checkBatch } from './batch-check.ts';
import type { Publish } from './ingest.ts';
import { refusalText } from './ingest.ts';
import { needsHigherLevelText } from './required-level.ts';
import type { Stream } from './stream.ts';

const MAX_ID_LENGTH = 64;

interface Batch {
  lastSeq: number;
  bytes: number;
  readonly messages: Publish[];
  timer: Timer;
}

/** Batches that are open in all streams of the server. */
export interface BatchCounter {
  open: number;
}

export class AtomicBatches {
  private readonly stream: Stream;
  private readonly batches: Map<string, Batch> = new Map();

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** One message of a batch. */
  take(publish: Publish, reply: string): void {
    const { stream } = this;
    const id = headerValue(publish.headers, jsHeaders.batchId) ?? '';
    const error = this.problemBefore(publish, id);
    if (error !== undefined) return this.answer(reply, refusalText(stream.config.name, error));
    const seq = parseDigits(headerValue(publish.headers, jsHeaders.batchSeq) ?? '');
    if (seq === undefined) return this.refuse(reply, apiError('atomicPublishMissingSeq'));
    const commit = headerValue(publish.headers, jsHeaders.batchCommit);
    this.collect({ id, seq, commit, publish, reply });
  }

  private problemBefore(publish: Publish, id: string): ApiError | undefined {
    const { stream } = this;
    const { config } = stream;
    if (config.sealed) return apiError('streamSealed');
    const limit = stream.limitProblem(publish.subject.length, publish.headers.length, publish.payload.length);
    if (limit !== undefined) return limit;
    const size = publish.headers.length + publish.payload.length;
    if (config.max_msg_size >= 0 && size > config.max_msg_size) return apiError('streamMessageExceedsMaximum');
    if (config.allow_atomic !== true) return apiError('atomicPublishDisabled');
    if (id.length > MAX_ID_LENGTH) return apiError('atomicPublishInvalidBatchID');
    return undefined;
  }

  private collect(part: { id: string; seq: number; commit: string | undefined; publish: Publish; reply: string }): void {
    const { id, seq, commit, reply } = part;
    const isEob = commit === 'eob';
    const size = isEob ? seq - 1 : seq;
    const maxSize = this.stream.host.options.maxBatchMessages;
    let batch = this.batches.get(id);
    if (batch === undefined) {
      if (seq !== 1)
        return this.refuse(
          reply,
          size > maxSize ? apiError('atomicPublishTooLargeBatch', { size: maxSize }) : apiError('atomicPublishIncompleteBatch'),
        );
      batch = this.open(id, reply);
      if (batch === undefined) return;
    }
    if (commit !== undefined && commit !== '1' && !isEob) {
      this.close(id);
      return this.refuse(reply, apiError('atomicPublishInvalidBatchCommit'));
    }
    if (needsHigherLevelText(part.publish.headers)) {
      this.abandon(id, 'unsupported');
      return this.refuse(reply, apiError('requiredApiLevel'));
    }
    batch.lastSeq++;
    if (batch.lastSeq !== seq || (seq === 1 && isEob)) {
      this.abandon(id, 'incomplete');
      return this.refuse(reply, apiError('atomicPublishIncompleteBatch'));
    }
    if (size > maxSize) {
      this.abandon(id, 'large');
      return this.refuse(reply, apiError('atomicPublishTooLargeBatch', { size: maxSize }));
    }
    this.keep(id, batch, part.publish, isEob);
    if (commit === undefined) return this.answer(reply, '');
    this.commit(id, batch, isEob, reply);
  }

  private open(id: string, reply: string): Batch | undefined {
    const { host } = this.stream;
    const { maxBatchInflightPerStream, maxBatchInflightTotal } = host.options;
    if (this.batches.size + 1 > maxBatchInflightPerStream || host.atomicBatches.open + 1 > maxBatchInflightTotal) {
      this.refuse(reply, apiError('atomicPublishTooManyInflight'));
      return undefined;
    }
    const batch: Batch = { lastSeq: 0, bytes: 0, messages: [], timer: this.startTimer(id) };
    this.batches.set(id, batch);
    host.atomicBatches.open++;
    return batch;
  }

  private startTimer(id: string): Timer {
    const { host } = this.stream;
    return host.clock.setTimer(host.options.batchTimeoutMs, () => this.abandon(id, 'timeout'));
  }

  private keep(id: string, batch: Batch, publish: Publish, isEob: boolean): void {
    batch.timer.cancel();
    batch.timer = this.startTimer(id);
    if (isEob) return;
    const headers = withoutHeader(publish.headers, jsHeaders.requiredApiLevel);
    batch.messages.push({ ...publish, headers, payload: Buffer.from(publish.payload) });
    batch.bytes += publish.headers.length + publish.payload.length;
  }

  private commit(id: string, batch: Batch, isEob: boolean, reply: string): void {
    const { stream } = this;
    this.close(id);
    const check: BatchCheck = checkBatch(stream, batch.messages);
    if (!check.ok) return this.refuse(reply, check.error);
    const { accepted } = check;
    let seq = 0;
    for (const [position, one] of accepted.entries()) {
      const isLast = position === accepted.length - 1;
      const headers = isLast && isEob ? withHeader(one.accepted.headers, jsHeaders.batchCommit, '1') : one.accepted.headers;
      const flags = isLast ? RecordFlag.inBatch | RecordFlag.endsBatch : RecordFlag.inBatch;
      const outcome = stream.ingest.storeAccepted({ ...one.publish, flags }, one.subject, { ...one.accepted, headers });
      if (outcome.kind === 'refused') return this.refuse(reply, outcome.error);
      seq = outcome.seq;
    }
    if (reply === '' || stream.config.no_ack === true) return;
    stream.acks.addTo(reply, seq, stream.batchAckText(seq, id, accepted.length));
  }

  private answer(reply: string, text: string): void {
    if (reply === '' || this.stream.config.no_ack === true) return;
    this.stream.acks.addTo(reply, 0, text);
  }

  private refuse(reply: string, error: ApiError): void {
    this.answer(reply, refusalText(this.stream.config.name, error));
  }

  private close(id: string): void {
    const batch = this.batches.get(id);
    if (batch === undefined) return;
    batch.timer.cancel();
    this.batches.delete(id);
    this.stream.host.atomicBatches.open--;
  }

  private abandon(id: string, reason: 'timeout' | 'large' | 'incomplete' | 'unsupported'): void {
    if (!this.batches.has(id)) return;
    this.close(id);
    this.stream.advisories.batchAbandoned(id, reason);
  }

  /** Forgets all open batches. */
  clear(): void {
    for (const id of [...this.batches.keys()]) this.close(id);
  }
}
