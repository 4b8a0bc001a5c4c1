/**
 * Streams and consumers of an account as they were last listed, at most about a second old, with rates from one listing to the next.
 * One reader per account serves every page that is open.
 */
import type { Clock } from '../../env/clock.ts';
import { HttpFailure } from '../../http-failure.ts';
import { consumerCounters } from '../../presenters/consumers.ts';
import { streamCounters } from '../../presenters/streams.ts';
import { type JsonRecord, numberAt, recordAt, stringAt } from '../json-fields.ts';
import { type Read, Refreshed } from '../refreshed.ts';
import { CounterRates } from './counter-rates.ts';
import type { JsAccount } from './js-account.ts';
import { jsCodes } from './js-failure.ts';

export const MAX_STREAMS = 10_000;
export const MAX_CONSUMERS = 10_000;
/** Streams whose consumers are asked for at the same time. */
const MAX_PARALLEL = 8;

export interface Listing {
  readonly atMs: number;
  readonly entries: readonly JsonRecord[];
  readonly isTruncated: boolean;
}

/** Lists of one account. */
export class AccountListings {
  readonly #clock: Clock;
  readonly #open: () => Promise<JsAccount>;
  readonly #onNotice: (text: string) => void;
  readonly #streamRates = new CounterRates();
  readonly #consumerRates = new CounterRates();
  readonly #streams: Refreshed<Listing>;
  readonly #consumers: Refreshed<Listing>;

  constructor(clock: Clock, open: () => Promise<JsAccount>, onNotice: (text: string) => void) {
    this.#clock = clock;
    this.#open = open;
    this.#onNotice = onNotice;
    this.#streams = new Refreshed(clock, () => asRead(() => this.#readStreams()));
    this.#consumers = new Refreshed(clock, () => asRead(() => this.#readConsumers()));
  }

  async streams(): Promise<Listing> {
    return unwrap(await this.#streams.get());
  }

  /** Of all streams. */
  async consumers(): Promise<Listing> {
    return unwrap(await this.#consumers.get());
  }

  /** Of one stream, read now; rates are those of the last listing. */
  async consumersOf(stream: string): Promise<Listing> {
    const js = await this.#open();
    const { entries, isTruncated } = await js.pages(`CONSUMER.LIST.${stream}`, 'consumers', {}, MAX_CONSUMERS);
    this.#keepRates();
    return { atMs: this.#clock.nowMs(), entries, isTruncated };
  }

  streamRates(name: string): readonly number[] | null {
    return this.#streamRates.of(name);
  }

  consumerRates(stream: string, name: string): readonly number[] | null {
    return this.#consumerRates.of(`${stream} ${name}`);
  }

  /** Something was changed here: the next to ask sees it. */
  expire(): void {
    this.#streams.expire();
    this.#consumers.expire();
  }

  /** Takes the next listing of everything, so that pages of one stream get rates too. */
  #keepRates(): void {
    this.#consumers.get().catch((error: unknown) => this.#onNotice(`listing consumers failed: ${String(error)}`));
  }

  async #readStreams(): Promise<Listing> {
    const js = await this.#open();
    const { entries, isTruncated } = await js.pages('STREAM.LIST', 'streams', {}, MAX_STREAMS);
    const atMs = this.#clock.nowMs();
    this.#streamRates.read(
      entries.map((info) => [stringAt(recordAt(info, 'config'), 'name'), streamCounters(info)] as const),
      atMs,
    );
    return { atMs, entries, isTruncated };
  }

  async #readConsumers(): Promise<Listing> {
    const streams = await this.streams();
    const js = await this.#open();
    const names = streams.entries
      .filter((info) => numberAt(recordAt(info, 'state'), 'consumer_count') > 0)
      .map((info) => stringAt(recordAt(info, 'config'), 'name'));
    const entries: JsonRecord[] = [];
    let isTruncated = streams.isTruncated;
    for (let at = 0; at < names.length && !isTruncated; at += MAX_PARALLEL) {
      const lists = await Promise.all(names.slice(at, at + MAX_PARALLEL).map((name) => consumersOrNone(js, name)));
      for (const list of lists) {
        entries.push(...list.entries);
        isTruncated ||= list.isTruncated;
      }
      isTruncated ||= entries.length >= MAX_CONSUMERS;
    }
    const atMs = this.#clock.nowMs();
    this.#consumerRates.read(
      entries.map((info) => [`${stringAt(info, 'stream_name')} ${stringAt(info, 'name')}`, consumerCounters(info)] as const),
      atMs,
    );
    return { atMs, entries, isTruncated };
  }
}

/** Consumers of a stream that may have gone since it was listed. */
async function consumersOrNone(js: JsAccount, stream: string): Promise<{ entries: JsonRecord[]; isTruncated: boolean }> {
  try {
    return await js.pages(`CONSUMER.LIST.${stream}`, 'consumers', {}, MAX_CONSUMERS);
  } catch (error) {
    if (error instanceof HttpFailure && error.details?.jetstream?.errCode === jsCodes.streamNotFound)
      return { entries: [], isTruncated: false };
    throw error;
  }
}

async function asRead(read: () => Promise<Listing>): Promise<Read<Listing>> {
  return { ok: true, value: await read() };
}

function unwrap(read: Read<Listing>): Listing {
  if (read.ok) return read.value;
  throw new HttpFailure('unavailable', read.error.message);
}
