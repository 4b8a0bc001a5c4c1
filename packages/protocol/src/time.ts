/**
 * Time as NATS spells it: durations are nanoseconds on the wire and Go's text (`1h2m3s`) in configuration and monitoring. Timestamps in
 * nanoseconds exceed 2^53, so we keep microseconds since the epoch and convert here. Durations stay plain numbers of nanoseconds: exact
 * up to 104 days, and to 8 significant digits of a second beyond.
 */
import { goQuote } from './go-quote.ts';

/** Nanoseconds in one of each unit that Go's duration text knows. Both spellings of micro are accepted. */
const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};

/** Longest text that is looked at, in characters; Go has no limit, and nothing sensible is longer. */
const MAX_DURATION_CHARS = 128;
/** Go keeps durations in an int64. */
const MAX_DURATION_NS = 2 ** 63;

export const NS_PER_US = 1000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_SECOND = 1_000_000_000;

/** A duration in nanoseconds, or Go's words for what is wrong with the text. */
export type DurationResult = { readonly ok: true; readonly ns: number } | { readonly ok: false; readonly error: string };

/**
 * Reads Go's duration text: a sign, then numbers with units, `1h30m`, `1.5s`, `-10ms`; a bare `0` needs no unit.
 * Source: Go's time.ParseDuration, and its error texts.
 */
export function parseDuration(text: string): DurationResult {
  const invalid: DurationResult = { ok: false, error: `time: invalid duration ${quote(text)}` };
  if (text.length > MAX_DURATION_CHARS) return invalid;
  const isNegative = text.startsWith('-');
  let rest = isNegative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return { ok: true, ns: 0 };
  if (rest === '') return invalid;
  let ns = 0;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest)?.[0] ?? '';
    if (number === '' || number === '.') return invalid;
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') return { ok: false, error: `time: missing unit in duration ${quote(text)}` };
    const unitNs = Object.hasOwn(UNIT_NS, unit) ? UNIT_NS[unit] : undefined;
    if (unitNs === undefined) return { ok: false, error: `time: unknown unit ${quote(unit)} in duration ${quote(text)}` };
    rest = rest.slice(unit.length);
    ns += toNs(number, unitNs);
    if (ns >= MAX_DURATION_NS) return invalid;
  }
  return { ok: true, ns: isNegative && ns !== 0 ? -ns : ns };
}

/** Whole part and fraction apart, so that `1.1s` is exactly 1,100,000,000. */
function toNs(number: string, unitNs: number): number {
  const [whole = '', fraction = ''] = number.split('.');
  const wholeNs = Number(whole === '' ? '0' : whole) * unitNs;
  return fraction === ''
    ? wholeNs
    : wholeNs + Math.floor((Number(fraction.slice(0, 15)) * unitNs) / 10 ** Math.min(fraction.length, 15));
}

/** A duration in nanoseconds as Go prints it: `1h2m3s`, `1.5s`, `100ms`, `0s`. Source: Go's time.Duration.String. */
export function formatDuration(ns: number): string {
  const sign = ns < 0 ? '-' : '';
  const total = Math.floor(Math.abs(ns));
  if (total === 0) return '0s';
  if (total < NS_PER_US) return `${sign}${total}ns`;
  if (total < NS_PER_MS) return `${sign}${decimal(total, NS_PER_US)}\u00b5s`;
  if (total < NS_PER_SECOND) return `${sign}${decimal(total, NS_PER_MS)}ms`;
  const totalMinutes = Math.floor(total / 6e10);
  const seconds = `${decimal(total - totalMinutes * 6e10, NS_PER_SECOND)}s`;
  if (totalMinutes === 0) return sign + seconds;
  if (totalMinutes < 60) return `${sign}${totalMinutes}m${seconds}`;
  return `${sign}${Math.floor(totalMinutes / 60)}h${totalMinutes % 60}m${seconds}`;
}

/** `value / unit` without trailing zeros; both are integers, so no digit is invented. */
function decimal(value: number, unit: number): string {
  const whole = Math.floor(value / unit);
  const digits = String(value % unit).padStart(String(unit).length - 1, '0');
  const fraction = digits.replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}

/** Uptime or idle time as monitoring shows it, whole seconds: `1y2d3h4m5s`, `3h4m5s`, `5s`. Source: nats-server server/monitor.go myUptime. */
export function formatUptime(ns: number): string {
  const seconds = Math.floor(ns / NS_PER_SECOND);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const years = Math.floor(days / 365);
  const clock = `${hours % 24}h${minutes % 60}m${seconds % 60}s`;
  if (years > 0) return `${years}y${days % 365}d${clock}`;
  if (days > 0) return `${days}d${clock}`;
  if (hours > 0) return clock;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}

/** Nanoseconds of a duration in milliseconds. */
export function msToNs(ms: number): number {
  return Math.round(ms * NS_PER_MS);
}

/**
 * Microseconds since the epoch as RFC 3339 in UTC, as Go marshals times: no trailing zeros in the fraction, none for a whole second.
 * Throws a RangeError outside the years 0–9999, as `Date` does.
 */
export function usToTimestamp(us: number): string {
  const seconds = Math.floor(us / 1e6);
  const base = secondText(seconds);
  const micros = us - seconds * 1e6;
  if (micros === 0) return `${base}Z`;
  let digits = 6;
  let fraction = micros;
  for (; fraction % 10 === 0; fraction /= 10) digits--;
  return `${base}.${String(fraction).padStart(digits, '0')}Z`;
}

/** Texts of the seconds that were asked for lately: a list of connections asks for the same few again and again. */
const SECOND_SLOTS = 64;
const secondKeys: number[] = new Array<number>(SECOND_SLOTS).fill(Number.NaN);
const secondTexts: string[] = new Array<string>(SECOND_SLOTS).fill('');

function secondText(seconds: number): string {
  const slot = Math.abs(seconds) % SECOND_SLOTS;
  if (secondKeys[slot] !== seconds) {
    secondTexts[slot] = new Date(seconds * 1000).toISOString().slice(0, 19);
    secondKeys[slot] = seconds;
  }
  return secondTexts[slot] ?? '';
}

/** As Go quotes text in its errors, near enough for what a person types. */
function quote(text: string): string {
  return goQuote(text.length > MAX_DURATION_CHARS ? text.slice(0, MAX_DURATION_CHARS) : text);
}
