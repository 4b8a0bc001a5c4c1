/**
 * Takes the subscriptions of a closed connection out of the sublist, a bounded number per turn of the event loop: a million of them at
 * once would hold up everybody else for seconds. Until its turn comes a subscription receives nothing, because its client is closed.
 */
import type { Clock } from '../env/env.ts';

/** One or two milliseconds of work. All that an ordinary client has is gone in the first turn. */
const SLICE = 1000;

/** Calls `end` for each of `subscriptions`, the first slice at once, and empties the map at last. Nothing may be added meanwhile. */
export function dropInSlices<T>(subscriptions: Map<string, T>, end: (subscription: T) => void, clock: Clock): void {
  const left = subscriptions.values();
  const dropSlice = (): void => {
    for (let count = 0; count < SLICE; count++) {
      const { done, value } = left.next();
      if (done === true) return subscriptions.clear();
      end(value);
    }
    clock.afterInput(dropSlice);
  };
  dropSlice();
}
