/** Matched messages per second over the last minutes, for the histogram above the rows. Fixed memory. */

export interface RateBucket {
  /** Start of the second, in milliseconds since the epoch. */
  startMs: number;
  /** Null: no counter arrived in this second. */
  matched: number | null;
  isPaused: boolean;
}

export class RateHistory {
  readonly #bucketMs: number;
  readonly #capacity: number;
  #buckets: RateBucket[] = [];
  #lastMatched = 0;

  /** Keeps `capacity` buckets of `bucketMs` each. */
  constructor(capacity: number, bucketMs: number) {
    this.#capacity = capacity;
    this.#bucketMs = bucketMs;
  }

  /** Takes the counter as of now. What was matched since the last call falls into the bucket of `nowMs`. */
  record(totalMatched: number, nowMs: number, isPaused: boolean): void {
    const startMs = Math.floor(nowMs / this.#bucketMs) * this.#bucketMs;
    const bucket = this.#bucketAt(startMs, isPaused);
    bucket.matched = (bucket.matched ?? 0) + Math.max(0, totalMatched - this.#lastMatched);
    bucket.isPaused = isPaused;
    this.#lastMatched = totalMatched;
  }

  buckets(): readonly RateBucket[] {
    return this.#buckets;
  }

  /** Messages per second over the last `count` whole buckets before `nowMs`; null when none was measured. */
  perSecond(nowMs: number, count: number): number | null {
    const currentMs = Math.floor(nowMs / this.#bucketMs) * this.#bucketMs;
    const from = currentMs - count * this.#bucketMs;
    const measured = this.#buckets.filter(
      (bucket) => bucket.startMs >= from && bucket.startMs < currentMs && bucket.matched !== null,
    );
    if (measured.length === 0) return null;
    const sum = measured.reduce((total, bucket) => total + (bucket.matched ?? 0), 0);
    return (sum * 1000) / (measured.length * this.#bucketMs);
  }

  #bucketAt(startMs: number, isPaused: boolean): RateBucket {
    const last = this.#buckets.at(-1);
    if (last !== undefined && last.startMs >= startMs) return last;
    const gap = last === undefined ? 0 : Math.min(this.#capacity, (startMs - last.startMs) / this.#bucketMs - 1);
    for (let missing = gap; missing > 0; missing--) {
      this.#buckets.push({ startMs: startMs - missing * this.#bucketMs, matched: null, isPaused });
    }
    const bucket: RateBucket = { startMs, matched: 0, isPaused };
    this.#buckets.push(bucket);
    if (this.#buckets.length > this.#capacity) this.#buckets = this.#buckets.slice(-this.#capacity);
    return bucket;
  }
}
