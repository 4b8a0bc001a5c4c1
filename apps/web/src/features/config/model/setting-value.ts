/** Values of settings as nats-server writes them (8MB, 5s) and back. Pure. */
import type { ConfigScalar, ConfigSetting } from '@sluice/protocol/console';

export type ParsedValue = { readonly ok: true; readonly value: ConfigScalar } | { readonly ok: false; readonly message: string };

const sizes: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  KB: 1024,
  M: 1024 ** 2,
  MB: 1024 ** 2,
  G: 1024 ** 3,
  GB: 1024 ** 3,
};
const spans: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `8MB`, `5s`, `10,000`, `yes`; a word for null. */
export function showValue(value: ConfigScalar, unit: ConfigSetting['unit']): string {
  if (value === null) return 'not set';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value === '' ? 'empty' : value;
  if (unit === 'bytes')
    return inUnits(
      value,
      [
        ['GB', 1024 ** 3],
        ['MB', 1024 ** 2],
        ['KB', 1024],
      ],
      'B',
    );
  if (unit === 'ms')
    return inUnits(
      value,
      [
        ['h', 3_600_000],
        ['m', 60_000],
        ['s', 1000],
      ],
      'ms',
    );
  return value.toLocaleString('en-US');
}

/** The value of a setting; a port is a name more than a count and has no thousands. */
export function showSetting(setting: ConfigSetting, value: ConfigScalar): string {
  if (typeof value === 'number' && /(^|[._])port$/.test(setting.key)) return String(value);
  return showValue(value, setting.unit);
}

/** As `showValue`, in the form that `parseValue` reads. */
export function editText(value: ConfigScalar, unit: ConfigSetting['unit']): string {
  if (value === null) return '';
  if (typeof value === 'number' && unit !== 'bytes' && unit !== 'ms') return String(value);
  if (typeof value === 'string') return value;
  return showValue(value, unit);
}

/** The largest unit that leaves a whole number. */
function inUnits(value: number, units: readonly (readonly [name: string, size: number])[], smallest: string): string {
  if (value > 0) {
    for (const [name, size] of units) if (value % size === 0) return `${value / size}${name}`;
  }
  return value <= 0 ? String(value) : `${value}${smallest}`;
}

/** Reads what was typed for `setting`; says what is wrong with it and what would be right. */
export function parseValue(text: string, setting: ConfigSetting): ParsedValue {
  const trimmed = text.trim();
  if (typeof setting.value === 'boolean') return parseBoolean(trimmed);
  const isNumber = setting.unit !== 'none' || typeof setting.value === 'number' || typeof setting.defaultValue === 'number';
  if (!isNumber) return { ok: true, value: trimmed };
  const match = /^(-?\d[\d,_]*)\s*([A-Za-z]*)$/.exec(trimmed);
  const digits = match?.[1]?.replace(/[,_]/g, '');
  const factor = factorOf(match?.[2] ?? '', setting.unit);
  if (digits === undefined || factor === undefined) return { ok: false, message: exampleOf(setting.unit) };
  const value = Number(digits) * factor;
  if (!Number.isSafeInteger(value)) return { ok: false, message: 'Too large' };
  if (setting.min !== null && value < setting.min)
    return { ok: false, message: `At least ${showValue(setting.min, setting.unit)}` };
  if (setting.max !== null && value > setting.max)
    return { ok: false, message: `At most ${showValue(setting.max, setting.unit)}` };
  return { ok: true, value };
}

function parseBoolean(text: string): ParsedValue {
  const word = text.toLowerCase();
  if (['yes', 'true', 'on'].includes(word)) return { ok: true, value: true };
  if (['no', 'false', 'off'].includes(word)) return { ok: true, value: false };
  return { ok: false, message: 'yes or no' };
}

function factorOf(unit: string, of: ConfigSetting['unit']): number | undefined {
  if (of === 'bytes') return unit.toUpperCase() === 'B' ? 1 : sizes[unit.toUpperCase()];
  if (of === 'ms') return spans[unit.toLowerCase()];
  return unit === '' ? 1 : undefined;
}

function exampleOf(unit: ConfigSetting['unit']): string {
  if (unit === 'bytes') return 'A size, such as 512KB or 8MB';
  return unit === 'ms' ? 'A time, such as 500ms, 5s or 2m' : 'A whole number';
}
