/** INTEREST: who would receive a message published to a subject now. */
import { type Interest, type InterestEntry, isLiteralSubject } from '@sluice/protocol';
import { toWireText } from '../../auth/subject-pattern.ts';
import { answer, type Result, refusal } from '../../monitor/result.ts';
import { fromWireText } from '../../monitor/wire-text.ts';
import { type Subscription, SubscriptionKind } from '../../routing/subscription.ts';
import type { Server } from '../../server.ts';

/** Entries listed; `total` counts on. */
const MAX_ENTRIES = 1000;

export function buildInterest(server: Server, value: unknown): Result<Interest> {
  const fields: { account?: unknown; subject?: unknown } = typeof value === 'object' && value !== null ? { ...value } : {};
  const { account = '$G', subject } = fields;
  if (typeof account !== 'string') return refusal('account must be text');
  if (typeof subject !== 'string' || !isLiteralSubject(subject)) return refusal('subject must be a subject without wildcards');
  const owner = server.accounts.get(account);
  if (owner === undefined) return refusal(`account ${JSON.stringify(account)} does not exist`);
  const match = owner.sublist.matchLocal(Buffer.from(toWireText(subject), 'latin1'));
  const plain = match.plain.filter(isVisible);
  let room = MAX_ENTRIES;
  const take = (subscriptions: readonly Subscription[]): InterestEntry[] => {
    const taken = subscriptions.slice(0, room).map((subscription) => entryOf(server, subscription));
    room -= taken.length;
    return taken;
  };
  const listed = take(plain);
  let total = plain.length;
  const queues = match.queues.map((group) => {
    const members = group.members.filter(isVisible);
    total += members.length;
    return { queue: fromWireText(group.name), members: take(members) };
  });
  return answer({ subject, plain: listed, queues: queues.filter((group) => group.members.length > 0), total });
}

/** The server's own ears are no receivers that an operator means. */
function isVisible(subscription: Subscription): boolean {
  return subscription.kind === SubscriptionKind.client;
}

function entryOf(server: Server, subscription: Subscription): InterestEntry {
  const client = server.clients.get(subscription.cid);
  const name = client?.connectOptions?.name ?? '';
  const user = client?.identity?.user ?? '';
  return {
    subject: fromWireText(subscription.subject),
    ...(subscription.queue === '' ? {} : { queue: fromWireText(subscription.queue) }),
    sid: fromWireText(subscription.sid),
    cid: subscription.cid,
    ...(name === '' ? {} : { name }),
    ...(user === '' ? {} : { user }),
    messages: subscription.deliveredCount,
  };
}
