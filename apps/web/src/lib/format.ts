/**
 * Numbers, sizes, spans and times as the console writes them: full digits in tables, k and M in tiles, a dash for what is not
 * known, never a zero for it.
 */

/** Shown wherever a value is not known. */
export const UNKNOWN = '–';

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `12,066`; a dash for null. */
export function formatCount(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : integer.format(value);
}

/** `182.4k`, `1.2M`, `940`: three significant places at most, for tiles and tab counts. */
export function formatCompact(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  const size = Math.abs(value);
  if (size < 1000) return size < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
  const [scale, unit] = size < 999_500 ? [1e3, 'k'] : size < 999_500_000 ? [1e6, 'M'] : [1e9, 'G'];
  return `${trimmed(value / scale)}${unit}`;
}

/** A rate per second in a table: `8,214`, `0.4`, `0`; a dash for null. */
export function formatRate(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  if (value > 0 && value < 0.05) return '<0.1';
  return value > 0 && value < 10 && !Number.isInteger(value) ? value.toFixed(1) : integer.format(value);
}

const byteUnits = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A size split into figure and unit, `['61.8', 'MB']`, so that the unit can be set smaller. Decimal units. */
export function bytesParts(value: number): readonly [figure: string, unit: string] {
  let scaled = Math.abs(value);
  let index = 0;
  while (scaled >= 999.5 && index < byteUnits.length - 1) {
    scaled /= 1000;
    index++;
  }
  const figure = index === 0 ? String(Math.round(scaled)) : trimmed(scaled);
  return [value < 0 ? `−${figure}` : figure, byteUnits[index] ?? 'B'];
}

/** `61.8 MB`; a dash for null. */
export function formatBytes(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : bytesParts(value).join(' ');
}

/** One decimal below 100, none above: three places, and no jump of width when a live figure passes a whole number. */
function trimmed(value: number): string {
  return value >= 99.95 ? String(Math.round(value)) : value.toFixed(1);
}

const spans = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** `3 d 4 h`, `14 min`, `2 s`, `0.3 s`: two units at most, the smaller only for days and hours. */
export function formatSpan(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  if (ms < 1000) return `${(Math.max(ms, 0) / 1000).toFixed(1)} s`;
  for (const [index, [unit, size]] of spans.entries()) {
    if (ms < size) continue;
    const whole = Math.floor(ms / size);
    const next = spans[index + 1];
    const rest = next === undefined ? 0 : Math.floor((ms - whole * size) / next[1]);
    return index < 2 && next !== undefined && rest > 0 ? `${whole} ${unit} ${rest} ${next[0]}` : `${whole} ${unit}`;
  }
  return '0 s';
}

/** One unit only, for narrow cells: `3 d`, `14 min`, `2 s`. */
export function formatShortSpan(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  for (const [unit, size] of spans) if (ms >= size) return `${Math.floor(ms / size)} ${unit}`;
  return '0 s';
}

/** Milliseconds with the precision that matters: `0.44`, `11.4`, `240`. */
export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  return ms < 1 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : integer.format(ms);
}

/** A server that was given no name is called by its id; this is the part of it that tells servers apart. */
export function serverLabel(name: string, id: string): string {
  return name === id && id.length > 12 ? `${id.slice(0, 8)}…` : name;
}

/** `+27`, or a dash without a sign for null. */
export function formatSigned(sign: '+' | '−', value: number | null): string {
  return value === null ? UNKNOWN : `${sign}${integer.format(value)}`;
}

/** `1 client`, `3 clients`; `– clients` where it is not known. */
export function plural(count: number | null | undefined, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export type TimeZone = 'utc' | 'local';
/** `clock`: 14:05:12 · `millis`: 14:05:12.042 · `minute`: 14:05 · `date`: 2026-11-24 14:05:12 · `full`: the same with UTC. */
export type TimeStyle = 'clock' | 'millis' | 'minute' | 'date' | 'full';

/** A moment in the chosen zone. */
export function formatTime(atMs: number, zone: TimeZone, style: TimeStyle): string {
  const at = new Date(zone === 'utc' ? atMs : atMs - new Date(atMs).getTimezoneOffset() * 60_000);
  const iso = at.toISOString();
  switch (style) {
    case 'clock':
      return iso.slice(11, 19);
    case 'millis':
      return iso.slice(11, 23);
    case 'minute':
      return iso.slice(11, 16);
    case 'date':
      return `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
    case 'full':
      return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${zone === 'utc' ? ' UTC' : ''}`;
  }
}
