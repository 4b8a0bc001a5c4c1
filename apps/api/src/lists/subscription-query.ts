/** Subscriptions filtered and grouped by subject, by queue group and by client; the subject tree as subscriptions alone tell it. Pure. */
import { matchesSubject } from '@sluice/protocol';
import type {
  SubjectRow,
  SubscriptionRow,
  SubscriptionsByClient,
  SubscriptionsByQueue,
  SubscriptionsBySubject,
  SubscriptionsQuery,
} from '@sluice/protocol/console';
import { interestRow } from '../presenters/subjects.ts';

const MAX_NAMED = 5;
const MAX_QUEUES = 50;

/** Subjects that servers and clients use among themselves. */
export function isSystemSubject(subject: string): boolean {
  return subject.startsWith('$') || subject.startsWith('_INBOX.') || subject.startsWith('_R_.') || subject.startsWith('_GR_.');
}

/** Rows that a query asks for, before grouping. */
export function filterSubscriptions(rows: readonly SubscriptionRow[], query: SubscriptionsQuery): SubscriptionRow[] {
  const text = query.q?.trim().toLowerCase() ?? '';
  return rows.filter((row) => {
    if (query.includeSystem !== true && isSystemSubject(row.subject)) return false;
    if (query.account !== undefined && row.account !== query.account) return false;
    if (query.queue !== undefined && row.queue !== query.queue) return false;
    if (query.subject !== undefined && row.subject !== query.subject) return false;
    if (query.cid !== undefined && row.cid !== query.cid) return false;
    if (query.matching !== undefined && !matchesSubject(query.matching, row.subject)) return false;
    return (
      text === '' || [row.subject, row.queue, row.name, row.user].some((field) => field?.toLowerCase().includes(text) === true)
    );
  });
}

export function groupBySubject(rows: readonly SubscriptionRow[]): SubscriptionsBySubject[] {
  return groups(rows, (row) => `${row.account} ${row.subject}`).map((members) => {
    const [first] = members;
    const queues = new Set(members.map((row) => row.queue).filter((queue) => queue !== null));
    return {
      subject: first.subject,
      account: first.account,
      subscriptions: members.length,
      plain: members.filter((row) => row.queue === null).length,
      queueGroups: [...queues].sort().slice(0, MAX_QUEUES),
      clients: new Set(members.map((row) => `${row.serverId} ${row.cid}`)).size,
      messages: total(members),
    };
  });
}

export function groupByQueue(rows: readonly SubscriptionRow[]): SubscriptionsByQueue[] {
  const queued = rows.filter((row) => row.queue !== null);
  return groups(queued, (row) => `${row.account} ${row.queue} ${row.subject}`).map((members) => {
    const [first] = members;
    const messages = total(members);
    const busiest = Math.max(...members.map((row) => row.messages));
    return {
      queue: first.queue ?? '',
      subject: first.subject,
      account: first.account,
      members: members.length,
      messages,
      busiestShare: messages === 0 ? null : busiest / messages,
    };
  });
}

export function groupByClient(rows: readonly SubscriptionRow[]): SubscriptionsByClient[] {
  return groups(rows, (row) => `${row.serverId} ${row.cid}`).map((members) => {
    const [{ cid, serverId, name, user, account }] = members;
    const subjects = [...new Set(members.map((row) => row.subject))].slice(0, MAX_NAMED);
    return { cid, serverId, name, user, account, subscriptions: members.length, messages: total(members), subjects };
  });
}

/** Nodes below `prefix` (the roots when empty), or whole subjects with `isTree` false. */
export function interestNodes(rows: readonly SubscriptionRow[], prefix: string, isTree: boolean): SubjectRow[] {
  const start = prefix === '' ? '' : `${prefix}.`;
  const nodes = new Map<string, { subjects: Set<string>; subscribers: number; isLeaf: boolean }>();
  for (const row of rows) {
    if (!row.subject.startsWith(start)) continue;
    const rest = row.subject.slice(start.length);
    const end = isTree ? rest.indexOf('.') : -1;
    const node = start + (end === -1 ? rest : rest.slice(0, end));
    const known = nodes.get(node) ?? { subjects: new Set<string>(), subscribers: 0, isLeaf: false };
    known.subjects.add(row.subject);
    known.subscribers += 1;
    known.isLeaf ||= row.subject === node;
    nodes.set(node, known);
  }
  return [...nodes].map(([subject, node]) =>
    interestRow(subject, node.subjects.size, node.subscribers, isTree, node.isLeaf && node.subjects.size === 1),
  );
}

type NonEmpty<T> = [T, ...T[]];

function groups(rows: readonly SubscriptionRow[], keyOf: (row: SubscriptionRow) => string): NonEmpty<SubscriptionRow>[] {
  const byKey = new Map<string, NonEmpty<SubscriptionRow>>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, [row]);
    else group.push(row);
  }
  return [...byKey.values()];
}

function total(rows: readonly SubscriptionRow[]): number {
  return rows.reduce((sum, row) => sum + row.messages, 0);
}
