/**
 * Figures that are read at a steady pace, remembered while the page is open, so that they can be drawn. A reading that did not come
 * leaves a gap.
 */
import { useEffect, useState } from 'react';

/** Readings that are kept. */
export const READINGS_MAX = 450;

export interface Readings {
  readonly startMs: number;
  readonly stepMs: number;
  /** One list per figure, all of the same length. */
  readonly values: readonly (readonly (number | null)[])[];
  /** Of the newest reading; 0 before one. */
  readonly asOfMs: number;
}

export function emptyReadings(stepMs: number): Readings {
  return { startMs: 0, stepMs, values: [], asOfMs: 0 };
}

/** The readings with one more of `asOfMs`; one that is no newer than the last is already there. */
export function readingsAfter(readings: Readings, asOfMs: number, figures: readonly (number | null)[]): Readings {
  const { stepMs, values, asOfMs: beforeMs } = readings;
  if (asOfMs <= beforeMs) return readings;
  if (beforeMs === 0) return { startMs: asOfMs, stepMs, values: figures.map((figure) => [figure]), asOfMs };
  const steps = Math.max(Math.round((asOfMs - beforeMs) / stepMs), 1);
  const gap = new Array<null>(Math.min(steps - 1, READINGS_MAX)).fill(null);
  const next = figures.map((figure, index) => [...(values[index] ?? []), ...gap, figure].slice(-READINGS_MAX));
  const length = next[0]?.length ?? 0;
  // The newest reading stands where it was measured; a little early or late must not add up.
  return { startMs: asOfMs - (length - 1) * stepMs, stepMs, values: next, asOfMs };
}

/** Remembers `figures` whenever `asOfMs` moves on. Give the component a key where another thing must begin anew. */
export function useReadings(asOfMs: number, stepMs: number, figures: readonly (number | null)[]): Readings {
  const [readings, setReadings] = useState(() => readingsAfter(emptyReadings(stepMs), asOfMs, figures));
  const text = JSON.stringify(figures);
  useEffect(() => {
    const held: (number | null)[] = JSON.parse(text);
    setReadings((before) => readingsAfter(before, asOfMs, held));
  }, [asOfMs, text]);
  return readings;
}
