/**
 * Choices that belong to this browser, not to a page: time zone, columns, widths. Kept in localStorage; where that is blocked
 * they last as long as the page.
 */
import { useSyncExternalStore } from 'react';
import type { TimeZone } from './format.ts';

const PREFIX = 'sluice.';
const memory = new Map<string, string>();
const listeners = new Set<() => void>();

/** The stored text, or undefined when nothing was chosen yet. */
export function readPreference(name: string): string | undefined {
  const held = memory.get(name);
  if (held !== undefined) return held;
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined; // Storage is blocked by the browser.
  }
}

/** Keeps a choice and tells every component that shows it. */
export function writePreference(name: string, value: string): void {
  memory.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    memory.set(name, value); // Storage is blocked or full: the choice lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A choice and its setter; `fallback` until something was chosen. */
export function usePreference(name: string, fallback: string): readonly [value: string, set: (value: string) => void] {
  const value = useSyncExternalStore(subscribe, () => readPreference(name) ?? fallback);
  return [value, (next) => writePreference(name, next)];
}

/** The zone in which every time is shown. */
export function useTimeZone(): readonly [zone: TimeZone, set: (zone: TimeZone) => void] {
  const [value, set] = usePreference('zone', 'utc');
  return [value === 'local' ? 'local' : 'utc', set];
}
