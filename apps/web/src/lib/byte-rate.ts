/**
 * Bytes per second in a column: the unit stands in the head, so one is chosen for all cells by the largest of them. Half of the way
 * back must be gone before it changes again, so that a figure about 1 MB/s does not turn the head every second.
 */
import { useState } from 'react';
import { UNKNOWN } from './format.ts';

export type ByteRateUnit = 'KB/s' | 'MB/s';

const MEGABYTE = 1_000_000;
const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** The unit for a column of these values after it has been `before`. */
export function byteRateUnit(values: readonly (number | null)[], before: ByteRateUnit = 'KB/s'): ByteRateUnit {
  let largest = 0;
  for (const value of values) if (value !== null && value > largest) largest = value;
  return largest >= (before === 'MB/s' ? MEGABYTE / 2 : MEGABYTE) ? 'MB/s' : 'KB/s';
}

/** The same, remembering what the column has been. */
export function useByteRateUnit(values: readonly (number | null)[]): ByteRateUnit {
  const [before, setBefore] = useState<ByteRateUnit>('KB/s');
  const unit = byteRateUnit(values, before);
  if (unit !== before) setBefore(unit);
  return unit;
}

/** `16.3`, `0.02`, `0` under a head that says the unit; a dash for null. */
export function formatByteRate(value: number | null | undefined, unit: ByteRateUnit): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (value === 0) return '0';
  const isMega = unit === 'MB/s';
  const scaled = value / (isMega ? MEGABYTE : 1000);
  const least = isMega ? 0.01 : 0.1;
  if (scaled < least) return `<${least}`;
  if (isMega && scaled < 1) return scaled.toFixed(2);
  return scaled < 99.95 ? scaled.toFixed(1) : integer.format(scaled);
}
