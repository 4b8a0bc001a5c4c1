/** How many messages a purge would remove, from the stream's state and the pending counts of direct get; nothing is removed. */
import type { PurgeRequest } from '@sluice/protocol/console';
import { type JsonRecord, numberAt, recordAt } from '../json-fields.ts';
import type { JsAccount } from './js-account.ts';
import { targetOf } from './message-pages.ts';
import { countFrom } from './message-reader.ts';
import { readSubjects } from './stream-subjects.ts';

export interface PurgeCount {
  readonly count: number;
  /** False: an upper bound. */
  readonly isExact: boolean;
  /** Messages in the stream. */
  readonly messages: number;
}

export async function countPurge(js: JsAccount, stream: string, { filter, seq, keep }: PurgeRequest): Promise<PurgeCount> {
  const info = await js.must(`STREAM.INFO.${stream}`);
  const state = recordAt(info, 'state');
  const messages = numberAt(state, 'messages');
  const matching = filter === undefined || filter === '>' ? messages : await sumSubjects(js, stream, filter);
  if (matching === undefined) return { count: messages, isExact: false, messages };
  if (keep !== undefined) return { count: Math.max(0, matching - keep), isExact: true, messages };
  if (seq === undefined || seq > numberAt(state, 'last_seq')) return { count: matching, isExact: true, messages };
  if (seq <= numberAt(state, 'first_seq')) return { count: 0, isExact: true, messages };
  const kept = await keptFrom(js, info, stream, { filter, seq });
  return kept === undefined ? bound(state, matching, seq) : { count: Math.max(0, matching - kept), isExact: true, messages };
}

/** Matches from `seq` on, which a purge up to it leaves. */
async function keptFrom(
  js: JsAccount,
  info: JsonRecord,
  stream: string,
  { filter, seq }: { filter: string | undefined; seq: number },
): Promise<number | undefined> {
  const target = targetOf(info, stream);
  const state = recordAt(info, 'state');
  if (target.isDirect) return countFrom(js, target, filter ?? '>', seq);
  // Without holes the numbers tell it.
  const isPlain = filter === undefined && numberAt(state, 'num_deleted') === 0;
  return isPlain ? numberAt(state, 'last_seq') - seq + 1 : undefined;
}

function bound(state: JsonRecord, matching: number, seq: number): PurgeCount {
  const span = seq - numberAt(state, 'first_seq');
  return { count: Math.min(matching, span), isExact: false, messages: numberAt(state, 'messages') };
}

/** Messages on the subjects that match; undefined when there are too many subjects to sum. */
async function sumSubjects(js: JsAccount, stream: string, filter: string): Promise<number | undefined> {
  const { subjects, isTruncated } = await readSubjects(js, stream, filter);
  return isTruncated ? undefined : subjects.reduce((sum, { messages }) => sum + messages, 0);
}
