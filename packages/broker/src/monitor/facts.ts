/**
 * What monitoring reports beside the server's own state: requests to the monitoring port, its address, and CPU time measured between
 * questions. One per server, shared by the HTTP endpoints and the system services, so that both tell the same.
 */
import type { Account } from '../account/account.ts';
import type { ProcessUsage } from '../env/env.ts';
import type { Server } from '../server.ts';

/** CPU use is averaged over at least this long; questions in between get the last figure. */
const CPU_WINDOW_MS = 1000;

/** Up to so many connections totals are exact at every question. */
const SETTLE_AT_ONCE_MAX = 1000;
/** With more connections totals are this old at most. */
const SETTLE_INTERVAL_MS = 200;

export interface ProcessFigures extends ProcessUsage {
  /** Percent of one core. */
  readonly cpuPercent: number;
}

export class MonitorFacts {
  readonly server: Server;
  /** Requests per path since start. */
  readonly httpRequests: Map<string, number> = new Map();
  /** Port of the monitoring listener; 0 without one. */
  httpPort = 0;
  /** The same over TLS. */
  httpsPort = 0;

  private sampledAtMs: number;
  private sampledCpuUs: number;
  private cpuPercent = 0;
  private settledAtMs = Number.NEGATIVE_INFINITY;

  constructor(server: Server) {
    this.server = server;
    this.sampledAtMs = server.env.clock.monotonicMs();
    this.sampledCpuUs = server.env.usage().cpuUs;
  }

  /** Memory and CPU of the process. */
  usage(): ProcessFigures {
    const { env } = this.server;
    const usage = env.usage();
    const now = env.clock.monotonicMs();
    const elapsedMs = now - this.sampledAtMs;
    if (elapsedMs >= CPU_WINDOW_MS) {
      this.cpuPercent = Math.round((usage.cpuUs - this.sampledCpuUs) / (elapsedMs * 10));
      this.sampledAtMs = now;
      this.sampledCpuUs = usage.cpuUs;
    }
    return { ...usage, cpuPercent: this.cpuPercent };
  }

  /**
   * Brings the totals of what was sent up to date; connections count for themselves until they are asked. With many connections this
   * is done a few times a second at most, because every event of a connection may ask for it.
   */
  settleCounters(): void {
    const now = this.server.env.clock.monotonicMs();
    if (this.server.clients.size > SETTLE_AT_ONCE_MAX && now - this.settledAtMs < SETTLE_INTERVAL_MS) return;
    this.settledAtMs = now;
    for (const client of this.server.clients.values()) client.noteOutput();
  }

  /** Subscriptions of all accounts, taps and Sluice's own services not counted. */
  subscriptionCount(): number {
    let count = 0;
    for (const account of this.server.accounts.all()) count += account.sublist.count;
    return count;
  }

  /** Accounts with clients. */
  activeAccounts(): Account[] {
    return this.server.accounts.all().filter((account) => account.clientIds.size + account.leafCount > 0);
  }
}
