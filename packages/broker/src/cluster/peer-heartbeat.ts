/** PINGs to another server, sent whether it talks or not, and the deadline for its first words. Source: nats-server server/client.go. */
import type { Env, Timer } from '../env/env.ts';

/** Longest time between two PINGs. */
const MAX_PING_INTERVAL_MS = 30_000;
const FIRST_PING_MS = 1000;
const JITTER = 0.2;

/** What the connection does at the timers. */
export interface HeartbeatOwner {
  sendPing(): void;
  /** `pingMax` PINGs in a row were not answered. */
  onStale(): void;
  /** It has not said who it is in time. */
  onSilent(): void;
}

export interface HeartbeatRules {
  readonly intervalMs: number;
  readonly pingMax: number;
}

export class PeerHeartbeat {
  rttUs = 0;
  private readonly env: Env;
  private readonly owner: HeartbeatOwner;
  private readonly rules: HeartbeatRules;
  private readonly intervalMs: number;
  private unanswered = 0;
  private sentMs = 0;
  private pingTimer: Timer | null = null;
  private deadline: Timer | null = null;

  constructor(env: Env, owner: HeartbeatOwner, rules: HeartbeatRules) {
    this.env = env;
    this.owner = owner;
    this.rules = rules;
    this.intervalMs = Math.min(rules.intervalMs, MAX_PING_INTERVAL_MS);
  }

  /** Starts with the deadline for the first words. */
  start(deadlineMs: number): void {
    this.expectWithin(deadlineMs);
    const first = Math.min(this.intervalMs, FIRST_PING_MS);
    const jitter = first * JITTER * (this.env.random.uint32() / 2 ** 32);
    this.pingTimer = this.env.clock.setTimer(first + jitter, this.onTimer);
  }

  /** The next words are due. */
  expectWithin(deadlineMs: number): void {
    this.deadline?.cancel();
    this.deadline = this.env.clock.setTimer(deadlineMs, () => this.owner.onSilent());
  }

  /** It has said who it is. */
  noteKnown(): void {
    this.deadline?.cancel();
    this.deadline = null;
  }

  notePing(): void {
    this.sentMs = this.env.clock.monotonicMs();
    this.unanswered++;
  }

  notePong(): void {
    if (this.sentMs > 0) this.rttUs = Math.max(1, Math.round((this.env.clock.monotonicMs() - this.sentMs) * 1000));
    this.sentMs = 0;
    this.unanswered = 0;
  }

  private readonly onTimer = (): void => {
    const { owner, rules, env } = this;
    // Before it is known, its deadline watches it.
    if (this.deadline === null) {
      if (this.unanswered >= rules.pingMax) return owner.onStale();
      this.notePing();
      owner.sendPing();
    }
    this.pingTimer = env.clock.setTimer(this.intervalMs, this.onTimer);
  };

  stop(): void {
    this.pingTimer?.cancel();
    this.noteKnown();
  }
}
