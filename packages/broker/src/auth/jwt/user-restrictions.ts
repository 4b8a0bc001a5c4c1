/** Where and when a user may connect from. Source: nats-server server/auth.go validateSrc, validateTimes. */
import { BlockList, isIP } from 'node:net';
import { asRecord } from './decode-jwt.ts';

const DAY_SECONDS = 86_400;

/** True when the address lies in one of the CIDR blocks, or there are none. A block that is none allows nothing. */
export function isAddressAllowed(blocks: readonly string[], address: string): boolean {
  if (blocks.length === 0) return true;
  const family = isIP(address);
  if (family === 0) return false;
  const list = new BlockList();
  for (const block of blocks) {
    if (!isAddressBlock(block)) return false;
    const [network = '', prefix = ''] = block.split('/');
    list.addSubnet(network, Number(prefix), isIP(network) === 4 ? 'ipv4' : 'ipv6');
  }
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** True for an address and the length of its network: `10.0.0.0/8`. */
export function isAddressBlock(block: string): boolean {
  const [network = '', prefix = '', ...more] = block.split('/');
  const version = isIP(network);
  return version !== 0 && more.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

/**
 * Until when a user may stay, in milliseconds since the epoch, by its ranges `{start, end}` (`15:04:05`) of the day in a time zone, the
 * server's own when none is named; infinite without ranges, undefined when the time lies in none of them. A range may span midnight.
 */
export function allowedUntil(ranges: unknown, location: unknown, nowMs: number): number | undefined {
  if (!Array.isArray(ranges) || ranges.length === 0) return Number.POSITIVE_INFINITY;
  const now = secondOfDay(nowMs, typeof location === 'string' && location !== '' ? location : undefined);
  if (now === undefined) return undefined;
  let longest: number | undefined;
  for (const item of ranges) {
    const remaining = remainingSeconds(asRecord(item), now);
    if (remaining !== undefined && remaining > (longest ?? 0)) longest = remaining;
  }
  return longest === undefined ? undefined : nowMs + longest * 1000;
}

function remainingSeconds(range: Readonly<Record<string, unknown>> | undefined, now: number): number | undefined {
  const start = parseTime(range?.['start']);
  const end = parseTime(range?.['end']);
  if (start === undefined || end === undefined) return undefined;
  if (start < now && end > now) return end - now;
  if (start <= end) return undefined;
  if (end > now) return end - now;
  return start < now ? end + DAY_SECONDS - now : undefined;
}

/** True for `15:04:05`. */
export function isTimeOfDay(value: unknown): boolean {
  return parseTime(value) !== undefined;
}

/** True for a name of the time zone database. */
export function isTimeZone(name: string): boolean {
  return secondOfDay(0, name) !== undefined;
}

function parseTime(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d{1,2}):(\d{2}):(\d{2})$/.exec(value) : null;
  const [hour, minute, second] = (match ?? []).slice(1).map(Number);
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  return hour < 24 && minute < 60 && second < 60 ? hour * 3600 + minute * 60 + second : undefined;
}

/** Seconds with their fraction. */
function secondOfDay(nowMs: number, timeZone: string | undefined): number | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    const whole = parseTime(format.format(nowMs));
    return whole === undefined ? undefined : whole + (nowMs % 1000) / 1000;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
