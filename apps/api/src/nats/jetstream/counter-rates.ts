/** Rates from counters that are read now and then. What is not seen in a reading is forgotten. Pure. */

/** Readings closer than this say nothing: the older one stays the base. */
const MIN_GAP_MS = 800;

interface Reading {
  readonly atMs: number;
  readonly values: readonly number[];
  readonly rates: readonly number[] | null;
}

export class CounterRates {
  #last = new Map<string, Reading>();

  /** Takes a whole reading; what is in none of its rows is dropped. */
  read(rows: Iterable<readonly [key: string, values: readonly number[]]>, atMs: number): void {
    const next = new Map<string, Reading>();
    for (const [key, values] of rows) {
      const before = this.#last.get(key);
      if (before !== undefined && atMs - before.atMs < MIN_GAP_MS) next.set(key, before);
      else next.set(key, { atMs, values, rates: before === undefined ? null : ratesBetween(before, values, atMs) });
    }
    this.#last = next;
  }

  /** Per second, in the order of the values; null until two readings. */
  of(key: string): readonly number[] | null {
    return this.#last.get(key)?.rates ?? null;
  }
}

/** A counter that fell was begun anew: its rate counts from zero. */
function ratesBetween(before: Reading, values: readonly number[], atMs: number): number[] {
  const seconds = (atMs - before.atMs) / 1000;
  return values.map((value, index) => Math.max(0, value - (before.values[index] ?? 0)) / seconds);
}
