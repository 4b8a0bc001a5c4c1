/** SUBJECTZ and INTEREST over NATS: what is published and subscribed, as a list and as a tree, and who would receive a subject. */
import type { NatsConnection } from '@nats-io/transport-node';
import type { Interest, SubjectStatistics, Subjectz } from '@sluice/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, useSystem } from '../support/use-system.ts';

const system = useSystem();

async function subjectz(request: Record<string, unknown> = {}): Promise<Subjectz> {
  return dataOf(await system.ask('SUBJECTZ', { account: 'A', ...request })) as unknown as Subjectz;
}

function dataOf(answer: Answer): Record<string, unknown> {
  if (answer.data === undefined || answer.data === null) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

function row(answer: Subjectz, subject: string): SubjectStatistics {
  const found = answer.subjects.find((one) => one.subject === subject);
  if (found === undefined) throw new Error(`${subject} is not among ${answer.subjects.map((one) => one.subject).join(', ')}`);
  return found;
}

async function publish(connection: NatsConnection, counts: Record<string, number>): Promise<void> {
  for (const [subject, count] of Object.entries(counts)) {
    for (let index = 0; index < count; index++) connection.publish(subject, '0123456789');
  }
  await connection.flush();
}

describe('subject statistics', () => {
  beforeAll(async () => {
    await subjectz();
    const a = await system.client('a');
    const other = await system.client('a', 'other');
    await publish(a, { 'orders.eu.new': 5, 'orders.eu.paid': 3, 'orders.us.new': 2, orders: 1, '$X.hidden': 1, 'grüße.welt': 1 });
    await publish(other, { 'orders.eu.new': 5 });
    await publish(await system.client('b'), { 'orders.eu.new': 100 });
  });

  it('counts messages, bytes, publishers and time of each subject of its account', async () => {
    const found = row(await subjectz({ sort: 'messages' }), 'orders.eu.new');
    expect(found).toMatchObject({ messages: 10, bytes: 100, publishers_more: false, is_estimate: false, subscribers: 0 });
    expect(found.publishers.length).toBe(2);
    expect(found.last_seen_us).toBeGreaterThan(Date.now() * 1000 - 60_000_000);
  });

  it('sorts and pages', async () => {
    const first = await subjectz({ sort: 'messages', limit: 2 });
    const second = await subjectz({ sort: 'messages', limit: 2, offset: 2 });
    expect(first.total).toBe(5);
    expect(first.subjects.map((one) => one.subject)).toEqual(['orders.eu.new', 'orders.eu.paid']);
    expect(second.subjects.map((one) => one.subject)).toEqual(['orders.us.new', 'grüße.welt']);
  });

  it('hides system subjects unless asked for', async () => {
    expect((await subjectz()).subjects.map((one) => one.subject)).not.toContain('$X.hidden');
    expect((await subjectz({ include_system: true })).subjects.map((one) => one.subject)).toContain('$X.hidden');
  });

  it('finds subjects below a prefix and by pattern', async () => {
    const names = async (pattern: string) => (await subjectz({ pattern, sort: 'subject' })).subjects.map((one) => one.subject);
    expect(await names('orders.eu')).toEqual(['orders.eu.new', 'orders.eu.paid']);
    expect(await names('orders.*.new')).toEqual(['orders.eu.new', 'orders.us.new']);
    expect(await names('ord')).toEqual([]);
    expect(await names('grüße')).toEqual(['grüße.welt']);
  });

  it('groups the children of a prefix for a tree', async () => {
    const top = await subjectz({ group: 'children', sort: 'subject' });
    expect(top.subjects.map((one) => one.subject)).toEqual(['grüße', 'orders']);
    expect(row(top, 'orders')).toMatchObject({ subjects: 4, messages: 16, has_children: true });
    const below = await subjectz({ group: 'children', pattern: 'orders', sort: 'subject' });
    expect(below.subjects.map((one) => [one.subject, one.messages, one.has_children])).toEqual([
      ['orders.eu', 13, true],
      ['orders.us', 2, true],
    ]);
    const leaves = await subjectz({ group: 'children', pattern: 'orders.us' });
    expect(leaves.subjects).toMatchObject([{ subject: 'orders.us.new', has_children: false, subjects: 1 }]);
  });

  it('shows subjects that are only subscribed, and counts subscribers', async () => {
    const a = await system.client('a');
    a.subscribe('quiet.one');
    a.subscribe('orders.*.new', { queue: 'workers' });
    a.subscribe('orders.>');
    await a.flush();
    const answer = await subjectz({ limit: 1000 });
    expect(row(answer, 'quiet.one')).toMatchObject({ messages: 0, subscribers: 1, publishers: [] });
    expect(row(answer, 'quiet.one').last_seen_us).toBeUndefined();
    expect(row(answer, 'orders.eu.new').subscribers).toBe(2);
    const tree = await subjectz({ group: 'children', pattern: 'orders' });
    expect(row(tree, 'orders.eu').subscribers).toBe(2);
    expect(row(await subjectz({ group: 'children' }), 'orders').subscribers).toBe(2);
  });

  it('refuses bad requests by the name of the field', async () => {
    const refused = async (request: Record<string, unknown>) => (await system.ask('SUBJECTZ', request)).error?.description;
    expect(await refused({ limit: 1001 })).toBe('limit must be a whole number from 1 to 1000');
    expect(await refused({ offset: -1 })).toBe('offset must be a whole number from 0 to 1000000');
    expect(await refused({ sort: 'zork' })).toMatch(/^sort must be one of rate,/);
    expect(await refused({ group: 'zork' })).toBe('group must be none or children');
    expect(await refused({ pattern: 'a..b' })).toBe('pattern must be a subject, with or without wildcards');
    expect(await refused({ account: 'NONE' })).toBe('account "NONE" does not exist');
  });
});

describe('the interest tester', () => {
  it('lists plain subscriptions and queue groups that a subject reaches', async () => {
    const a = await system.client('a', 'listener');
    a.subscribe('orders.*');
    a.subscribe('orders.new', { queue: 'workers' });
    a.subscribe('orders.new', { queue: 'workers' });
    a.subscribe('other');
    await a.flush();
    const interest = dataOf(await system.ask('INTEREST', { account: 'A', subject: 'orders.new' })) as unknown as Interest;
    expect(interest.total).toBe(3);
    expect(interest.plain).toMatchObject([
      { subject: 'orders.*', sid: '1', name: 'listener', user: 'a', cid: a.info?.client_id },
    ]);
    expect(interest.queues).toMatchObject([{ queue: 'workers', members: [{ queue: 'workers' }, { queue: 'workers' }] }]);
  });

  it('finds nobody where nobody listens, and asks for a subject without wildcards', async () => {
    expect(dataOf(await system.ask('INTEREST', { account: 'B', subject: 'x' }))).toMatchObject({
      plain: [],
      queues: [],
      total: 0,
    });
    expect((await system.ask('INTEREST', { subject: 'a.*' })).error?.description).toBe(
      'subject must be a subject without wildcards',
    );
  });
});
