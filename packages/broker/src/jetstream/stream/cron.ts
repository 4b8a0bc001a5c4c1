/**
 * Six-field cron expressions (seconds first) and the next time one matches, in any time zone. The algorithm is the usual one: raise the
 * largest field that does not match, clear those below, begin again on overflow. Source: nats-server server/cron.go; ADR-51.
 */

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const bounds: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

/** Which values a field allows, and whether it was a star: days of month and week combine differently then. */
interface Field {
  readonly values: ReadonlySet<number>;
  readonly isStar: boolean;
}

/** A parsed expression. */
export type Cron = readonly Field[];

/** Parses `second minute hour day month weekday`; undefined when it is none. */
export function parseCron(pattern: string): Cron | undefined {
  const texts = pattern.trim().split(/\s+/);
  if (texts.length !== 6) return undefined;
  const fields: Field[] = [];
  for (const [position, text] of texts.entries()) {
    const field = parseField(text, bounds[position] as Bounds);
    if (field === undefined) return undefined;
    fields.push(field);
  }
  return fields;
}

function parseField(text: string, range: Bounds): Field | undefined {
  const values = new Set<number>();
  let isStar = false;
  for (const part of text.split(',').filter((piece) => piece !== '')) {
    const found = parseRange(part, range);
    if (found === undefined) return undefined;
    isStar ||= found.isStar;
    for (const value of found.values) values.add(value);
  }
  return values.size === 0 ? undefined : { values, isStar };
}

function parseRange(text: string, range: Bounds): Field | undefined {
  const [span = '', stepText, ...rest] = text.split('/');
  if (rest.length > 0) return undefined;
  const [lowText = '', highText, ...more] = span.split('-');
  if (more.length > 0) return undefined;
  const isStar = lowText === '*' || lowText === '?';
  let low = isStar ? range.min : parseValue(lowText, range);
  let high = isStar ? range.max : highText === undefined ? low : parseValue(highText, range);
  if (isStar && highText !== undefined) return undefined;
  let step = 1;
  if (stepText !== undefined) {
    const parsed = /^\d{1,4}$/.test(stepText) ? Number(stepText) : undefined;
    if (parsed === undefined || parsed === 0) return undefined;
    step = parsed;
    if (!isStar && highText === undefined) high = range.max;
  }
  if (low === undefined || high === undefined || low < range.min || high > range.max || low > high) return undefined;
  const values = new Set<number>();
  for (; low <= high; low += step) values.add(low);
  return { values, isStar: isStar && step === 1 };
}

function parseValue(text: string, range: Bounds): number | undefined {
  const named = range.names.indexOf(text.toLowerCase());
  if (named >= 0) return named + range.min;
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

/** Wall-clock fields of a moment in a zone. */
interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** Turns moments into wall-clock time of a zone and back. */
export class Zone {
  private readonly format: Intl.DateTimeFormat;

  private constructor(format: Intl.DateTimeFormat) {
    this.format = format;
  }

  /** The zone of that IANA name, or the server's own for `Local`; undefined when there is none. */
  static of(name: string): Zone | undefined {
    if (!/^[A-Z][A-Za-z0-9+_-]{0,31}(?:\/[A-Z][A-Za-z0-9+_-]{0,31}){0,2}$/.test(name)) return undefined;
    try {
      const options = {
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      } as const;
      const timeZone = name === 'Local' ? {} : { timeZone: name };
      const format = new Intl.DateTimeFormat('en-US', { ...timeZone, hourCycle: 'h23', era: 'short', ...options });
      const known = format.resolvedOptions().timeZone;
      // Names are files of a database: their letters are as they are there.
      const isMiswritten = known !== name && known.toLowerCase() === name.toLowerCase();
      return isMiswritten ? undefined : new Zone(format);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  wall(ms: number): Wall {
    const wall: Wall = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const { type, value } of this.format.formatToParts(ms)) {
      if (type === 'year' || type === 'month' || type === 'day' || type === 'hour' || type === 'minute' || type === 'second')
        wall[type] = Number(value);
    }
    return wall;
  }

  /** The moment of a wall-clock time; a time that a change of clocks skips is read as the moment after the change. */
  moment(wall: Wall): number {
    const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
    let guess = asUtc;
    for (let round = 0; round < 3; round++) {
      const seen = this.wall(guess);
      const difference = asUtc - Date.UTC(seen.year, seen.month - 1, seen.day, seen.hour, seen.minute, seen.second);
      if (difference === 0) return guess;
      guess += difference;
    }
    return guess;
  }
}

const MAX_YEARS = 5;
let utc: Zone | undefined;

/** Made when first needed: a formatter takes ten milliseconds, which every start of a server would pay. */
function utcZone(): Zone {
  utc ??= Zone.of('UTC');
  return utc as Zone;
}

/** The first whole second after `ms` that the expression matches, in milliseconds; undefined when there is none within five years. */
export function nextCron(cron: Cron, ms: number, zone: Zone = utcZone()): number | undefined {
  const [seconds, minutes, hours, days, months, weekdays] = cron as readonly [Field, Field, Field, Field, Field, Field];
  let at = Math.floor(ms / 1000) * 1000 + 1000;
  const limit = zone.wall(at).year + MAX_YEARS;
  for (;;) {
    const wall = zone.wall(at);
    if (wall.year > limit) return undefined;
    let next: number | undefined;
    if (!months.values.has(wall.month))
      next = zone.moment(rolled({ year: wall.year, month: wall.month + 1, day: 1, hour: 0, minute: 0, second: 0 }));
    else if (!dayMatches(wall, days, weekdays))
      next = zone.moment(rolled({ ...wall, day: wall.day + 1, hour: 0, minute: 0, second: 0 }));
    else if (!hours.values.has(wall.hour)) next = zone.moment(rolled({ ...wall, hour: wall.hour + 1, minute: 0, second: 0 }));
    else if (!minutes.values.has(wall.minute)) next = at - wall.second * 1000 + 60_000;
    else if (!seconds.values.has(wall.second)) next = at + 1000;
    if (next === undefined) return at;
    at = next > at ? next : at + 1000;
  }
}

function dayMatches(wall: Wall, days: Field, weekdays: Field): boolean {
  const weekday = new Date(Date.UTC(wall.year, wall.month - 1, wall.day)).getUTCDay();
  const byDay = days.values.has(wall.day);
  const byWeekday = weekdays.values.has(weekday);
  return days.isStar || weekdays.isStar ? byDay && byWeekday : byDay || byWeekday;
}

/** Carries an overflow of hours, days or months into the next larger field. */
function rolled(wall: Wall): Wall {
  const date = new Date(Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}
