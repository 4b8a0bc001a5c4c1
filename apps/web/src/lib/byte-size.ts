/** Sizes as people write them: `24 GB`, `512 MiB`, `1024`. Decimal units as everywhere in the console; the `i` makes them binary. */

const SIZE = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)b?$/;
const powers: readonly string[] = ['', 'k', 'm', 'g', 't', 'p'];

/** Bytes of `text`, or null when it is no size or not a whole number of bytes that JavaScript keeps. */
export function parseByteSize(text: string): number | null {
  const match = SIZE.exec(text.trim().toLowerCase());
  if (match === null) return null;
  const power = powers.indexOf(match[2] ?? '');
  if (match[3] === 'i' && power === 0) return null;
  const bytes = Math.round(Number(match[1]) * (match[3] === 'i' ? 1024 : 1000) ** power);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** The shortest exact writing: `24 GB`, `512 MiB`, `1,000,001` as digits. `parseByteSize` reads it back. */
export function writeByteSize(bytes: number): string {
  for (const [base, suffix] of [
    [1000, 'B'],
    [1024, 'iB'],
  ] as const) {
    for (let power = powers.length - 1; power > 0; power--) {
      const size = base ** power;
      if (bytes > 0 && bytes % size === 0)
        return `${bytes / size} ${powers[power] === 'k' && base === 1000 ? 'K' : (powers[power] ?? '').toUpperCase()}${suffix}`;
    }
  }
  return String(bytes);
}
