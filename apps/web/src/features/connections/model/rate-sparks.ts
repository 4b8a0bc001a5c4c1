/** The last rates of each connection on screen, for the sparks in its row. Bounded: what has not been seen for a while goes. */
import type { ConnectionRow } from '@sluice/protocol/console';
import { keyOf } from './connections-window.ts';

/** Points of a spark. */
export const SPARK_POINTS = 18;
const CONNECTIONS_MAX = 2000;

export interface RateSpark {
  readonly inMsgs: readonly (number | null)[];
  readonly outMsgs: readonly (number | null)[];
}

export class RateSparks {
  readonly #byKey = new Map<string, { spark: RateSpark; asOfMs: number }>();

  /** Takes the rates of `rows`, measured at `asOfMs`; a moment already taken changes nothing. */
  add(rows: readonly ConnectionRow[], asOfMs: number): void {
    for (const row of rows) {
      const key = keyOf(row);
      const held = this.#byKey.get(key);
      if (held !== undefined && held.asOfMs >= asOfMs) continue;
      const spark = {
        inMsgs: pushed(held?.spark.inMsgs, row.inMsgsPerS),
        outMsgs: pushed(held?.spark.outMsgs, row.outMsgsPerS),
      };
      // Deleting first keeps the map in the order of use, so that the oldest are its first.
      this.#byKey.delete(key);
      this.#byKey.set(key, { spark, asOfMs });
    }
    for (const key of this.#byKey.keys()) {
      if (this.#byKey.size <= CONNECTIONS_MAX) break;
      this.#byKey.delete(key);
    }
  }

  /** Undefined before the first rate. */
  get(row: ConnectionRow): RateSpark | undefined {
    return this.#byKey.get(keyOf(row))?.spark;
  }
}

function pushed(values: readonly (number | null)[] | undefined, value: number | null): readonly (number | null)[] {
  const before = values ?? new Array<null>(SPARK_POINTS).fill(null);
  return [...before.slice(1), value];
}
