import type { SubscriptionRow } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import {
  filterSubscriptions,
  groupByClient,
  groupByQueue,
  groupBySubject,
  interestNodes,
} from '../../src/lists/subscription-query.ts';

const row = (cid: number, subject: string, queue: string | null = null, messages = 0): SubscriptionRow => ({
  cid,
  subject,
  queue,
  messages,
  sid: String(cid),
  serverId: 'S',
  name: `c${cid}`,
  user: null,
  account: '$G',
});
const rows = [
  row(1, 'orders.>', 'billing', 30),
  row(2, 'orders.>', 'billing', 10),
  row(3, 'orders.eu.*'),
  row(3, '_INBOX.abc'),
  row(4, 'orders.eu.created', 'audit'),
  row(4, 'pay'),
];

describe('subscriptions', () => {
  it('hide system subjects, match literals through wildcards and find text in queue and name', () => {
    expect(filterSubscriptions(rows, {})).toHaveLength(5);
    expect(filterSubscriptions(rows, { includeSystem: true })).toHaveLength(6);
    expect(filterSubscriptions(rows, { matching: 'orders.eu.created' }).map((known) => known.cid)).toEqual([1, 2, 3, 4]);
    expect(filterSubscriptions(rows, { q: 'BILL' })).toHaveLength(2);
    expect(filterSubscriptions(rows, { cid: 3, includeSystem: true })).toHaveLength(2);
  });

  it('group by subject, by queue group and by client', () => {
    const shown = filterSubscriptions(rows, {});
    expect(groupBySubject(shown)[0]).toMatchObject({
      subject: 'orders.>',
      subscriptions: 2,
      plain: 0,
      queueGroups: ['billing'],
      clients: 2,
      messages: 40,
    });
    expect(groupByQueue(shown)).toMatchObject([
      { queue: 'billing', members: 2, busiestShare: 0.75 },
      { queue: 'audit', members: 1, busiestShare: null },
    ]);
    expect(groupByClient(shown).find((client) => client.cid === 4)).toMatchObject({
      subscriptions: 2,
      subjects: ['orders.eu.created', 'pay'],
    });
  });

  it('make a tree, one level at a time', () => {
    const level = (prefix: string) =>
      interestNodes(filterSubscriptions(rows, {}), prefix, true).map((node) => [
        node.subject,
        node.subscribers,
        node.hasChildren,
      ]);
    expect(level('')).toEqual([
      ['orders', 4, true],
      ['pay', 1, false],
    ]);
    expect(level('orders')).toEqual([
      ['orders.>', 2, false],
      ['orders.eu', 2, true],
    ]);
    expect(level('orders.eu')).toEqual([
      ['orders.eu.*', 1, false],
      ['orders.eu.created', 1, false],
    ]);
  });
});
