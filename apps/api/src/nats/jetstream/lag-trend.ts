/**
 * Whether a lag grows: it is compared with what it was half a minute to a minute and a half ago, so that a burst that is worked off
 * is no trend. What is not seen in a reading is forgotten. Pure.
 */

/** Shorter spans say nothing. */
const MIN_SPAN_MS = 30_000;
/** An older base says little about now. */
const MAX_SPAN_MS = 90_000;
/** Growth below this is noise. */
const MIN_GROWTH = 50;

interface Point {
  readonly lag: number;
  readonly atMs: number;
}

interface Track {
  /** What the lag is compared with. */
  readonly base: Point;
  /** The base to come. */
  readonly next: Point;
}

export class LagTrend {
  #tracks = new Map<string, Track>();
  #seen = new Map<string, Track>();

  /** A whole reading begins. */
  begin(): void {
    this.#seen = new Map();
  }

  /** By how much it has grown, and in how long; null while it does not, or nobody knows yet. */
  note(key: string, lag: number, atMs: number): { messages: number; overMs: number } | null {
    const now = { lag, atMs };
    const known = this.#tracks.get(key) ?? { base: now, next: now };
    const track = atMs - known.base.atMs > MAX_SPAN_MS ? { base: known.next, next: now } : turned(known, now);
    this.#seen.set(key, track);
    const { base } = track;
    const overMs = atMs - base.atMs;
    const messages = lag - base.lag;
    return overMs >= MIN_SPAN_MS && messages >= MIN_GROWTH && messages * 20 >= lag ? { messages, overMs } : null;
  }

  /** The reading is over: what it did not name is forgotten. */
  end(): void {
    this.#tracks = this.#seen;
  }
}

/** The next base is taken half way through the life of the present one. */
function turned(track: Track, now: Point): Track {
  const isTime = track.next === track.base && now.atMs - track.base.atMs >= MAX_SPAN_MS / 2;
  return isTime ? { base: track.base, next: now } : track;
}
