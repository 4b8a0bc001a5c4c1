/**
 * The other streams that a stream copies: one mirror, whose sequences and times it keeps, or any number of sources. How far each was
 * copied is in the copied messages themselves and, so that it outlives them, in a file beside the stream.
 */
import { type JsonObject, jsHeaders, parseTime, type StreamConfig } from '@sluice/protocol/jetstream';
import type { Timer } from '../../env/env.ts';
import type { AssetFile } from '../asset-file.ts';
import { headerText, headerValue, withHeader, withoutHeader, withoutPrefixed } from '../header-text.ts';
import { rollupOf } from './publish-rules.ts';
import { indexName, parseSourceHeader, type SourcePosition, sourceHeader } from './source-name.ts';
import { type SourceMessage, SourceReader, type SourceTaker } from './source-reader.ts';
import type { Stream } from './stream.ts';

const SAVE_DELAY_MS = 250;
const unknown: SourcePosition = { seq: 0, identity: '' };

export class SourceSet {
  private readonly stream: Stream;
  private mirror: SourceReader | undefined;
  private readonly readers: Map<string, SourceReader> = new Map();
  /** Positions by source, also of sources that were taken out of the configuration. */
  private positions: Map<string, SourcePosition> | undefined;
  private file: AssetFile | undefined;
  private saveTimer: Timer | undefined;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** Takes the stream's configuration into force. */
  configure(): void {
    const { mirror, sources = [] } = this.stream.config;
    if (mirror === undefined) {
      this.mirror?.release();
      this.mirror = undefined;
    } else this.mirror ??= new SourceReader(this.stream, mirror, this.mirrorTaker(), this.mirrorPosition());
    const wanted = new Map(sources.map((source) => [indexName(source), source]));
    for (const [index, reader] of [...this.readers]) {
      if (wanted.has(index)) continue;
      reader.release();
      this.readers.delete(index);
    }
    if (wanted.size === 0) return;
    const positions = this.recover();
    for (const [index, source] of wanted) {
      if (this.readers.has(index)) continue;
      const reader = new SourceReader(this.stream, source, this.sourceTaker(index), positions.get(index) ?? unknown);
      this.readers.set(index, reader);
    }
  }

  /** A stream of that name is there now: whoever waits for it need not wait any longer. */
  onAppeared(name: string): void {
    for (const reader of this.all()) if (reader.config.name === name && reader.config.external === undefined) reader.retryNow();
  }

  /** Another JetStream may be reachable now. */
  onReachable(): void {
    for (const reader of this.all()) if (reader.config.external !== undefined) reader.retryNow();
  }

  private all(): SourceReader[] {
    return this.mirror === undefined ? [...this.readers.values()] : [this.mirror];
  }

  // ---- Mirror -----------------------------------------------------------------------------------------------------

  private mirrorPosition(): SourcePosition {
    return { seq: this.stream.store.state().lastSeq, identity: '' };
  }

  private mirrorTaker(): SourceTaker {
    return {
      isMirror: true,
      firstRequest: () => firstRequest(this.stream.config.mirror),
      begin: (seq) => this.beginMirror(seq),
      skipTo: (seq) => this.skipTo(seq),
      take: (_reader, message) => this.takeMirrored(message),
    };
  }

  /** A mirror without messages begins where the origin does. */
  private beginMirror(seq: number): void {
    const { store } = this.stream;
    const { messages, lastSeq } = store.state();
    if (seq <= lastSeq + 1) return;
    if (messages === 0) this.stream.act(() => void store.compactBelow(seq));
    else this.skipTo(seq);
  }

  private skipTo(seq: number): void {
    const { store } = this.stream;
    const missing = seq - 1 - store.state().lastSeq;
    if (missing > 0) this.stream.act(() => store.skip(missing));
  }

  private takeMirrored(message: SourceMessage): boolean {
    const { stream } = this;
    if (message.seq <= stream.store.state().lastSeq) return true;
    const { subject, payload, timeUs: us, timeNs: ns } = message;
    let isTaken = false;
    stream.act(() => {
      const headers = withoutConditions(message.headers);
      const rollup = rollupOf(stream.config, headers);
      const accepted = { headers, msgId: '', rollup, increment: undefined, duplicateOf: 0 } as const;
      const outcome = stream.ingest.storeAccepted(
        { subject, headers, payload, isSourced: true, time: { us, ns } },
        stream.transformed(subject),
        accepted,
      );
      isTaken = outcome.kind !== 'refused';
      if (outcome.kind === 'refused') this.complain(outcome.error.description, message);
    });
    if (isTaken) stream.directGet.onMirrored(message.pending);
    return isTaken;
  }

  // ---- Sources ----------------------------------------------------------------------------------------------------

  private sourceTaker(index: string): SourceTaker {
    return {
      isMirror: false,
      firstRequest: () => firstRequest(this.stream.config.sources?.find((source) => indexName(source) === index)),
      begin: () => undefined,
      skipTo: () => undefined,
      take: (reader, message) => this.takeSourced(reader, message),
    };
  }

  private takeSourced(reader: SourceReader, message: SourceMessage): boolean {
    const { stream } = this;
    const { identity } = reader.position;
    let headers = withoutConditions(withoutHeader(message.headers, jsHeaders.streamSource));
    // The subject in the header is the one that the message has in its own stream.
    headers = withHeader(
      headers,
      jsHeaders.streamSource,
      sourceHeader(reader.index, { seq: message.seq, identity }, message.origin),
    );
    let isTaken = false;
    stream.act(() => {
      const outcome = stream.ingest.store({ subject: message.subject, headers, payload: message.payload, isSourced: true });
      isTaken = outcome.kind !== 'refused';
      if (outcome.kind === 'refused') this.complain(outcome.error.description, message);
    });
    if (isTaken) {
      this.positions?.set(reader.index, { seq: message.seq, identity });
      this.saveSoon();
    }
    return isTaken;
  }

  private complain(problem: string, { subject, seq }: SourceMessage): void {
    this.stream.host.log.write(
      'WRN',
      `JetStream stream '${this.stream.label}' cannot take message ${seq} ('${subject}') of another stream: ${problem}`,
    );
  }

  /** Where each source is: from the file, and from messages that were stored after it was written. */
  private recover(): Map<string, SourcePosition> {
    if (this.positions !== undefined) return this.positions;
    const positions = new Map<string, SourcePosition>();
    this.file = this.stream.host.sourcesFile(this.stream);
    const kept = parseKept(this.file?.load());
    for (const [index, position] of kept.positions) positions.set(index, position);
    const { store } = this.stream;
    for (let seq = store.nextSeqWithHeaders(kept.atSeq + 1); seq > 0; seq = store.nextSeqWithHeaders(seq)) {
      const message = store.loadNext(null, seq);
      if (message === undefined) break;
      const value = message.headerBytes > 0 ? headerValue(headerText(message.headers()), jsHeaders.streamSource) : undefined;
      const found = value === undefined ? undefined : parseSourceHeader(value);
      if (found !== undefined) positions.set(found.index, found.position);
      seq = message.seq + 1;
    }
    this.positions = positions;
    return positions;
  }

  private saveSoon(): void {
    if (this.file === undefined || this.saveTimer !== undefined) return;
    this.saveTimer = this.stream.host.clock.setTimer(SAVE_DELAY_MS, () => {
      this.saveTimer = undefined;
      this.save();
    });
  }

  /** Only what is committed is written: a position never runs ahead of its messages. */
  private save(isLast = false): void {
    const { store, host } = this.stream;
    const { lastSeq } = store.state();
    if (store.committedSeq < lastSeq) return this.saveSoon();
    try {
      const record = { at_seq: lastSeq, sources: [...(this.positions ?? [])] };
      if (isLast) this.file?.saveAtStop(record);
      else if (this.file?.saveLazily(record) === false) this.saveSoon();
    } catch (cause) {
      host.log.write('ERR', `JetStream stream '${this.stream.label}': positions of sources could not be saved: ${String(cause)}`);
    }
  }

  /** Messages of the stream are committed. */
  onCommitted(): void {
    this.mirror?.onCommitted();
    for (const reader of this.readers.values()) reader.onCommitted();
  }

  /** `mirror` and `sources` of a stream's description. */
  info(): JsonObject {
    if (this.mirror !== undefined) return { mirror: this.mirror.info() };
    if (this.readers.size === 0) return {};
    return { sources: [...this.readers.values()].map((reader) => reader.info()) };
  }

  /** Ends reading; what was made in other streams goes by itself. */
  stop(): void {
    for (const reader of this.all()) reader.stop();
    if (this.saveTimer === undefined) return;
    this.saveTimer.cancel();
    this.saveTimer = undefined;
    if (this.stream.store.committedSeq >= this.stream.store.state().lastSeq) this.save(true);
  }

  /** The stream is deleted: what was made in other streams is removed. */
  release(): void {
    for (const reader of this.all()) reader.release();
    this.saveTimer?.cancel();
    this.saveTimer = undefined;
  }
}

/** Where a reader without a position begins. */
function firstRequest(config: StreamConfig['mirror']): JsonObject {
  if ((config?.opt_start_seq ?? 0) > 0) return { deliver_policy: 'by_start_sequence', opt_start_seq: config?.opt_start_seq ?? 1 };
  const time = config?.opt_start_time;
  if (time !== undefined && parseTime(time) !== undefined) return { deliver_policy: 'by_start_time', opt_start_time: time };
  return { deliver_policy: 'all' };
}

/** What was a condition of the first publish is none of a copy. */
function withoutConditions(headers: string): string {
  return headers === '' ? '' : withoutPrefixed(withoutPrefixed(headers, 'Nats-Expected-'), 'Nats-Batch-');
}

function parseKept(content: unknown): { atSeq: number; positions: [string, SourcePosition][] } {
  const nothing = { atSeq: 0, positions: [] };
  if (typeof content !== 'object' || content === null || !('at_seq' in content) || !('sources' in content)) return nothing;
  const { at_seq: atSeq, sources } = content;
  if (typeof atSeq !== 'number' || !Array.isArray(sources)) return nothing;
  const positions: [string, SourcePosition][] = [];
  for (const row of sources) {
    if (!Array.isArray(row)) continue;
    const [index, position] = row as unknown[];
    if (typeof index !== 'string' || typeof position !== 'object' || position === null) continue;
    if (!('seq' in position) || !('identity' in position)) continue;
    const { seq, identity } = position;
    if (typeof seq === 'number' && typeof identity === 'string') positions.push([index, { seq, identity }]);
  }
  return { atSeq, positions };
}
