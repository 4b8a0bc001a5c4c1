/**
 * Where input stopped being NATS, told as nats-server's log tells it: the number of its parser's state, the place in the read, and the
 * next bytes. Only looked at when a connection is about to be closed for it. Source: nats-server server/parser.go, parser states.
 */
import { goQuoteBytes, goQuoteLatin1 } from '../go-quote.ts';

/** States in which nats-server's parser waits for the CR and the LF behind a payload. */
export const PAYLOAD_CR_STATE = 41;
export const PAYLOAD_LF_STATE = 42;

/** Bytes of input that are shown. */
const SNIPPET_BYTES = 32;
/** A size as nats-server takes it. */
const SIZE = /^\d{1,9}$/;

/** Every verb that a client's input may begin with, and the state that is reached after each of its letters; 0 is the start. */
const VERB_STATES: readonly (readonly [string, readonly number[]])[] = [
  ['+ok', [0, 1, 2, 3]],
  ['-err', [0, 4, 5, 6, 7]],
  ['connect', [0, 10, 11, 12, 13, 14, 15, 16]],
  ['hpub', [0, 18, 19, 20, 21]],
  ['hmsg', [0, 18, 24, 25, 26]],
  ['pub', [0, 29, 30, 31]],
  ['ping', [0, 29, 34, 35, 36]],
  ['pong', [0, 29, 37, 38, 39]],
  ['sub', [0, 43, 44, 45]],
  ['unsub', [0, 59, 60, 61, 62, 63]],
  ['info', [0, 71, 72, 73, 74]],
];
/** A place in an operation: how many bytes of it were taken, and the state then. */
export interface ParsePlace {
  readonly state: number;
  readonly offset: number;
}

/** Where the operation that starts at `start` leaves every verb. */
export function verbFailure(bytes: Uint8Array, start: number, end: number): ParsePlace {
  let best: ParsePlace = { state: 0, offset: 0 };
  for (const [verb, states] of VERB_STATES) {
    let offset = 0;
    while (offset < verb.length && start + offset < end && lower(bytes[start + offset] ?? 0) === verb.charCodeAt(offset))
      offset++;
    if (offset > best.offset) best = { state: states[offset] ?? 0, offset };
  }
  return best;
}

/** The log line of input that is no operation; `at` is the place in the read, which may lie outside of it. */
export function unknownOperationText(state: number, read: Uint8Array, at: number): string {
  return `Client parser ERROR, state=${state}, i=${at}: proto='${snippet(read, at)}...'`;
}

/** What is wrong with the arguments of PUB or HPUB, which hold one byte in each character. */
export function publishArgumentsText(args: string, isHpub: boolean): string {
  const fields = args.split(/[ \t]+/).filter((field) => field !== '');
  const quoted = goQuoteLatin1(args);
  const verb = isHpub ? 'processHeaderPub' : 'processPub';
  const least = isHpub ? 3 : 2;
  if (fields.length !== least && fields.length !== least + 1) return `${verb} Parse Error: ${quoted}`;
  const size = fields.at(-1) ?? '';
  if (!isHpub) return `${verb} Bad or Missing Size: ${quoted}`;
  if (!SIZE.test(fields.at(-2) ?? '')) return `${verb} Bad or Missing Header Size: ${quoted}`;
  return SIZE.test(size)
    ? `${verb} Header Size larger then TotalSize: ${quoted}`
    : `${verb} Bad or Missing Total Size: ${quoted}`;
}

function snippet(read: Uint8Array, at: number): string {
  if (at >= read.length) return '""';
  const stop = at + SNIPPET_BYTES;
  // The last byte of a short rest is left out there, and so here.
  return goQuoteBytes(read.subarray(Math.max(0, at), stop > read.length ? read.length - 1 : stop));
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte | 32 : byte;
}
