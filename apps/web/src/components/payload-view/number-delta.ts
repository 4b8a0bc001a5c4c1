/** How far a number moved between two lines of a diff: `"total": 64.90,` → `"total": 212.40,` gives `+147.50`. */

const NUMBER_LINE = /^(\s*(?:"(?:[^"\\]|\\.)*": )?)(-?\d{1,15}(?:\.\d{1,9})?)(,?)$/;

/**
 * The signed difference as text with the decimals of the more precise side, or null when the lines are not the same key with plain
 * numbers (at most 15 digits before the point, so that the arithmetic is exact enough to show).
 */
export function numberDelta(oldLine: string, newLine: string): string | null {
  const before = NUMBER_LINE.exec(oldLine);
  const after = NUMBER_LINE.exec(newLine);
  if (before === null || after === null || before[1] !== after[1]) return null;
  const oldText = before[2] ?? '';
  const newText = after[2] ?? '';
  const decimals = Math.max(decimalsOf(oldText), decimalsOf(newText));
  const digits = Math.max(oldText.length, newText.length) + decimals;
  if (digits > 15) return null;
  const delta = Number(newText) - Number(oldText);
  if (delta === 0) return null;
  return `${delta > 0 ? '+' : '-'}${Math.abs(delta).toFixed(decimals)}`;
}

function decimalsOf(text: string): number {
  const dot = text.indexOf('.');
  return dot < 0 ? 0 : text.length - dot - 1;
}
