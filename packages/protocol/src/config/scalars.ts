/** Numbers, booleans and dates: the text of an item becomes a value, or an error in nats-server's words. */
import type { ConfigItem } from './items.ts';
import type { ConfigValue } from './values.ts';

/** `value` is undefined where nats-server drops the value without a word: a size suffix that it does not know. */
export type ScalarResult =
  | { readonly ok: true; readonly value: ConfigValue | undefined }
  | { readonly ok: false; readonly error: string };

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
/** More digits are out of range anyway; the bound keeps the conversion cheap. */
const MAX_DIGITS = 40;
const SIZE_LETTERS = 'kmgtpe';

/** Reads an item of kind integer, float, boolean or date. */
export function readScalar(item: ConfigItem): ScalarResult {
  switch (item.kind) {
    case 'integer':
      return readInteger(item.text);
    case 'float':
      return readFloat(item.text);
    case 'boolean':
      return { ok: true, value: { kind: 'boolean', value: ['true', 'yes', 'on'].includes(item.text.toLowerCase()) } };
    case 'date':
      return readDate(item.text);
    default:
      return { ok: false, error: `unexpected ${item.kind} '${item.text}'` };
  }
}

/** An int64 with a size suffix; a product that is too large wraps around, as in Go. */
function readInteger(text: string): ScalarResult {
  const digits = /^[-\p{Nd}]*/u.exec(text)?.[0] ?? '';
  if (!/^-?[0-9]+$/.test(digits)) return { ok: false, error: `expected integer, but got '${text}'` };
  const number = digits.length > MAX_DIGITS ? MAX_INT64 + 1n : BigInt(digits);
  if (number > MAX_INT64 || number < MIN_INT64) return { ok: false, error: `integer '${text}' is out of the range` };
  const multiplier = sizeOf(text.slice(digits.length).trim().toLowerCase());
  if (multiplier === undefined) return { ok: true, value: undefined };
  return { ok: true, value: { kind: 'integer', value: BigInt.asIntN(64, number * multiplier) } };
}

/** `k` is 1000; `kb`, `ki` and `kib` are 1024; and so on. */
function sizeOf(suffix: string): bigint | undefined {
  if (suffix === '') return 1n;
  const power = BigInt(SIZE_LETTERS.indexOf(suffix.charAt(0)) + 1);
  const tail = suffix.slice(1);
  if (tail === '') return 1000n ** power;
  return tail === 'b' || tail === 'i' || tail === 'ib' ? 1024n ** power : undefined;
}

function readFloat(text: string): ScalarResult {
  const value = Number(text);
  if (Number.isNaN(value)) return { ok: false, error: `expected float, but got '${text}'` };
  if (!Number.isFinite(value)) return { ok: false, error: `float '${text}' is out of the range` };
  return { ok: true, value: { kind: 'float', value } };
}

function readDate(text: string): ScalarResult {
  const ms = Date.parse(text);
  const isReal = !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text.slice(0, -1));
  if (!isReal) return { ok: false, error: `expected Zulu formatted DateTime, but got '${text}'` };
  return { ok: true, value: { kind: 'date', text } };
}
