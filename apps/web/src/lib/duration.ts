/** Durations as people and the `nats` command write them: `90s`, `1h30m`, `7 d`. JetStream counts them in nanoseconds. */

const MS = 1e6;
const unitNs: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1000],
  ['µs', 1000],
  ['ms', MS],
  ['s', 1000 * MS],
  ['m', 60_000 * MS],
  ['min', 60_000 * MS],
  ['h', 3_600_000 * MS],
  ['d', 86_400_000 * MS],
  ['w', 604_800_000 * MS],
  ['y', 31_536_000_000 * MS],
]);

const PART = /(\d+(?:\.\d+)?)\s*([a-zµ]+)\s*/gy;

/** Nanoseconds of `text`, or null when it is no duration. A number without a unit is refused: its unit would be a guess. */
export function parseDuration(text: string): number | null {
  const whole = text.trim().toLowerCase();
  if (whole === '') return null;
  let totalNs = 0;
  let end = 0;
  for (const match of whole.matchAll(PART)) {
    const unit = unitNs.get(match[2] ?? '');
    if (unit === undefined) return null;
    totalNs += Number(match[1]) * unit;
    end = match.index + match[0].length;
  }
  return end === whole.length && Number.isSafeInteger(Math.round(totalNs / 1000)) ? Math.round(totalNs) : null;
}

const parts = [
  ['d', 86_400_000 * MS],
  ['h', 3_600_000 * MS],
  ['m', 60_000 * MS],
  ['s', 1000 * MS],
  ['ms', MS],
  ['us', 1000],
  ['ns', 1],
] as const;

/** The shortest exact writing: `1h30m`, `7d`, `250ms`; `0s` for nothing. `parseDuration` reads it back. */
export function writeDuration(ns: number): string {
  let rest = Math.max(Math.round(ns), 0);
  let text = '';
  for (const [unit, size] of parts) {
    const count = Math.floor(rest / size);
    if (count === 0) continue;
    text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}

/** The same in Go's units, which know no days: `168h`, for flags of the `nats` command. */
export function writeGoDuration(ns: number): string {
  const hour = 3_600_000 * MS;
  const hours = Math.floor(ns / hour);
  const rest = writeDuration(ns - hours * hour);
  if (hours === 0) return rest;
  return rest === '0s' ? `${hours}h` : `${hours}h${rest}`;
}
