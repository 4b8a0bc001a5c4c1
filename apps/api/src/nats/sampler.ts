/**
 * Asks every server for its totals once a second and keeps what the charts show: 15 minutes by the second, 6 hours by ten
 * seconds with the extremes. Rates are differences over the server's own time. The console's own traffic is taken out, so that an
 * idle broker reads as idle.
 */
import {
  type MetricName,
  type MetricsNow,
  metricNames,
  type Series,
  type SeriesValues,
  type ServerSummary,
} from '@sluice/protocol/console';
import type { Clock, Timer } from '../env/clock.ts';
import { SeriesRing } from '../lists/series-ring.ts';
import { type OwnStatistics, presentOwnStatistics } from '../presenters/own-statistics.ts';
import { presentServer, presentTotals, type ServerTotals } from '../presenters/server.ts';
import { type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from './json-fields.ts';
import type { SystemRequests, Traffic } from './nats-context.ts';

const SAMPLE_INTERVAL_MS = 1000;
/** A rate over a longer pause would smear it: the seconds between stay unknown. */
const LONGEST_STEP_MS = 3500;

type Totals = Record<'inMsgs' | 'outMsgs' | 'inBytes' | 'outBytes', number>;

interface ServerState {
  readonly totals: ServerTotals;
  /** Totals without the console's own traffic. */
  readonly foreign: Totals;
  readonly varz: JsonRecord;
  /** What a Sluice broker tells beyond nats-server's figures; undefined of a nats-server. */
  readonly own: OwnStatistics | undefined;
}

export interface SamplerOptions {
  readonly clock: Clock;
  readonly nats: SystemRequests;
  sluiceVersionOf(serverId: string): string | null;
  systemAccount(): string;
  /** The console's other connections to the same server, which are not shown either. */
  dataTraffic?(): Traffic & { connections: number };
}

export class Sampler {
  readonly #options: SamplerOptions;
  readonly #fine = new Map<MetricName, SeriesRing>();
  readonly #coarse = new Map<MetricName, SeriesRing>();
  #servers = new Map<string, ServerState>();
  #silent: ServerSummary[] = [];
  #timer: Timer | undefined;
  #isBusy = false;
  #asOfMs: number | null = null;
  #now: MetricsNow = unknownMetrics();
  #hasTraffic = false;
  /** Subscriptions of accounts at the newest sample, and how many of them are the server's own. */
  #accountSubscriptions: number | undefined;
  #internalSubscriptions = 0;

  constructor(options: SamplerOptions) {
    this.#options = options;
    for (const name of metricNames) {
      this.#fine.set(name, new SeriesRing(1000, 900));
      this.#coarse.set(name, new SeriesRing(10_000, 2160));
    }
  }

  start(): void {
    this.#timer = this.#options.clock.setRepeatingTimer(SAMPLE_INTERVAL_MS, () => this.tick());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** When the newest sample was taken; null before the first. */
  get asOfMs(): number | null {
    return this.#asOfMs;
  }

  /** The newest second; all null when it could not be measured. */
  get now(): MetricsNow {
    return this.#now;
  }

  /** True once clients have sent any message. */
  get hasTraffic(): boolean {
    return this.#hasTraffic;
  }

  /** Totals of each server at the last sample. */
  get totals(): ServerTotals[] {
    return [...this.#servers.values()].map((state) => state.totals);
  }

  /** What a Sluice broker told last about itself: slow consumers, subscriptions of clients. */
  ownStatistics(serverId: string): OwnStatistics | undefined {
    return this.#servers.get(serverId)?.own;
  }

  servers(): ServerSummary[] {
    const answering = [...this.#servers.values()].map(({ varz, totals }) =>
      presentServer(varz, totals, this.#options.sluiceVersionOf(totals.serverId), true),
    );
    const [only] = answering;
    // VARZ also counts the server's own subscriptions.
    if (only !== undefined && answering.length === 1) only.subscriptions = this.#now.subscriptions ?? only.subscriptions;
    return [...answering, ...this.#silent];
  }

  series(window: '15m' | '6h'): Series {
    const nowMs = this.#options.clock.nowMs();
    const rings = window === '15m' ? this.#fine : this.#coarse;
    let startMs = 0;
    let stepMs = 1000;
    const read = (name: MetricName): SeriesValues => {
      const values = rings.get(name)?.read(nowMs);
      if (values === undefined) return { avg: [] };
      ({ startMs, stepMs } = values);
      return window === '15m' ? { avg: values.avg } : { avg: values.avg, min: values.min, max: values.max };
    };
    const metrics: Series['metrics'] = {
      inMsgsPerS: read('inMsgsPerS'),
      outMsgsPerS: read('outMsgsPerS'),
      inBytesPerS: read('inBytesPerS'),
      outBytesPerS: read('outBytesPerS'),
      connections: read('connections'),
      subscriptions: read('subscriptions'),
      slowConsumers: read('slowConsumers'),
      cpuPercent: read('cpuPercent'),
      memoryBytes: read('memoryBytes'),
      storedBytes: read('storedBytes'),
    };
    return { stepMs, startMs, metrics };
  }

  /**
   * The list of connections says that clients hold `count` subscriptions: what accounts have beyond that are the server's own
   * (services every account imports), which stay the same and are taken off the totals from now on.
   */
  noteClientSubscriptions(count: number): void {
    if (this.#accountSubscriptions === undefined) return;
    this.#internalSubscriptions = Math.max(0, this.#accountSubscriptions - count);
    if (this.#now.subscriptions !== null) this.#now.subscriptions = count;
  }

  /** Starts a sample unless one is under way. */
  tick(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#sample().then(
      () => {
        this.#isBusy = false;
      },
      () => {
        this.#isBusy = false;
        this.#lose();
      },
    );
  }

  async #sample(): Promise<void> {
    const { nats, clock } = this.#options;
    if (!nats.isConnected) {
      this.#lose();
      return;
    }
    const ids = nats.serverIds.length > 0 ? nats.serverIds : [nats.serverId];
    const states = await Promise.all(ids.map((id) => this.#ask(id)));
    const next = new Map<string, ServerState>();
    for (const state of states) if (state !== undefined) next.set(state.totals.serverId, state);
    if (next.size === 0) {
      this.#lose();
      return;
    }
    this.#silent = this.servers()
      .filter((server) => ids.includes(server.id) && !next.has(server.id))
      .map((server) => ({ ...server, isAnswering: false }));
    this.#now = combine(this.#servers, next);
    const owned = [...next.values()].map((state) => state.own?.clientSubscriptions ?? null);
    this.#now.subscriptions = owned.includes(null)
      ? await this.#estimateSubscriptions(ids.length)
      : owned.reduce<number>((sum, count) => sum + (count ?? 0), 0);
    this.#servers = next;
    this.#asOfMs = clock.nowMs();
    this.#hasTraffic ||= [...next.values()].some((state) => state.foreign.inMsgs > 0);
    this.#keep(this.#asOfMs);
  }

  /**
   * VARZ of one server. What the console sent is read at the answer, what it got a moment later, when what was on its way is there: of
   * both the server may have counted any part. Taking off a little too much shows an idle server as idle, and comes back with the next
   * sample; a little too little shows traffic that there is not.
   */
  async #ask(serverId: string): Promise<ServerState | undefined> {
    const { nats, clock } = this.#options;
    const answer = await nats.ask('VARZ', {}, serverId, 2000);
    if (!answer.ok) return undefined;
    const atMs = clock.nowMs();
    const isOwn = serverId === nats.serverId;
    const { inMsgs, inBytes } = this.#ownTraffic(isOwn);
    const own = await this.#askOwn(serverId);
    const raw = presentTotals(answer.value, atMs);
    const totals = { ...raw, serverId: raw.serverId === '' ? serverId : raw.serverId };
    const ours = { ...this.#ownTraffic(isOwn), inMsgs, inBytes };
    // What is counted a moment late on one side must not look like traffic that was taken back.
    const before = this.#servers.get(totals.serverId)?.foreign;
    const count = (key: keyof Totals): number => Math.max(before?.[key] ?? 0, totals[key] - ours[key]);
    const foreign = {
      inMsgs: count('inMsgs'),
      outMsgs: count('outMsgs'),
      inBytes: count('inBytes'),
      outBytes: count('outBytes'),
    };
    // A Sluice broker counts what is hidden itself, of every console.
    const hidden = own?.hiddenConnections ?? ours.accountConnections;
    const connections = Math.max(0, totals.connections - (isOwn ? 1 : 0) - hidden);
    return { totals: { ...totals, connections }, foreign, varz: answer.value, own };
  }

  /** Of all of the console's connections together, which are to one server. */
  #ownTraffic(isOwnServer: boolean): Traffic & { accountConnections: number } {
    if (!isOwnServer) return { inMsgs: 0, outMsgs: 0, inBytes: 0, outBytes: 0, accountConnections: 0 };
    const system = this.#options.nats.ownTraffic();
    const accounts = this.#options.dataTraffic?.();
    if (accounts === undefined) return { ...system, accountConnections: 0 };
    return {
      inMsgs: system.inMsgs + accounts.inMsgs,
      outMsgs: system.outMsgs + accounts.outMsgs,
      inBytes: system.inBytes + accounts.inBytes,
      outBytes: system.outBytes + accounts.outBytes,
      accountConnections: accounts.connections,
    };
  }

  /** Sluice's own part of STATSZ. Undefined of a nats-server, which is not even asked. */
  async #askOwn(serverId: string): Promise<OwnStatistics | undefined> {
    if (this.#options.sluiceVersionOf(serverId) === null) return undefined;
    const answer = await this.#options.nats.ask('STATSZ', { sluice: true }, serverId, 2000);
    return answer.ok ? presentOwnStatistics(recordAt(answer.value, 'statsz')) : undefined;
  }

  /** For a nats-server: what its accounts have, less what the list of connections has shown to be its own. Null: not known. */
  async #estimateSubscriptions(serverCount: number): Promise<number | null> {
    this.#accountSubscriptions = serverCount === 1 ? await this.#readAccountSubscriptions() : undefined;
    if (this.#accountSubscriptions === undefined) return null;
    return Math.max(0, this.#accountSubscriptions - this.#internalSubscriptions);
  }

  /** Subscriptions of ordinary accounts; VARZ also counts the system account's. Undefined when the server does not tell. */
  async #readAccountSubscriptions(): Promise<number | undefined> {
    const answer = await this.#options.nats.request('$SYS.REQ.ACCOUNT.PING.STATZ', {}, 2000);
    if (!answer.ok) return undefined;
    const accounts = recordsAt(answer.value, 'account_statz').filter(
      (entry) => stringAt(entry, 'acc') !== this.#options.systemAccount(),
    );
    return accounts.reduce((sum, entry) => sum + numberAt(entry, 'num_subscriptions'), 0);
  }

  #keep(atMs: number): void {
    for (const name of metricNames) {
      const value = this.#now[name];
      if (value === null) continue;
      this.#fine.get(name)?.put(atMs, value);
      this.#coarse.get(name)?.put(atMs, value);
    }
  }

  #lose(): void {
    this.#silent = this.servers().map((server) => ({ ...server, isAnswering: false }));
    this.#servers = new Map();
    this.#now = unknownMetrics();
  }
}

function unknownMetrics(): MetricsNow {
  return {
    inMsgsPerS: null,
    outMsgsPerS: null,
    inBytesPerS: null,
    outBytesPerS: null,
    connections: null,
    subscriptions: null,
    slowConsumers: null,
    cpuPercent: null,
    memoryBytes: null,
    storedBytes: null,
  };
}

/** Sums over servers; a rate needs two samples of every server that answers. */
function combine(before: ReadonlyMap<string, ServerState>, after: ReadonlyMap<string, ServerState>): MetricsNow {
  const sum = (of: (totals: ServerTotals) => number): number =>
    [...after.values()].reduce((total, state) => total + of(state.totals), 0);
  const rate = (key: keyof Totals): number | null => {
    let total = 0;
    for (const [id, state] of after) {
      const step = rateOf(before.get(id), state, key);
      if (step === null) return null;
      total += step;
    }
    return total;
  };
  return {
    inMsgsPerS: rate('inMsgs'),
    outMsgsPerS: rate('outMsgs'),
    inBytesPerS: rate('inBytes'),
    outBytesPerS: rate('outBytes'),
    connections: sum((totals) => totals.connections),
    // VARZ counts the server's own ones too: the caller knows better.
    subscriptions: null,
    slowConsumers: sum((totals) => totals.slowConsumers),
    cpuPercent: sum((totals) => totals.cpuPercent),
    memoryBytes: sum((totals) => totals.memoryBytes),
    storedBytes: [...after.values()].every(({ totals }) => totals.jetstream === null)
      ? null
      : sum(({ jetstream }) => (jetstream?.fileBytes ?? 0) + (jetstream?.memoryBytes ?? 0)),
  };
}

function rateOf(before: ServerState | undefined, after: ServerState, key: keyof Totals): number | null {
  if (before === undefined) return null;
  const elapsedMs = after.totals.atMs - before.totals.atMs;
  const count = after.foreign[key] - before.foreign[key];
  if (elapsedMs < 100 || elapsedMs > LONGEST_STEP_MS || count < 0) return null;
  return (count * 1000) / elapsedMs;
}
