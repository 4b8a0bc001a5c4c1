/**
 * A fixed window of measurements: one slot per step of time, overwritten in a circle. A slot that nobody wrote is a gap and
 * stays one; nothing is interpolated. Several values in one slot become average, smallest and largest.
 */

export interface SeriesWindow {
  readonly startMs: number;
  readonly stepMs: number;
  readonly avg: (number | null)[];
  readonly min: (number | null)[];
  readonly max: (number | null)[];
}

export class SeriesRing {
  readonly stepMs: number;
  readonly size: number;
  readonly #sum: Float64Array;
  readonly #count: Uint32Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  /** Number of the newest slot since the epoch; -1 before the first value. */
  #newest = -1;

  constructor(stepMs: number, size: number) {
    this.stepMs = stepMs;
    this.size = size;
    this.#sum = new Float64Array(size);
    this.#count = new Uint32Array(size);
    this.#min = new Float64Array(size);
    this.#max = new Float64Array(size);
  }

  /** Adds a value; one older than the window, or from before a clock that jumped back, is ignored. */
  put(atMs: number, value: number): void {
    const slot = Math.floor(atMs / this.stepMs);
    this.#advanceTo(slot);
    if (slot <= this.#newest - this.size) return;
    const at = slot % this.size;
    const isFirst = this.#count[at] === 0;
    this.#sum[at] = (this.#sum[at] ?? 0) + value;
    this.#count[at] = (this.#count[at] ?? 0) + 1;
    this.#min[at] = isFirst ? value : Math.min(this.#min[at] ?? value, value);
    this.#max[at] = isFirst ? value : Math.max(this.#max[at] ?? value, value);
  }

  /** The window that ends with the last whole step before `nowMs`. */
  read(nowMs: number): SeriesWindow {
    const last = Math.floor(nowMs / this.stepMs) - 1;
    const first = last - this.size + 1;
    const avg: (number | null)[] = [];
    const min: (number | null)[] = [];
    const max: (number | null)[] = [];
    for (let slot = first; slot <= last; slot++) {
      const at = slot >= 0 ? slot % this.size : 0;
      const isKnown = slot >= 0 && slot <= this.#newest && slot > this.#newest - this.size && (this.#count[at] ?? 0) > 0;
      avg.push(isKnown ? (this.#sum[at] ?? 0) / (this.#count[at] ?? 1) : null);
      min.push(isKnown ? (this.#min[at] ?? 0) : null);
      max.push(isKnown ? (this.#max[at] ?? 0) : null);
    }
    return { startMs: first * this.stepMs, stepMs: this.stepMs, avg, min, max };
  }

  #advanceTo(slot: number): void {
    if (slot <= this.#newest) return;
    const firstStale = Math.max(this.#newest + 1, slot - this.size + 1);
    for (let stale = firstStale; stale <= slot; stale++) {
      const at = stale % this.size;
      this.#sum[at] = 0;
      this.#count[at] = 0;
    }
    this.#newest = slot;
  }
}
