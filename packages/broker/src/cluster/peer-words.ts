/**
 * What servers say to one another in JSON and in lines, read and written: each field checked and bounded, because it comes from outside.
 * A field of another type counts as absent.
 */

/** Addresses that one server may name. */
const MAX_URLS = 64;
const MAX_TEXT_CHARS = 1024;
const MAX_WEIGHT = 2 ** 31 - 1;

/** Undefined for what is no JSON object. `json` holds one byte in each character. */
export function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(json, 'latin1').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A longer text counts as absent. */
export function textOf(value: unknown, maxChars: number = MAX_TEXT_CHARS): string {
  return typeof value === 'string' && value.length <= maxChars ? value : '';
}

/** A number that is no integer, or beyond 2^53, counts as absent: 0. */
export function integerOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
}

/** `host:port` texts; those beyond the bound are left out. */
export function urlsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_URLS).filter((url: unknown): url is string => typeof url === 'string' && /^[!-~]{1,256}$/.test(url));
}

/** A group has a member at least. */
export function weightOf(text: string | undefined): number {
  const weight = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 1;
  return Math.min(MAX_WEIGHT, Math.max(1, weight));
}

/** JSON in UTF-8, one char per byte. */
export function toWire(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('latin1');
}
