/**
 * Single connections that somebody has open in a drawer: each is read once a second by its cid, which costs the server one row,
 * and its last 15 minutes are kept. A connection that nobody asked about for a minute is let go.
 */
import type { ConnectionHistory, ConnectionRow, ConnectionSubscription } from '@sluice/protocol/console';
import type { Clock, Timer } from '../env/clock.ts';
import { SeriesRing } from '../lists/series-ring.ts';
import {
  type ConnectionReading,
  presentConnection,
  presentConnectionSubscriptions,
  type Slowness,
} from '../presenters/connection.ts';
import { numberAt, recordsAt } from './json-fields.ts';
import type { SystemRequests } from './nats-context.ts';

const LET_GO_AFTER_MS = 60_000;
const MAX_WATCHED = 64;
const HISTORY_POINTS = 900;
const MAX_SUBSCRIPTIONS = 1000;

const metrics = ['inMsgsPerS', 'outMsgsPerS', 'inBytesPerS', 'outBytesPerS', 'pendingBytes'] as const;
type WatchedMetric = (typeof metrics)[number];

interface Watched {
  readonly cid: number;
  readonly serverId: string;
  readonly rings: Map<WatchedMetric, SeriesRing>;
  reading: ConnectionReading | undefined;
  askedAtMs: number;
  isBusy: boolean;
}

export interface WatchedDetail {
  readonly row: ConnectionRow;
  readonly subscriptions: ConnectionSubscription[];
  readonly subscriptionsTotal: number;
  readonly history: ConnectionHistory;
}

export interface ConnectionWatchOptions {
  readonly clock: Clock;
  readonly nats: SystemRequests;
  anonymousUser(): string | null;
  serverNameOf(serverId: string): string;
  slownessOf(serverId: string): Slowness;
}

export class ConnectionWatch {
  readonly #options: ConnectionWatchOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #timer: Timer;

  constructor(options: ConnectionWatchOptions) {
    this.#options = options;
    this.#timer = options.clock.setRepeatingTimer(1000, () => this.#tick());
  }

  /** Reads a connection with its subscriptions, and goes on watching it. Undefined when it is not open. */
  async detail(cid: number, serverId: string): Promise<WatchedDetail | undefined> {
    const watched = this.#watch(cid, serverId);
    const answer = await this.#options.nats.ask(
      'CONNZ',
      { cid, auth: true, subscriptions: true, subscriptions_detail: true },
      serverId,
    );
    const entry = answer.ok ? recordsAt(answer.value, 'connections')[0] : undefined;
    if (entry === undefined) return undefined;
    const row = this.#take(watched, entry);
    const subscriptions = presentConnectionSubscriptions(entry);
    return {
      row,
      subscriptions: subscriptions.slice(0, MAX_SUBSCRIPTIONS),
      subscriptionsTotal: Math.max(subscriptions.length, row.subscriptions),
      history: this.#history(watched),
    };
  }

  /** The newest reading, and a reason to go on watching. Undefined before the first reading and after the connection is gone. */
  latest(cid: number, serverId: string): ConnectionRow | undefined {
    return this.#watch(cid, serverId).reading?.row;
  }

  stop(): void {
    this.#timer.cancel();
    this.#watched.clear();
  }

  #watch(cid: number, serverId: string): Watched {
    const key = `${serverId}:${cid}`;
    const nowMs = this.#options.clock.nowMs();
    let watched = this.#watched.get(key);
    if (watched === undefined) {
      if (this.#watched.size >= MAX_WATCHED) this.#dropLongestUnasked();
      const rings = new Map(metrics.map((name) => [name, new SeriesRing(1000, HISTORY_POINTS)]));
      watched = { cid, serverId, rings, reading: undefined, askedAtMs: nowMs, isBusy: false };
      this.#watched.set(key, watched);
    }
    watched.askedAtMs = nowMs;
    return watched;
  }

  #tick(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const [key, watched] of this.#watched) {
      if (nowMs - watched.askedAtMs > LET_GO_AFTER_MS) this.#watched.delete(key);
      else if (!watched.isBusy) this.#read(watched);
    }
  }

  #read(watched: Watched): void {
    watched.isBusy = true;
    this.#options.nats.ask('CONNZ', { cid: watched.cid, auth: true }, watched.serverId).then(
      (answer) => {
        watched.isBusy = false;
        if (!answer.ok) return;
        const entry = recordsAt(answer.value, 'connections')[0];
        if (entry === undefined || numberAt(entry, 'cid') !== watched.cid) watched.reading = undefined;
        else this.#take(watched, entry);
      },
      () => {
        watched.isBusy = false;
      },
    );
  }

  #take(watched: Watched, entry: Parameters<typeof presentConnection>[0]): ConnectionRow {
    const atMs = this.#options.clock.nowMs();
    const { serverId } = watched;
    const source = {
      serverId,
      serverName: this.#options.serverNameOf(serverId),
      atMs,
      anonymousUser: this.#options.anonymousUser(),
      slowness: this.#options.slownessOf(serverId),
    };
    const row = presentConnection(entry, source, watched.reading);
    const hasRates = row.inMsgsPerS !== null;
    if (watched.reading === undefined || hasRates) watched.reading = { row, atMs };
    if (hasRates) for (const name of metrics) watched.rings.get(name)?.put(atMs, row[name] ?? 0);
    return hasRates ? row : { ...row, ...ratesOf(watched.reading?.row) };
  }

  #history(watched: Watched): ConnectionHistory {
    const nowMs = this.#options.clock.nowMs();
    const read = (name: WatchedMetric) => watched.rings.get(name)?.read(nowMs);
    const first = read('inMsgsPerS');
    return {
      stepMs: first?.stepMs ?? 1000,
      startMs: first?.startMs ?? nowMs,
      inMsgsPerS: first?.avg ?? [],
      outMsgsPerS: read('outMsgsPerS')?.avg ?? [],
      inBytesPerS: read('inBytesPerS')?.avg ?? [],
      outBytesPerS: read('outBytesPerS')?.avg ?? [],
      pendingBytes: read('pendingBytes')?.avg ?? [],
    };
  }

  #dropLongestUnasked(): void {
    let oldest: [string, Watched] | undefined;
    for (const entry of this.#watched) if (oldest === undefined || entry[1].askedAtMs < oldest[1].askedAtMs) oldest = entry;
    if (oldest !== undefined) this.#watched.delete(oldest[0]);
  }
}

function ratesOf(
  row: ConnectionRow | undefined,
): Pick<ConnectionRow, 'inMsgsPerS' | 'outMsgsPerS' | 'inBytesPerS' | 'outBytesPerS'> {
  return {
    inMsgsPerS: row?.inMsgsPerS ?? null,
    outMsgsPerS: row?.outMsgsPerS ?? null,
    inBytesPerS: row?.inBytesPerS ?? null,
    outBytesPerS: row?.outBytesPerS ?? null,
  };
}
