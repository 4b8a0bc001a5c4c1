// hot path
/** When a stream's messages are stored: never before the one in front, and distinct also among the many of one turn. */
import type { Clock } from '../../env/env.ts';
import type { Draft } from '../store/record.ts';

/** Of a microsecond. */
const LAST_NANOSECOND = 999;

export class StreamClock {
  private readonly clock: Clock;
  private lastUs: number;
  private lastNs: number;
  /** The clock was read in this turn. */
  private isKnown = false;

  /** `last` is the time of the newest message. */
  constructor(clock: Clock, last: { readonly lastTimeUs: number; readonly lastTimeNs: number }) {
    this.clock = clock;
    this.lastUs = last.lastTimeUs;
    this.lastNs = last.lastTimeNs;
  }

  /** Time of the next message. */
  nextUs(): number {
    const nowUs = this.clock.nowUs();
    this.isKnown = true;
    if (nowUs > this.lastUs) {
      this.lastUs = nowUs;
      this.lastNs = 0;
    }
    return this.lastUs;
  }

  /** The same as the time of a draft. */
  stampAnew(draft: Draft): void {
    draft.timeUs = this.nextUs();
    draft.timeNs = this.lastNs;
  }

  /** The same without asking the clock for each message of a turn: the next one is a nanosecond later. */
  stamp(draft: Draft): void {
    if (!this.isKnown || this.lastNs >= LAST_NANOSECOND) this.nextUs();
    else this.lastNs++;
    draft.timeUs = this.lastUs;
    draft.timeNs = this.lastNs;
  }

  endTurn(): void {
    this.isKnown = false;
  }
}
