/**
 * JetStream of every account as the first page needs it, from one question to the monitoring of the server: what is stored, which
 * streams lost something or are full, which consumers stand still or fall behind. Asked only while somebody looks, and the seldomer
 * the longer the answer takes.
 */
import { type ConsumerRow, consumerState, type StreamRow } from '@sluice/protocol/console';
import type { Clock } from '../../env/clock.ts';
import { consumerCounters, presentConsumer } from '../../presenters/consumers.ts';
import { presentStream } from '../../presenters/streams.ts';
import { type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json-fields.ts';
import type { SystemRequests } from '../nats-context.ts';
import { CounterRates } from './counter-rates.ts';
import { LagTrend } from './lag-trend.ts';

const INTERVAL_MS = 5000;
/** Pause per time spent reading. */
const IDLE_PER_BUSY = 20;
const TIMEOUT_MS = 5000;
/** Streams and consumers together above which only totals are read: a console must not keep the server busy. */
const MAX_DETAILED = 20_000;
/** Of each kind, worst first. */
const MAX_TROUBLES = 50;

export interface TroubledConsumer {
  readonly account: string;
  readonly row: ConsumerRow;
  /** Messages by which the lag has grown lately, and in how long; null while it does not grow. */
  readonly growth: { readonly messages: number; readonly overMs: number } | null;
}

export interface TroubledStream {
  readonly account: string;
  readonly row: StreamRow;
  /** True: a full one refuses messages; false: it drops its oldest. */
  readonly refusesWhenFull: boolean;
}

/** What storage has lost or can no longer keep. */
export interface JetStreamDamage {
  readonly lostMessages: number;
  readonly lostBytes: number;
  readonly damagedStreams: number;
  readonly readOnlyStreams: number;
}

export interface JetStreamSight {
  readonly atMs: number;
  readonly streams: number;
  readonly consumers: number;
  readonly messages: number;
  /** False: there are too many streams and consumers to look at each. */
  readonly isDetailed: boolean;
  /** Consumers that are not simply up to date, the largest lag first. */
  readonly troubledConsumers: readonly TroubledConsumer[];
  /** Streams that lost something, cannot be written any more, or are nearly full. */
  readonly troubledStreams: readonly TroubledStream[];
  /** Of all streams; null while not each was looked at. */
  readonly damage: JetStreamDamage | null;
}

export interface JetStreamWatchOptions {
  readonly clock: Clock;
  readonly nats: Pick<SystemRequests, 'ask'>;
  onNotice(text: string): void;
}

export class JetStreamWatch {
  readonly #options: JetStreamWatchOptions;
  readonly #rates = new CounterRates();
  readonly #trend = new LagTrend();
  #last: JetStreamSight | null = null;
  #reading: Promise<void> | undefined;
  #nextAtMs = 0;

  constructor(options: JetStreamWatchOptions) {
    this.#options = options;
  }

  /** What was seen last, null before the first; starts a new look when it is time for one. */
  sight(): JetStreamSight | null {
    if (this.#reading === undefined && this.#options.clock.monotonicMs() >= this.#nextAtMs) this.#reading = this.#look();
    return this.#last;
  }

  /** The same for whoever looks seldom: a look that is due is waited for. */
  async freshSight(): Promise<JetStreamSight | null> {
    this.sight();
    await this.#reading;
    return this.#last;
  }

  /** Another server answers now. */
  forget(): void {
    this.#last = null;
    this.#nextAtMs = 0;
  }

  async #look(): Promise<void> {
    const { clock, onNotice } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      await this.#read();
    } catch (error) {
      this.#last = null;
      onNotice(`looking at JetStream failed: ${String(error)}`);
    }
    const tookMs = clock.monotonicMs() - startedMs;
    this.#nextAtMs = startedMs + Math.max(INTERVAL_MS, tookMs * IDLE_PER_BUSY);
    this.#reading = undefined;
  }

  async #read(): Promise<void> {
    const { clock, nats } = this.#options;
    const totals = await nats.ask('JSZ', {}, undefined, TIMEOUT_MS);
    if (!totals.ok || numberAt(recordAt(totals.value, 'config'), 'max_storage') === 0) {
      this.#last = null;
      return;
    }
    const counted = {
      streams: numberAt(totals.value, 'streams'),
      consumers: numberAt(totals.value, 'consumers'),
      messages: numberAt(totals.value, 'messages'),
    };
    const isDetailed = counted.streams + counted.consumers <= MAX_DETAILED;
    const wanted = { accounts: true, streams: true, consumer: true, config: true };
    const details = isDetailed ? await nats.ask('JSZ', wanted, undefined, TIMEOUT_MS) : undefined;
    const atMs = clock.nowMs();
    const accounts = details?.ok === true ? recordsAt(details.value, 'account_details') : [];
    const streams = streamsOf(accounts, atMs);
    this.#last = {
      atMs,
      ...counted,
      isDetailed,
      troubledConsumers: this.#troubledConsumers(accounts, atMs),
      troubledStreams: troubledStreams(streams),
      damage: details?.ok === true ? damageOf(streams) : null,
    };
  }

  #troubledConsumers(accounts: readonly JsonRecord[], atMs: number): TroubledConsumer[] {
    const infos = accounts.flatMap((account) =>
      recordsAt(account, 'stream_detail').flatMap((stream) =>
        recordsAt(stream, 'consumer_detail').map((info) => ({ account: stringAt(account, 'name'), info })),
      ),
    );
    const keyOf = (account: string, info: JsonRecord): string =>
      `${account} ${stringAt(info, 'stream_name')} ${stringAt(info, 'name')}`;
    this.#rates.read(
      infos.map(({ account, info }) => [keyOf(account, info), consumerCounters(info)] as const),
      atMs,
    );
    this.#trend.begin();
    const rows = infos.map(({ account, info }) => {
      const key = keyOf(account, info);
      const row = presentConsumer(info, { nowMs: atMs, rates: this.#rates.of(key) });
      return { account, row, growth: this.#trend.note(key, row.lag, atMs) };
    });
    this.#trend.end();
    return rows
      .filter(({ row, growth }) => growth !== null || !['up to date', 'catching up'].includes(consumerState(row).word))
      .sort((a, b) => b.row.lag - a.row.lag || b.row.ackPending - a.row.ackPending)
      .slice(0, MAX_TROUBLES);
  }
}

/** From this fill on a stream is worth a look. */
const NEARLY_FULL = 0.85;

function streamsOf(accounts: readonly JsonRecord[], atMs: number): TroubledStream[] {
  return accounts.flatMap((account) =>
    recordsAt(account, 'stream_detail').map((info) => ({
      account: stringAt(account, 'name'),
      row: presentStream(info, { nowMs: atMs, rates: null, fileDurability: undefined }),
      refusesWhenFull: stringAt(recordAt(info, 'config'), 'discard') === 'new',
    })),
  );
}

function troubledStreams(streams: readonly TroubledStream[]): TroubledStream[] {
  const weight = ({ row }: TroubledStream): number => (row.isReadOnly ? 3 : row.lost !== null ? 2 : (row.fill ?? 0));
  return streams
    .filter((stream) => weight(stream) >= 2 || (stream.refusesWhenFull && weight(stream) >= NEARLY_FULL))
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, MAX_TROUBLES);
}

function damageOf(streams: readonly TroubledStream[]): JetStreamDamage {
  const lost = streams.flatMap(({ row }) => row.lost ?? []);
  return {
    lostMessages: lost.reduce((sum, { messages }) => sum + messages, 0),
    lostBytes: lost.reduce((sum, { bytes }) => sum + bytes, 0),
    damagedStreams: lost.length,
    readOnlyStreams: streams.filter(({ row }) => row.isReadOnly).length,
  };
}
