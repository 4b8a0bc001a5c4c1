/**
 * `allow_responses`: each received message grants publishing to its reply subject, a number of times and for a while. Grants are
 * bounded: expired ones are swept out when there are many, and past the bound the oldest go.
 */
import type { Permissions } from '../options.ts';

/** Grants from which expired ones are looked for. Source: nats-server server/client.go replyPermLimit. */
const SWEEP_FROM = 4096;
/** Grants that one connection may hold. */
const MAX_GRANTS = 65_536;
const KEPT_GRANTS = 49_152;

interface Grant {
  readonly sinceMs: number;
  usedCount: number;
}

export class ReplyGrants {
  private readonly maxCount: number;
  private readonly expiresMs: number;
  /** Oldest first: a grant that is renewed was deleted by the use that failed. */
  private readonly byReply: Map<string, Grant> = new Map();
  private sweepAt = SWEEP_FROM;

  constructor(rules: NonNullable<Permissions['allowResponses']>) {
    this.maxCount = rules.maxCount;
    this.expiresMs = rules.expiresMs;
  }

  get size(): number {
    return this.byReply.size;
  }

  /** `nowMs` is monotonic. */
  grant(reply: string, nowMs: number): void {
    this.byReply.set(reply, { sinceMs: nowMs, usedCount: 0 });
    if (this.byReply.size > this.sweepAt) this.sweep(nowMs);
  }

  /** True when the reply was granted, is not used up and has not expired; counts one use. */
  use(reply: string, nowMs: number): boolean {
    const grant = this.byReply.get(reply);
    if (grant === undefined) return false;
    const isUsedUp = this.maxCount >= 0 && grant.usedCount >= this.maxCount;
    if (isUsedUp || this.hasExpired(grant, nowMs)) {
      this.byReply.delete(reply);
      return false;
    }
    grant.usedCount++;
    return true;
  }

  private hasExpired(grant: Grant, nowMs: number): boolean {
    return this.expiresMs > 0 && nowMs - grant.sinceMs > this.expiresMs;
  }

  /** The oldest stand first, so the sweep ends at the first grant that stays; a full map is emptied by a quarter at once. */
  private sweep(nowMs: number): void {
    const keptCount = this.byReply.size > MAX_GRANTS ? KEPT_GRANTS : MAX_GRANTS;
    for (const [reply, grant] of this.byReply) {
      if (!this.hasExpired(grant, nowMs) && this.byReply.size <= keptCount) break;
      this.byReply.delete(reply);
    }
    this.sweepAt = Math.min(MAX_GRANTS, Math.max(SWEEP_FROM, this.byReply.size * 2));
  }
}
