/** `Nats-TTL`: whole seconds, a Go duration of a second at least, or `never`. Source: nats-server server/stream.go parseMessageTTL. */
import { parseDuration } from '@sluice/protocol';

const NS_PER_SECOND = 1_000_000_000;

/** What `never` is read as. */
export const NEVER = -1;

/** Seconds to live, `NEVER`, 0 for none; undefined when the text is neither. */
export function parseTtl(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return 0;
  if (text.toLowerCase() === 'never') return NEVER;
  const duration = parseDuration(text);
  if (duration.ok) return duration.ns < NS_PER_SECOND ? undefined : Math.floor(duration.ns / NS_PER_SECOND);
  return parseSeconds(text);
}

/** Digits only; what does not fit an int64 wraps around, as there. */
function parseSeconds(text: string): number | undefined {
  if (!/^\d{1,64}$/.test(text)) return undefined;
  const seconds = Number(BigInt.asIntN(64, BigInt(text)));
  return seconds < 0 ? undefined : seconds;
}
