/** A clock for ages on screen: one timer for all components, stopped when nobody looks. */
import { useSyncExternalStore } from 'react';

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

function snapshot(): number {
  // Renders of one moment must agree, so the value moves in steps also while no timer runs.
  if (timer === null && Date.now() - nowMs > TICK_MS) nowMs = Date.now();
  return nowMs;
}

/** This machine's time, renewed once a second. Milliseconds since the epoch. */
export function useNowMs(): number {
  return useSyncExternalStore(subscribe, snapshot);
}
