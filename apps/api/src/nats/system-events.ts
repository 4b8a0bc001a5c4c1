/**
 * What happens on the broker, as it happens: connects, disconnects, refused logins. Feeds the event log and the counts of the
 * last minutes that findings are made of. The console's own connections are left out.
 */
import type { Clock } from '../env/clock.ts';
import type { EventLog } from '../live/event-log.ts';
import {
  type EventClient,
  eventClient,
  isRefusedLogin,
  isSlowConsumer,
  presentAuthError,
  presentConnect,
  presentDisconnect,
} from '../presenters/system-event.ts';
import { WORKBENCH_CLIENT_NAME } from '../workbench/user-connection.ts';
import { AuthFailures } from './auth-failures.ts';
import { type JsonRecord, recordOf } from './json-fields.ts';
import { CONSOLE_CLIENT_NAME, type NatsContext } from './nats-context.ts';

/** A client that was cut off for being slow. */
export interface SlowClient extends EventClient {
  readonly atMs: number;
}

const MINUTE_MS = 60_000;
const REMEMBER_MS = 15 * MINUTE_MS;
const MAX_REMEMBERED = 1000;

/** Counts per second of the last minutes. */
class RecentCount {
  readonly #perSecond = new Map<number, number>();

  add(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    this.#perSecond.set(second, (this.#perSecond.get(second) ?? 0) + 1);
    if (this.#perSecond.size > 120)
      for (const known of this.#perSecond.keys()) if (known < second - 60) this.#perSecond.delete(known);
  }

  lastMinute(nowMs: number): number {
    const from = Math.floor(nowMs / 1000) - 60;
    let total = 0;
    for (const [second, count] of this.#perSecond) if (second > from) total += count;
    return total;
  }
}

export interface SystemEventsOptions {
  readonly clock: Clock;
  readonly nats: NatsContext;
  readonly log: EventLog;
}

export class SystemEvents {
  /** Who was refused, and why. */
  readonly authFailures = new AuthFailures();
  readonly #options: SystemEventsOptions;
  readonly #connects = new RecentCount();
  readonly #disconnects = new RecentCount();
  readonly #authErrors = new RecentCount();
  #slow: SlowClient[] = [];
  #stop: (() => void)[] = [];

  constructor(options: SystemEventsOptions) {
    this.#options = options;
  }

  /** Subscribes on the present connection; call again only after the connection object changed. */
  start(): void {
    this.stop();
    const { nats } = this.#options;
    this.#stop = [
      nats.subscribe('$SYS.ACCOUNT.*.CONNECT', (message) => this.#connected(recordOf(message.json()))),
      nats.subscribe('$SYS.ACCOUNT.*.DISCONNECT', (message) => this.#disconnected(recordOf(message.json()))),
      nats.subscribe('$SYS.SERVER.*.CLIENT.AUTH.ERR', (message) => this.#refused(recordOf(message.json()))),
    ];
  }

  stop(): void {
    for (const stop of this.#stop.splice(0)) stop();
  }

  /** Connections that came in the last minute. */
  connects1m(): number {
    return this.#connects.lastMinute(this.#options.clock.nowMs());
  }

  disconnects1m(): number {
    return this.#disconnects.lastMinute(this.#options.clock.nowMs());
  }

  authErrors1m(): number {
    return this.#authErrors.lastMinute(this.#options.clock.nowMs());
  }

  /** Clients cut off for being slow in the last 15 minutes, newest first. */
  slowClients(): readonly SlowClient[] {
    const from = this.#options.clock.nowMs() - REMEMBER_MS;
    this.#slow = this.#slow.filter((client) => client.atMs >= from);
    return this.#slow;
  }

  #connected(event: JsonRecord): void {
    if (isOwn(eventClient(event))) return;
    const nowMs = this.#options.clock.nowMs();
    this.#connects.add(nowMs);
    this.#options.log.add(presentConnect(event, nowMs));
  }

  #disconnected(event: JsonRecord): void {
    const client = eventClient(event);
    // A refused login never was a connection, and its own event has told of it.
    if (isOwn(client) || isRefusedLogin(client.reason)) return;
    const nowMs = this.#options.clock.nowMs();
    this.#disconnects.add(nowMs);
    if (isSlowConsumer(client.reason)) this.#slow = [{ ...client, atMs: nowMs }, ...this.#slow].slice(0, MAX_REMEMBERED);
    this.#options.log.add(presentDisconnect(event, nowMs));
  }

  #refused(event: JsonRecord): void {
    const nowMs = this.#options.clock.nowMs();
    this.#authErrors.add(nowMs);
    const { cid, serverId, user, name, host, library, reason } = eventClient(event);
    this.authFailures.add({ cid, serverId, user, name, address: host, client: library, reason, atMs: nowMs });
    this.#options.log.add(presentAuthError(event, nowMs));
  }
}

/** The console's own connection, and the short ones of its workbench, whose use the audit log tells. */
function isOwn(client: EventClient): boolean {
  return client.name === CONSOLE_CLIENT_NAME || client.name === WORKBENCH_CLIENT_NAME;
}
