// hot path
/**
 * The connections that got output in this event-loop turn, written together after the turn's input was read; and the fan-out run
 * that may be open: messages to the same receivers are rendered once and copied to each in one piece.
 */
import { copyBytes, SlackBuffer } from '@sluice/protocol/wire';
import type { Clock } from '../env/env.ts';
import type { Match } from '../routing/match.ts';
import type { Message } from '../routing/message.ts';
import type { FramePrefix } from '../routing/subscriber.ts';
import type { Outbound } from './outbound.ts';
import { OutputPool } from './output-pool.ts';

/**
 * After a turn with output the event loop looks for input this many times before it sleeps: an answer usually comes within some
 * microseconds, and waking a sleeping core costs more than the looking (req-1 p50: 0.95 of nats-server's without, 0.33 with).
 */
const POLLS_AFTER_OUTPUT = 40;
/** Looking goes on while it pays: each success earns two further tries, up to this many; each failure costs one. */
const MAX_POLL_CREDIT = 16;
/** Without credit, one turn in this many looks, to notice when it would pay again. */
const PROBE_EVERY = 64;

const RUN_BYTES = 1 << 20;
/** A run this long is handed out at once. */
const RUN_FULL_BYTES = 131_072;
/** Larger messages are not collected: one copy more would cost more than the rendering saved. */
const MAX_RUN_MESSAGE_BYTES = 65_536;

/** How often in one turn those are heard out who hear each other. */
const HEARING_ROUNDS = 4;

export class OutputTurn {
  readonly pool: OutputPool = new OutputPool();
  readonly clock: Clock;
  /** The match whose receivers the open run is for, or null. */
  openRun: Match | null = null;

  private readonly dirty: Outbound[] = [];
  private deferred: (() => void)[] = [];
  private hearing: (() => void)[] = [];
  private isRunning = false;
  private isScheduled = false;
  private run: SlackBuffer | null = null;
  private runBytes = 0;
  private runCount = 0;
  private runPayloadBytes = 0;
  private pollsLeft = 0;
  private pollCredit = MAX_POLL_CREDIT;
  private turnsSinceProbe = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The connection has output; it is flushed at the end of the turn. */
  add(outbound: Outbound): void {
    this.dirty.push(outbound);
    if (!this.isScheduled) this.schedule();
  }

  /** Runs `task` after the input of this turn and before its output is written: the place for whoever publishes because of a message. */
  defer(task: () => void): void {
    this.deferred.push(task);
    if (!this.isScheduled) this.schedule();
  }

  /**
   * As `defer`, in order with all other tasks; but what a deferred task publishes is heard still in this turn, before a client can answer
   * its output.
   */
  deferHearing(task: () => void): void {
    if (!this.isRunning) return this.defer(task);
    this.hearing.push(task);
    if (!this.isScheduled) this.schedule();
  }

  private runDeferred(): void {
    const tasks = this.deferred;
    this.deferred = [];
    this.isRunning = true;
    for (let index = 0; index < tasks.length; index++) (tasks[index] as () => void)();
    for (let round = 0; this.hearing.length > 0 && round < HEARING_ROUNDS; round++) {
      const hearing = this.hearing;
      this.hearing = [];
      for (let index = 0; index < hearing.length; index++) (hearing[index] as () => void)();
    }
    this.isRunning = false;
  }

  private schedule(): void {
    this.isScheduled = true;
    this.clock.afterInput(this.flushAll);
  }

  private readonly flushAll = (): void => {
    this.isScheduled = false;
    if (this.deferred.length > 0 || this.hearing.length > 0) this.runDeferred();
    if (this.openRun !== null) this.endRun();
    const dirty = this.dirty;
    const count = dirty.length;
    for (let index = 0; index < dirty.length; index++) (dirty[index] as Outbound).flush();
    if (count > 0) dirty.length = 0;
    if (this.mayPoll(count > 0) && !this.isScheduled) this.schedule();
  };

  /** Writes the output that there is, without ending the turn: for whoever is watched as it works. */
  settle(): void {
    if (this.openRun !== null) this.endRun();
    for (const outbound of this.dirty.splice(0)) outbound.flush();
  }

  /** Decides whether to look for input once more instead of sleeping. */
  private mayPoll(hadOutput: boolean): boolean {
    if (hadOutput) {
      if (this.pollsLeft > 0) this.pollCredit = Math.min(MAX_POLL_CREDIT, this.pollCredit + 2);
      const mayTry = this.pollCredit > 0 || ++this.turnsSinceProbe >= PROBE_EVERY;
      if (mayTry) this.turnsSinceProbe = 0;
      this.pollsLeft = mayTry ? POLLS_AFTER_OUTPUT : 0;
    } else if (this.pollsLeft > 0 && --this.pollsLeft === 0 && this.pollCredit > 0) this.pollCredit--;
    return this.pollsLeft > 0;
  }

  /** True when the message was added to a run for all receivers of a uniform match; false when it is too large for one. */
  addToRun(match: Match, message: Message): boolean {
    const prefix = (match.prefixes as FramePrefix[])[0] as FramePrefix;
    const tailBytes = message.payloadStart - message.tailStart + message.sizeBytes + 2;
    const frameBytes = prefix.lengthBytes + tailBytes;
    if (frameBytes > MAX_RUN_MESSAGE_BYTES) return false;
    if (this.openRun !== match || this.runBytes > RUN_FULL_BYTES) {
      if (this.openRun !== null) this.endRun();
      this.openRun = match;
      this.run ??= new SlackBuffer(RUN_BYTES);
      if (!this.isScheduled) this.schedule();
    }
    const run = this.run as SlackBuffer;
    let position = this.runBytes;
    const words = prefix.words;
    for (let index = 0; index < words.length; index++) run.view.setInt32(position + (index << 2), words[index] as number, true);
    position += prefix.lengthBytes;
    copyBytes(run.bytes, run.view, position, message.bytes, message.view, message.tailStart, tailBytes);
    this.runBytes = position + tailBytes;
    this.runCount++;
    this.runPayloadBytes += message.sizeBytes;
    return true;
  }

  /** Copies the open run to each of its receivers. */
  endRun(): void {
    const match = this.openRun as Match;
    const { runBytes, runCount, runPayloadBytes } = this;
    this.openRun = null;
    this.runBytes = 0;
    this.runCount = 0;
    this.runPayloadBytes = 0;
    const plain = match.plain;
    for (let index = 0; index < plain.length; index++) {
      const subscription = plain[index];
      if (subscription === undefined || subscription.isClosed) continue;
      subscription.deliveredCount += runCount;
      subscription.subscriber.takeRun(this.run as SlackBuffer, runBytes, runCount, runPayloadBytes);
    }
  }
}
