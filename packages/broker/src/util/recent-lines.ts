/**
 * Lines of the log that were written within the last second or so: what thousands of clients do wrong at once is told of one of them.
 * Source: nats-server server/log.go RateLimitErrorf, server/server.go startRateLimitLogExpiration.
 */
import type { Clock } from '../env/env.ts';

/** How long a line stays known. */
const QUIET_MS = 1000;
/** Lines that are remembered; beyond them all is forgotten, and told again. */
const MAX_REMEMBERED = 10_000;

export class RecentLines {
  private readonly clock: Pick<Clock, 'monotonicMs'>;
  private readonly saidMs: Map<string, number> = new Map();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock;
  }

  /** True when the line was not written lately; it counts as written from now on. */
  isNew(line: string, quietMs: number = QUIET_MS): boolean {
    const nowMs = this.clock.monotonicMs();
    const saidMs = this.saidMs.get(line);
    if (saidMs !== undefined && nowMs - saidMs < quietMs) return false;
    if (this.saidMs.size >= MAX_REMEMBERED) this.saidMs.clear();
    this.saidMs.set(line, nowMs);
    return true;
  }
}
