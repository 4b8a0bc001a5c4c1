/** The operations between servers that are one line. Messages are not among them: their parser knows them by their first word. */
import { CR, LF, SPACE, TAB } from './bytes.ts';

export type PeerVerb = 'CONNECT' | 'INFO' | 'RS+' | 'RS-' | 'LS+' | 'LS-' | 'A+' | 'A-' | 'PING' | 'PONG' | '+OK' | '-ERR';

export const VERB_UNKNOWN = '?';
export const VERB_INCOMPLETE = '';
/** Bytes that tell a message from anything else: its verb and a blank. */
export const MESSAGE_START_BYTES = 5;

const VERBS: readonly PeerVerb[] = ['CONNECT', 'INFO', 'RS+', 'RS-', 'PING', 'PONG', 'LS+', 'LS-', 'A+', 'A-', '+OK', '-ERR'];
const VERB_NAMES: readonly Buffer[] = VERBS.map((verb) => Buffer.from(verb, 'latin1'));
/** A message of which less than its verb and a blank has arrived. */
const MESSAGE_VERBS: readonly Buffer[] = ['RMSG', 'HMSG', 'LMSG'].map((verb) => Buffer.from(verb, 'latin1'));

/** Which operation of one line starts at `start`; a prefix of one, or of a message, may still become one. */
export function matchPeerVerb(
  bytes: Buffer,
  start: number,
  end: number,
): PeerVerb | typeof VERB_UNKNOWN | typeof VERB_INCOMPLETE {
  for (let verb = 0; verb < VERB_NAMES.length; verb++) {
    const name = VERB_NAMES[verb] as Buffer;
    const matched = commonBytes(name, bytes, start, end);
    if (start + matched >= end) return VERB_INCOMPLETE;
    if (matched < name.length) continue;
    const after = bytes[start + matched] as number;
    return after === SPACE || after === TAB || after === CR || after === LF ? (VERBS[verb] as PeerVerb) : VERB_UNKNOWN;
  }
  for (const name of MESSAGE_VERBS) {
    if (
      start + commonBytes(name, bytes, start, end) >= end ||
      (end - start < MESSAGE_START_BYTES && isPrefix(name, bytes, start))
    )
      return VERB_INCOMPLETE;
  }
  return VERB_UNKNOWN;
}

function commonBytes(name: Buffer, bytes: Buffer, start: number, end: number): number {
  let length = 0;
  while (length < name.length && start + length < end) {
    const char = bytes[start + length] as number;
    const upper = char >= 97 && char <= 122 ? char & ~32 : char;
    if (upper !== name[length]) break;
    length++;
  }
  return length;
}

function isPrefix(name: Buffer, bytes: Buffer, start: number): boolean {
  return commonBytes(name, bytes, start, start + name.length) === name.length;
}
