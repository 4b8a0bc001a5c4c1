/**
 * Reading stored messages by message get alone: many at a time where the stream allows direct get, else one by one. No consumer is
 * ever made, so that reading takes nothing away on any retention policy.
 */
import type { Msg } from '@nats-io/transport-node';
import { decodeHeaders } from '@sluice/protocol';
import type { HeaderPairs } from '@sluice/protocol/console';
import { jsHeaders } from '@sluice/protocol/jetstream';
import { HttpFailure } from '../../http-failure.ts';
import { type JsonRecord, numberAt, recordAt, stringAt, timeAt } from '../json-fields.ts';
import type { JsAccount } from './js-account.ts';
import { jsCodes, jsFailure } from './js-failure.ts';

export interface RawMessage {
  readonly seq: number;
  readonly subject: string;
  readonly atMs: number;
  readonly headers: HeaderPairs;
  readonly payload: Uint8Array;
  /** Messages behind this one that match too; null where the answer does not tell. */
  readonly pending: number | null;
}

/** Which stream, and whether it answers direct gets. */
export interface ReadTarget {
  readonly stream: string;
  readonly isDirect: boolean;
}

export interface ReadFrom {
  readonly filter: string;
  /** First sequence, or the first message not before `atMs`. */
  readonly seq?: number;
  readonly atMs?: number;
  /** Messages per request. */
  readonly batch: number;
}

/** A batch ends early at about this many bytes. */
const BATCH_BYTES = 4_194_304;
const END_OF_BATCH = 204;
const NOT_FOUND = 404;
const NO_RESPONDERS = 503;

/** Headers that direct get puts before a message's own. */
const addedHeaders: ReadonlySet<string> = new Set([
  jsHeaders.stream,
  jsHeaders.subject,
  jsHeaders.sequence,
  jsHeaders.timeStamp,
  jsHeaders.numPending,
  jsHeaders.lastSequence,
  jsHeaders.upToSequence,
]);

/** One message by `seq`, `last_by_subj` or `next_by_subj`; undefined when there is none. */
export async function getMessage(js: JsAccount, stream: string, body: JsonRecord): Promise<RawMessage | undefined> {
  const answer = await js.ask(`STREAM.MSG.GET.${stream}`, body);
  if (answer.ok) return readApiMessage(recordAt(answer.value, 'message'));
  if (answer.error.errCode === jsCodes.noMessageFound) return undefined;
  throw jsFailure(answer.error);
}

/** Hands messages on in rising order until `onMessage` returns true or there are no more. */
export async function readForward(
  js: JsAccount,
  target: ReadTarget,
  from: ReadFrom,
  onMessage: (message: RawMessage) => boolean,
): Promise<void> {
  if (target.isDirect && (await readBatches(js, target.stream, from, onMessage))) return;
  if (target.isDirect) throw new HttpFailure('unavailable', 'the stream does not answer direct gets at the moment');
  let next: JsonRecord = startOf(from);
  for (;;) {
    const message = await getMessage(js, target.stream, { ...next, next_by_subj: from.filter });
    if (message === undefined || onMessage(message)) return;
    next = { seq: message.seq + 1 };
  }
}

/** The newest message of each subject, for subjects that have one. */
export async function lastOfEach(js: JsAccount, target: ReadTarget, subjects: readonly string[]): Promise<RawMessage[]> {
  const found: RawMessage[] = [];
  if (subjects.length === 0) return found;
  if (!target.isDirect) {
    for (const subject of subjects) {
      const message = await getMessage(js, target.stream, { last_by_subj: subject });
      if (message !== undefined) found.push(message);
    }
    return found;
  }
  await direct(js, target.stream, { multi_last: subjects, batch: subjects.length }, (message) => {
    found.push(message);
    return false;
  });
  return found;
}

/** Messages of `filter` from `seq` on, counted without reading them; undefined where the server cannot. */
export async function countFrom(js: JsAccount, target: ReadTarget, filter: string, seq: number): Promise<number | undefined> {
  if (!target.isDirect) return undefined;
  let first: RawMessage | undefined;
  await direct(js, target.stream, { seq, next_by_subj: filter, batch: 1 }, (message) => {
    first = message;
    return false;
  });
  if (first === undefined) return 0;
  return first.pending === null ? undefined : first.pending + 1;
}

/** False when nobody answers direct gets. */
async function readBatches(
  js: JsAccount,
  stream: string,
  from: ReadFrom,
  onMessage: (message: RawMessage) => boolean,
): Promise<boolean> {
  let start = startOf(from);
  for (;;) {
    let isStopped = false;
    let last: RawMessage | undefined;
    const body = { ...start, next_by_subj: from.filter, batch: from.batch, max_bytes: BATCH_BYTES };
    const isAnswered = await direct(js, stream, body, (message) => {
      last = message;
      isStopped ||= onMessage(message);
      return isStopped;
    });
    if (!isAnswered) return false;
    if (isStopped || last === undefined || last.pending === 0) return true;
    start = { seq: last.seq + 1 };
  }
}

/** One direct get and all of its answers. False when nobody answers; throws what the stream refuses. */
async function direct(
  js: JsAccount,
  stream: string,
  body: JsonRecord,
  onMessage: (message: RawMessage) => boolean,
): Promise<boolean> {
  let status = 0;
  let text = '';
  const isWhole = await js.gather(`$JS.API.DIRECT.GET.${stream}`, body, (message) => {
    const code = message.headers?.code ?? 0;
    if (code >= 100) {
      status = code;
      text = message.headers?.description ?? '';
      return true;
    }
    return onMessage(readDirectMessage(message));
  });
  if (!isWhole) throw new HttpFailure('timeout', 'the server stopped answering in the middle of a batch');
  if (status === NO_RESPONDERS) return false;
  if (status !== 0 && status !== END_OF_BATCH && status !== NOT_FOUND)
    throw new HttpFailure('bad_request', `${text === '' ? 'the stream refused to be read' : text} (${status})`);
  return true;
}

function startOf({ seq, atMs }: ReadFrom): JsonRecord {
  return atMs === undefined ? { seq: Math.max(1, seq ?? 1) } : { start_time: new Date(atMs).toISOString() };
}

function readApiMessage(message: JsonRecord): RawMessage {
  const block = decodeHeaders(Buffer.from(stringAt(message, 'hdrs'), 'base64'));
  return {
    seq: numberAt(message, 'seq'),
    subject: stringAt(message, 'subject'),
    atMs: timeAt(message, 'time') ?? 0,
    headers: block.ok ? block.block.entries.map(([name, value]): [string, string] => [name, value]) : [],
    payload: Buffer.from(stringAt(message, 'data'), 'base64'),
    pending: null,
  };
}

function readDirectMessage(message: Msg): RawMessage {
  const head = (name: string): string => message.headers?.get(name) ?? '';
  const pending = head(jsHeaders.numPending);
  return {
    seq: Number(head(jsHeaders.sequence)),
    subject: head(jsHeaders.subject),
    atMs: Date.parse(head(jsHeaders.timeStamp)) || 0,
    headers: headerPairs(message).filter(([name]) => !addedHeaders.has(name)),
    payload: message.data,
    pending: pending === '' ? null : Number(pending),
  };
}

/** Headers of a delivered message, in the order of their names' first appearance. */
export function headerPairs(message: Msg): HeaderPairs {
  const pairs: HeaderPairs = [];
  for (const [name, values] of message.headers ?? []) for (const value of values) pairs.push([name, value]);
  return pairs;
}
