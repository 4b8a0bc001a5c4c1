/**
 * Pages of stored messages in both directions. Message get only goes forward; backwards is read in windows that double, each from
 * below the last one, so that a rare subject costs a few questions instead of the whole stream.
 */
import type { MessagesPage, MessagesQuery, StoredMessage } from '@sluice/protocol/console';
import { presentMessage } from '../../presenters/stored-message.ts';
import { booleanAt, type JsonRecord, numberAt, recordAt } from '../json-fields.ts';
import type { JsAccount } from './js-account.ts';
import { getMessage, type RawMessage, type ReadTarget, readForward } from './message-reader.ts';

const DEFAULT_LIMIT = 100;
const DEFAULT_PAYLOAD_BYTES = 16_384;
/** Payload bytes that one page may hold. */
const PAGE_BYTES = 8_388_608;
/** Messages that one request may look at. */
const MAX_SCANNED = 20_000;
/** Matches in one window; more than the largest page, so that the smallest window always fits. */
const MAX_WINDOW = 2000;
const MAX_BATCH = 500;

interface Search {
  readonly js: JsAccount;
  readonly target: ReadTarget;
  readonly filter: string;
  readonly limit: number;
  readonly maxPayloadBytes: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** The page that a query asks for. Costs one question for the stream's state, and as many reads as the page needs. */
export async function readMessages(js: JsAccount, stream: string, query: MessagesQuery): Promise<MessagesPage> {
  const info = await js.must(`STREAM.INFO.${stream}`);
  const state = recordAt(info, 'state');
  const search: Search = {
    js,
    target: targetOf(info, stream),
    filter: query.subject ?? '>',
    limit: query.limit ?? DEFAULT_LIMIT,
    maxPayloadBytes: query.maxPayloadBytes ?? DEFAULT_PAYLOAD_BYTES,
    firstSeq: numberAt(state, 'first_seq'),
    lastSeq: numberAt(state, 'last_seq'),
  };
  const order = query.order ?? 'desc';
  const empty: MessagesPage = {
    items: [],
    order,
    firstSeq: search.firstSeq,
    lastSeq: search.lastSeq,
    nextSeq: null,
    isCut: false,
  };
  if (numberAt(state, 'messages') === 0) return empty;
  const page = order === 'asc' ? await readUp(search, query) : await readDown(search, await topOf(search, query));
  return { ...empty, ...page };
}

/** Whether direct get may be asked, from `STREAM.INFO`. */
export function targetOf(info: JsonRecord, stream: string): ReadTarget {
  return { stream, isDirect: booleanAt(recordAt(info, 'config'), 'allow_direct') };
}

type Part = Pick<MessagesPage, 'items' | 'nextSeq' | 'isCut'>;

async function readUp(search: Search, query: MessagesQuery): Promise<Part> {
  const { js, target, filter, limit, lastSeq } = search;
  const items: StoredMessage[] = [];
  let heldBytes = 0;
  let isCut = false;
  let next: number | null = null;
  let isStopped = false;
  const start = query.seq === undefined && query.atMs !== undefined ? { atMs: query.atMs } : { seq: query.seq ?? 1 };
  await readForward(js, target, { filter, ...start, batch: Math.min(limit, MAX_BATCH) }, (raw) => {
    const message = presentMessage(raw, search.maxPayloadBytes);
    items.push(message);
    heldBytes += message.payload.length;
    isCut = heldBytes >= PAGE_BYTES && items.length < limit;
    const isEnd = raw.pending === 0 || raw.seq >= lastSeq;
    next = isEnd ? null : raw.seq + 1;
    isStopped = items.length >= limit || isCut || isEnd;
    return isStopped;
  });
  // It ended by itself: nothing follows.
  if (!isStopped) next = null;
  return { items, nextSeq: next, isCut: isCut && next !== null };
}

/** The highest sequence that the page may hold. */
async function topOf({ js, target, filter, lastSeq }: Search, query: MessagesQuery): Promise<number> {
  let top = query.seq ?? lastSeq;
  if (query.seq === undefined && query.atMs !== undefined) {
    const body = { start_time: new Date(query.atMs).toISOString(), next_by_subj: '>' };
    const after = await getMessage(js, target.stream, body);
    if (after !== undefined) top = after.atMs === query.atMs ? after.seq : after.seq - 1;
  }
  // For everything, nats-server looks at the last sequence alone, which may be a hole.
  if (top < lastSeq || filter === '>') return top;
  // The newest that matches, in one question, however far back it lies.
  const newest = await getMessage(js, target.stream, { last_by_subj: filter });
  return newest?.seq ?? 0;
}

async function readDown(search: Search, top: number): Promise<Part> {
  const { limit, firstSeq } = search;
  let found: RawMessage[] = [];
  let scanned = 0;
  let end = top + 1;
  let width = limit;
  while (found.length < limit && end > firstSeq && scanned < MAX_SCANNED) {
    const start = Math.max(firstSeq, end - width);
    const window = await readWindow(search, { start, end, wanted: limit - found.length });
    if (window === undefined) {
      // Dense behind a gap: the upper half of the window first.
      width = Math.max(limit, Math.ceil((end - start) / 2));
      continue;
    }
    scanned += window.scanned;
    found = [...window.messages, ...found];
    end = start;
    width *= 2;
  }
  return fitDown(search, found, end);
}

interface Window {
  readonly start: number;
  /** Not included. */
  readonly end: number;
  readonly wanted: number;
}

/** The last `wanted` matches of a window; undefined when it holds more than one wants to read through. */
async function readWindow(
  { js, target, filter }: Search,
  { start, end, wanted }: Window,
): Promise<{ messages: RawMessage[]; scanned: number } | undefined> {
  const messages: RawMessage[] = [];
  let scanned = 0;
  await readForward(js, target, { filter, seq: start, batch: Math.min(end - start, MAX_BATCH) }, (raw) => {
    if (raw.seq >= end) return true;
    scanned += 1;
    messages.push(raw);
    if (messages.length > wanted) messages.shift();
    return scanned > MAX_WINDOW || raw.seq === end - 1;
  });
  return scanned > MAX_WINDOW ? undefined : { messages, scanned };
}

/** Newest first, as many as fit; what was found and does not fit is where the next page begins. */
function fitDown({ limit, maxPayloadBytes, firstSeq }: Search, found: readonly RawMessage[], readFrom: number): Part {
  const items: StoredMessage[] = [];
  let heldBytes = 0;
  for (const raw of found.toReversed()) {
    if (items.length >= limit || heldBytes >= PAGE_BYTES) break;
    const message = presentMessage(raw, maxPayloadBytes);
    items.push(message);
    heldBytes += message.payload.length;
  }
  const last = items.at(-1);
  const isFull = items.length >= limit || items.length < found.length;
  const nextTop = isFull && last !== undefined ? last.seq - 1 : readFrom - 1;
  return { items, nextSeq: nextTop >= firstSeq ? nextTop : null, isCut: items.length < limit && nextTop >= firstSeq };
}
