/**
 * All client connections of all servers, as one list that pages are cut from. It is read only while somebody looks: a request
 * for a fresh snapshot starts a reading when the last one is old enough. Large servers are read less often, so that reading takes
 * at most a third of the time.
 */
import type { ConnectionPreset, ConnectionRow } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import { countPresets } from '../lists/connection-query.ts';
import { type ConnectionReading, presentConnection, type RowSource, type Slowness } from '../presenters/connection.ts';
import { type JsonRecord, numberAt, recordsAt, stringAt } from './json-fields.ts';
import { CONSOLE_CLIENT_NAME, type SystemRequests } from './nats-context.ts';
import { type Read, Refreshed } from './refreshed.ts';

export interface ConnectionSnapshot {
  readonly asOfMs: number;
  readonly open: readonly ConnectionRow[];
  readonly presetCounts: Record<ConnectionPreset, number>;
}

export interface ConnectionIndexOptions {
  readonly clock: Clock;
  readonly nats: SystemRequests;
  anonymousUser(): string | null;
  serverNameOf(serverId: string): string;
  slownessOf(serverId: string): Slowness;
  systemAccount(): string;
  /** True for the console's connections into ordinary accounts. */
  isOwnConnection?(connection: { serverId: string; cid: number; user: string }): boolean;
  /** Subscriptions that the rows of a fresh snapshot hold together. */
  onSubscriptions(count: number): void;
}

/** Small enough that making one page keeps the broker from its messages for some 10 ms only. */
const PAGE_ROWS = 1024;
/** Connections that are read per server; the list says nothing about more. */
const MAX_ROWS = 250_000;
const MAX_CLOSED_ROWS = 10_000;
/** `state` of CONNZ. Source: nats-server server/monitor.go ConnState. */
const STATE_OPEN = 0;
const STATE_CLOSED = 1;

export class ConnectionIndex {
  readonly #options: ConnectionIndexOptions;
  readonly #open: Refreshed<ConnectionSnapshot>;
  readonly #closed: Refreshed<{ asOfMs: number; rows: readonly ConnectionRow[] }>;
  #readings = new Map<string, Map<number, ConnectionReading>>();

  constructor(options: ConnectionIndexOptions) {
    this.#options = options;
    this.#open = new Refreshed(options.clock, () => this.#readOpen());
    this.#closed = new Refreshed(options.clock, () => this.#readClosed());
  }

  /** The newest snapshot, at most about a second old on a server of ordinary size. */
  snapshot(): Promise<Read<ConnectionSnapshot>> {
    return this.#open.get();
  }

  /** The newest snapshot without reading anything. */
  get last(): ConnectionSnapshot | undefined {
    return this.#open.last;
  }

  /** Closed connections with their reasons, newest first. */
  closed(): Promise<Read<{ asOfMs: number; rows: readonly ConnectionRow[] }>> {
    return this.#closed.get();
  }

  /** One closed connection, asked for by its number. */
  async findClosed(cid: number, serverId: string): Promise<ConnectionRow | undefined> {
    const answer = await this.#options.nats.ask('CONNZ', { cid, state: STATE_CLOSED, auth: true }, serverId);
    const entry = answer.ok ? recordsAt(answer.value, 'connections').find((known) => known['cid'] === cid) : undefined;
    return entry === undefined
      ? undefined
      : presentConnection(entry, this.#source(serverId, this.#options.clock.nowMs()), undefined);
  }

  /** A row of the newest snapshot. */
  find(cid: number, serverId?: string): ConnectionRow | undefined {
    for (const [id, readings] of this.#readings) {
      if (serverId !== undefined && id !== serverId) continue;
      const reading = readings.get(cid);
      if (reading !== undefined) return reading.row;
    }
    return undefined;
  }

  /** A connection was just closed: the next to ask sees it. */
  expire(): void {
    this.#open.expire();
    this.#closed.expire();
  }

  /** The broker is another one now. */
  forget(): void {
    this.#open.forget();
    this.#closed.forget();
    this.#readings = new Map();
  }

  async #readOpen(): Promise<Read<ConnectionSnapshot>> {
    const { clock, nats } = this.#options;
    const open: ConnectionRow[] = [];
    const readings = new Map<string, Map<number, ConnectionReading>>();
    let closedTotal = 0;
    for (const serverId of this.#serverIds()) {
      const before = this.#readings.get(serverId);
      const ofServer = new Map<number, ConnectionReading>();
      const entries = await this.#readPages(serverId, STATE_OPEN, MAX_ROWS, (entry, atMs) => {
        const row = presentConnection(entry, this.#source(serverId, atMs), before?.get(numberAt(entry, 'cid')));
        ofServer.set(row.cid, { row, atMs });
        open.push(row);
      });
      if (!entries.ok) return entries;
      readings.set(serverId, ofServer);
      const closed = await nats.ask('CONNZ', { state: STATE_CLOSED, limit: 1, auth: true }, serverId);
      if (closed.ok) closedTotal += numberAt(closed.value, 'total');
    }
    this.#readings = readings;
    this.#options.onSubscriptions(open.reduce((sum, row) => sum + row.subscriptions, 0));
    const asOfMs = clock.nowMs();
    return { ok: true, value: { asOfMs, open, presetCounts: countPresets(open, closedTotal, asOfMs) } };
  }

  async #readClosed(): Promise<Read<{ asOfMs: number; rows: readonly ConnectionRow[] }>> {
    const rows: ConnectionRow[] = [];
    for (const serverId of this.#serverIds()) {
      const read = await this.#readPages(serverId, STATE_CLOSED, MAX_CLOSED_ROWS, (entry, atMs) => {
        rows.push(presentConnection(entry, this.#source(serverId, atMs), undefined));
      });
      if (!read.ok) return read;
    }
    rows.sort((a, b) => (b.stoppedAtMs ?? 0) - (a.stoppedAtMs ?? 0) || b.cid - a.cid);
    return { ok: true, value: { asOfMs: this.#options.clock.nowMs(), rows } };
  }

  async #readPages(
    serverId: string,
    state: number,
    most: number,
    onEntry: (entry: JsonRecord, atMs: number) => void,
  ): Promise<Read<number>> {
    const { nats, clock } = this.#options;
    const seen = new Set<number>();
    for (let offset = 0; offset < most; offset += PAGE_ROWS) {
      const answer = await nats.ask('CONNZ', { auth: true, sort: 'cid', state, limit: PAGE_ROWS, offset }, serverId, 10_000);
      if (!answer.ok) return answer;
      const entries = recordsAt(answer.value, 'connections');
      const atMs = clock.nowMs();
      for (const entry of entries) {
        const cid = numberAt(entry, 'cid');
        // Pages shift while connections come and go: a row may be seen twice.
        if (seen.has(cid) || this.#isOwn(entry, serverId)) continue;
        seen.add(cid);
        onEntry(entry, atMs);
      }
      if (offset + entries.length >= numberAt(answer.value, 'total') || entries.length === 0) break;
    }
    return { ok: true, value: seen.size };
  }

  /** The console does not show itself. */
  #isOwn(entry: JsonRecord, serverId: string): boolean {
    const { nats } = this.#options;
    if (serverId === nats.serverId && numberAt(entry, 'cid') === nats.ownCid) return true;
    if (stringAt(entry, 'name') !== CONSOLE_CLIENT_NAME) return false;
    if (stringAt(entry, 'account') === this.#options.systemAccount()) return true;
    // By name alone anybody could hide.
    const connection = { serverId, cid: numberAt(entry, 'cid'), user: stringAt(entry, 'authorized_user') };
    return this.#options.isOwnConnection?.(connection) === true;
  }

  #source(serverId: string, atMs: number): RowSource {
    const { serverNameOf, anonymousUser, slownessOf } = this.#options;
    return {
      serverId,
      serverName: serverNameOf(serverId),
      atMs,
      anonymousUser: anonymousUser(),
      slowness: slownessOf(serverId),
    };
  }

  #serverIds(): readonly string[] {
    const { nats } = this.#options;
    return nats.serverIds.length > 0 ? nats.serverIds : [nats.serverId];
  }
}
