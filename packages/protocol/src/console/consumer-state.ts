/**
 * What a consumer is in a word, how bad that is, and why: the same rule for the console's lists, its drawers and the findings of
 * its first page, so that none says "up to date" of what another calls stalled. Pure.
 */
import type { ConsumerRow } from './consumers.ts';

export interface ConsumerState {
  readonly tone: 'ok' | 'info' | 'warn' | 'bad';
  readonly word: string;
  /** One sentence: what holds it up, or that nothing does. */
  readonly reason: string;
}

/** What the rule looks at. */
export type ConsumerFacts = Pick<
  ConsumerRow,
  | 'kind'
  | 'lag'
  | 'ackPending'
  | 'maxAckPending'
  | 'redelivered'
  | 'waiting'
  | 'maxDeliver'
  | 'isBound'
  | 'isPaused'
  | 'deliveredPerS'
>;

export function consumerState(facts: ConsumerFacts): ConsumerState {
  const { lag, ackPending, maxAckPending, redelivered } = facts;
  if (facts.isPaused) return { tone: 'warn', word: 'paused', reason: 'Nothing is delivered until it is resumed.' };
  if (maxAckPending !== null && maxAckPending > 0 && ackPending >= maxAckPending) {
    const reason = `${messages(ackPending)} delivered and not acknowledged, as many as max_ack_pending allows: nothing more is delivered until its clients acknowledge.`;
    return { tone: 'bad', word: 'stalled', reason };
  }
  if (facts.isBound === false && lag > 0)
    return {
      tone: 'warn',
      word: 'nobody listens',
      reason: `${messages(lag)} waiting, and nobody subscribes to its deliver subject.`,
    };
  if (facts.kind === 'pull' && facts.waiting === 0 && lag > 0 && (facts.deliveredPerS ?? 0) === 0)
    return { tone: 'warn', word: 'nobody pulls', reason: `${messages(lag)} waiting, and no client asks for any.` };
  if (ackPending > 0 && redelivered * 2 >= ackPending)
    return { tone: 'warn', word: 'redelivering', reason: redeliveryReason(facts) };
  // Unacknowledged and pending no more: delivered as often as max_deliver allows.
  if (ackPending === 0 && redelivered > 0 && facts.maxDeliver !== null)
    return {
      tone: 'warn',
      word: 'gave up',
      reason: `${messages(redelivered)} delivered ${facts.maxDeliver} times, never acknowledged, and not delivered any more. The stream still has them.`,
    };
  if (lag > 0) return { tone: 'info', word: 'catching up', reason: `${messages(lag)} not delivered yet.` };
  const reason = ackPending === 0 ? 'Everything is delivered and acknowledged.' : 'Everything is delivered.';
  return { tone: 'ok', word: 'up to date', reason };
}

function redeliveryReason({ redelivered, maxDeliver }: ConsumerFacts): string {
  const end = maxDeliver === null ? 'again and again' : `${maxDeliver} times at most, then given up on`;
  return `${messages(redelivered)} delivered more than once: clients refuse them, or the ack wait passes first. They come ${end}.`;
}

/** `1 message is`, `3 messages are`. */
function messages(count: number): string {
  return count === 1 ? '1 message is' : `${count.toLocaleString('en-US')} messages are`;
}
