/** How much of a limit is used, and documents of the API in the console's units. */
import type { Usage } from '@sluice/protocol/console';

/** JetStream's limits are 0 or -1 where there is none, or as large as a number can be. */
export function usage(used: number, limit: number): Usage {
  const isLimited = limit > 0 && limit < Number.MAX_SAFE_INTEGER;
  return { used, limit: isLimited ? limit : null, fill: isLimited ? used / limit : null };
}

/** Milliseconds of a duration in ns; null for none. */
export function msOfNs(ns: number): number | null {
  return ns > 0 ? ns / 1_000_000 : null;
}

/** ns of milliseconds, as configurations hold them. */
export function nsOfMs(ms: number): number {
  return Math.round(ms * 1_000_000);
}

/** A limit where 0 and -1 are none. */
export function limitOrNull(value: number): number | null {
  return value > 0 ? value : null;
}
