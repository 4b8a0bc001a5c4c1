/** Where and when a user may connect from. Source: nats-server server/auth.go validateSrc, validateTimes. */
import { BlockList, isIP } from 'node:net';
import { asRecord } from './decode-jwt.ts';

/** True when the address lies in one of the CIDR blocks, or there are none. A block that is none allows nothing. */
export function isAddressAllowed(blocks: readonly string[], address: string): boolean {
  if (blocks.length === 0) return true;
  const family = isIP(address);
  if (family === 0) return false;
  const list = new BlockList();
  for (const block of blocks) {
    const [network = '', prefix = ''] = block.split('/');
    const version = isIP(network);
    const bits = Number(prefix);
    if (version === 0 || !/^\d{1,3}$/.test(prefix) || bits > (version === 4 ? 32 : 128)) return false;
    list.addSubnet(network, bits, version === 4 ? 'ipv4' : 'ipv6');
  }
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** True when the time of day lies in one of the ranges `{start, end}` (`15:04:05`), or there are none. A range may span midnight. */
export function isTimeAllowed(ranges: unknown, location: unknown, nowMs: number): boolean {
  if (!Array.isArray(ranges) || ranges.length === 0) return true;
  const now = secondOfDay(nowMs, typeof location === 'string' && location !== '' ? location : 'UTC');
  if (now === undefined) return false;
  return ranges.some((item: unknown) => {
    const range = asRecord(item);
    const start = parseTime(range?.['start']);
    const end = parseTime(range?.['end']);
    if (start === undefined || end === undefined) return false;
    return start <= end ? now >= start && now < end : now >= start || now < end;
  });
}

function parseTime(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d{2}):(\d{2}):(\d{2})$/.exec(value) : null;
  return match === null ? undefined : Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]);
}

function secondOfDay(nowMs: number, timeZone: string): number | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    });
    return parseTime(format.format(nowMs));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
