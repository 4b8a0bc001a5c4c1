// hot path
/** The verbs of the client protocol as numbers, and which of them a line begins with. Source: nats-server server/parser.go. */
import { SPACE, TAB } from './bytes.ts';

export const VERB_UNKNOWN = -1;
export const VERB_INCOMPLETE = -2;
export const VERB_PUB = 0;
export const VERB_HPUB = 1;
export const VERB_SUB = 2;
export const VERB_UNSUB = 3;
export const VERB_CONNECT = 4;
export const VERB_PING = 5;
export const VERB_PONG = 6;
export const VERB_OK = 7;
export const VERB_ERR = 8;
export const VERB_INFO = 9;
/** Servers send it; from a client it is an empty message that goes nowhere. */
export const VERB_HMSG = 10;
const VERB_NAMES: readonly Buffer[] = [
  'pub',
  'hpub',
  'sub',
  'unsub',
  'connect',
  'ping',
  'pong',
  '+ok',
  '-err',
  'info',
  'hmsg',
].map((verb) => Buffer.from(verb, 'latin1'));
export const VERB_BYTES: readonly number[] = VERB_NAMES.map((verb) => verb.length);
/** Verbs that must be followed by a blank or a tab. */
const VERB_NEEDS_BLANK: readonly boolean[] = [true, true, true, true, false, false, false, false, true, false, true];

/** Which operation starts at `start`; a prefix of one may still become one. */
export function matchVerb(bytes: Buffer, start: number, end: number): number {
  for (let verb = 0; verb <= VERB_HMSG; verb++) {
    const name = VERB_NAMES[verb] as Buffer;
    let length = 0;
    while (length < name.length && start + length < end) {
      const char = bytes[start + length] as number;
      const lower = char >= 65 && char <= 90 ? char | 32 : char;
      if (lower !== name[length]) break;
      length++;
    }
    if (start + length >= end) return VERB_INCOMPLETE;
    if (length < name.length) continue;
    const after = bytes[start + length];
    if (VERB_NEEDS_BLANK[verb] === true && after !== SPACE && after !== TAB) return VERB_UNKNOWN;
    return verb;
  }
  return VERB_UNKNOWN;
}
