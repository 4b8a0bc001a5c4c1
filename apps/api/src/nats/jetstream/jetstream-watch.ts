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

export interface JetStreamSight {
  readonly atMs: number;
  readonly streams: number;
  readonly consumers: number;
  readonly messages: number;
  /** False: there are too many streams and consumers to look at each. */
  readonly isDetailed: boolean;
  /** Consumers that are not simply up to date, the largest lag first. */
  readonly troubledConsumers: readonly TroubledConsumer[];
  /** Streams that lost something, or are nearly full. */
  readonly troubledStreams: readonly TroubledStream[];
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
  #isReading = false;
  #nextAtMs = 0;

  constructor(options: JetStreamWatchOptions) {
    this.#options = options;
  }

  /** What was seen last, null before the first; starts a new look when it is time for one. */
  sight(): JetStreamSight | null {
    const { clock, onNotice } = this.#options;
    const startedMs = clock.monotonicMs();
    if (this.#isReading || startedMs < this.#nextAtMs) return this.#last;
    this.#isReading = true;
    this.#read()
      .catch((error: unknown) => {
        this.#last = null;
        onNotice(`looking at JetStream failed: ${String(error)}`);
      })
      .finally(() => {
        const tookMs = clock.monotonicMs() - startedMs;
        this.#nextAtMs = startedMs + Math.max(INTERVAL_MS, tookMs * IDLE_PER_BUSY);
        this.#isReading = false;
      });
    return this.#last;
  }

  /** Another server answers now. */
  forget(): void {
    this.#last = null;
    this.#nextAtMs = 0;
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
    this.#last = {
      atMs,
      ...counted,
      isDetailed,
      troubledConsumers: this.#troubledConsumers(accounts, atMs),
      troubledStreams: troubledStreams(accounts, atMs),
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

function troubledStreams(accounts: readonly JsonRecord[], atMs: number): TroubledStream[] {
  return accounts
    .flatMap((account) =>
      recordsAt(account, 'stream_detail').map((info) => ({
        account: stringAt(account, 'name'),
        row: presentStream(info, { nowMs: atMs, rates: null, fileDurability: undefined }),
        refusesWhenFull: stringAt(recordAt(info, 'config'), 'discard') === 'new',
      })),
    )
    .filter(({ row, refusesWhenFull }) => row.lost !== null || (refusesWhenFull && (row.fill ?? 0) >= NEARLY_FULL))
    .sort((a, b) => Number(b.row.lost !== null) - Number(a.row.lost !== null) || (b.row.fill ?? 0) - (a.row.fill ?? 0))
    .slice(0, MAX_TROUBLES);
}
