/** Streams through the console, over our own broker: lists, settings, messages, purges. */
import { defaultOptions, unlimitedAccount } from '@sluice/broker';
import type {
  AuditPage,
  ConnectionsPage,
  ConsoleConfig,
  JetStreamState,
  MessagesPage,
  Overview,
  PurgeResult,
  StreamDetail,
  StreamSubjectsPage,
  StreamsPage,
  StreamUpdateResult,
} from '@sluice/protocol/console';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/console-harness.ts';
import { JetStreamConsole, natsServerBinary } from './console-with-jetstream.ts';

let at: JetStreamConsole;
beforeAll(async () => {
  at = await JetStreamConsole.start();
});
afterAll(() => at?.stop());

describe('a stream', () => {
  it('is created from a configuration in the spelling of NATS, and leaves a trace', async () => {
    const config = { name: 'ORDERS', subjects: ['orders.>'], max_bytes: 1_000_000, max_msgs: 1000, allow_direct: true };
    const detail = await at.ask<StreamDetail>('POST', '/api/streams', { config });
    expect(detail.row).toMatchObject({
      name: 'ORDERS',
      kind: 'stream',
      subjectPatterns: ['orders.>'],
      storage: 'file',
      messages: { used: 0, limit: 1000, fill: 0 },
      durability: { mode: 'fsync', syncIntervalMs: null },
    });
    expect(detail.config).toMatchObject(config);
    expect(detail.command).toContain("nats stream add ORDERS --defaults --subjects='orders.>'");
    expect(detail.fixedKeys).toContain('storage');
    const audit = await at.browser.json<AuditPage>('GET', '/api/audit?action=stream.create');
    expect(audit.items).toMatchObject([{ actor: 'admin', target: 'ORDERS', outcome: 'ok' }]);
  });

  it('is refused with the words and the code of JetStream', async () => {
    const overlap = await at.refusal('POST', '/api/streams', { config: { name: 'OTHER', subjects: ['orders.eu'] } });
    expect(overlap).toMatchObject({
      status: 409,
      code: 'conflict',
      details: { jetstream: { errCode: 10065, description: 'subjects overlap with an existing stream' } },
    });
    const unknown = await at.refusal('POST', '/api/streams', { config: { name: 'OTHER', retention: 'sometimes' } });
    expect(unknown).toMatchObject({ status: 400, details: { jetstream: { errCode: 10025 } } });
    expect(await at.refusal('GET', '/api/streams/NONE')).toMatchObject({
      status: 404,
      details: { jetstream: { errCode: 10059 } },
    });
    expect(await at.refusal('POST', '/api/streams', { config: { name: 'a.b' } })).toMatchObject({
      status: 400,
      fields: [{ path: '/config/name' }],
    });
  });

  it('is listed with its fill and, from the second reading on, its rate', async () => {
    await at.publish('orders.eu', 10);
    const first = await at.ask<StreamsPage>('GET', '/api/streams?q=orders');
    expect(first).toMatchObject({ total: 1, jetstream: { isEnabled: true, account: '$G' }, totals: { streams: 1 } });
    const row = await eventually(async () => {
      await at.publish('orders.eu', 5);
      const page = await at.ask<StreamsPage>('GET', '/api/streams?sort=msgsPerS');
      const [found] = page.items;
      return (found?.msgsPerS ?? 0) > 0 ? found : undefined;
    });
    expect(row?.messages.fill).toBeCloseTo((row?.messages.used ?? 0) / 1000, 5);
    expect(row?.lastAtMs).toBeGreaterThan(Date.now() - 60_000);
    expect((await at.ask<StreamsPage>('GET', '/api/streams?matching=orders.us.new')).total).toBe(1);
    expect((await at.ask<StreamsPage>('GET', '/api/streams?matching=billing')).total).toBe(0);
  });

  it('tells what an update would change, changes it, and says what was changed', async () => {
    const change = { config: { max_msgs: 500, description: 'of the shop' } };
    const dry = await at.ask<StreamUpdateResult>('PUT', '/api/streams/ORDERS', { ...change, isDryRun: true });
    expect(dry).toMatchObject({
      isApplied: false,
      changes: [
        { path: 'description', before: null, after: 'of the shop', isChangeable: true },
        { path: 'max_msgs', before: 1000, after: 500, isChangeable: true },
      ],
    });
    expect((await at.ask<StreamDetail>('GET', '/api/streams/ORDERS')).row.messages.limit).toBe(1000);
    const done = await at.ask<StreamUpdateResult>('PUT', '/api/streams/ORDERS', change);
    expect(done).toMatchObject({ isApplied: true, stream: { row: { description: 'of the shop', messages: { limit: 500 } } } });
    expect(done.changes.map(({ path }) => path)).toEqual(['description', 'max_msgs']);
    const fixed = await at.ask<StreamUpdateResult>('PUT', '/api/streams/ORDERS', {
      config: { storage: 'memory' },
      isDryRun: true,
    });
    expect(fixed.changes).toMatchObject([{ path: 'storage', isChangeable: false }]);
    expect(await at.refusal('PUT', '/api/streams/ORDERS', { config: { storage: 'memory' } })).toMatchObject({ status: 400 });
  });

  it('is changed only over what was seen of it, where that is told', async () => {
    await at.ask('POST', '/api/streams', { config: { name: 'SHARED', subjects: ['shared'], max_msgs: 10 } });
    const url = '/api/streams/SHARED';
    await at.ask('PUT', url, { config: { max_msgs: 20 }, expected: { max_msgs: 10, max_age: null } });
    const late = { config: { max_msgs: 30 }, expected: { max_msgs: 10 } };
    expect(await at.refusal('PUT', url, late)).toMatchObject({
      status: 409,
      code: 'conflict',
      message: expect.stringContaining('max_msgs'),
    });
    expect((await at.ask<StreamDetail>('GET', url)).row.messages.limit).toBe(20);
    await at.ask('PUT', url, { config: { max_msgs: 30 }, expected: { max_msgs: 20 } });
  });

  it('is counted in the metrics with what storage has lost and can no longer keep', async () => {
    const text = await (await at.browser.send('GET', '/metrics')).text();
    for (const name of ['lost_messages', 'lost_bytes', 'damaged_streams', 'read_only_streams'])
      expect(text).toContain(`sluice_jetstream_${name} 0\n`);
    expect(text).toContain('sluice_console_state_stored 1\n');
  });

  it('is sealed and deleted only when its name is typed', async () => {
    await at.ask('POST', '/api/streams', { config: { name: 'GONE', subjects: ['gone'] } });
    await at.publish('gone', 3);
    expect(await at.refusal('POST', '/api/streams/GONE/seal', { confirm: 'gone' })).toMatchObject({ status: 400 });
    const sealed = await at.ask<StreamDetail>('POST', '/api/streams/GONE/seal', { confirm: 'GONE' });
    expect(sealed.row.isSealed).toBe(true);
    expect(await at.refusal('DELETE', '/api/streams/GONE', { confirm: 'ORDERS' })).toMatchObject({ status: 400 });
    await at.do('DELETE', '/api/streams/GONE', { confirm: 'GONE' });
    expect(await at.refusal('GET', '/api/streams/GONE')).toMatchObject({ status: 404 });
    const audit = await at.browser.json<AuditPage>('GET', '/api/audit?action=stream.delete');
    expect(audit.items[0]?.detail).toBe('deleted the stream GONE with 3 messages');
  });
});

describe.each([
  ['direct get', true],
  ['message get', false],
])('messages by %s', (name, isDirect) => {
  const stream = isDirect ? 'DIRECT' : 'PLAIN';
  const subject = stream.toLowerCase();
  const url = `/api/streams/${stream}/messages`;
  const page = (query: string): Promise<MessagesPage> => at.ask<MessagesPage>('GET', `${url}?${query}`);
  const seqs = ({ items }: MessagesPage): number[] => items.map(({ seq }) => seq);
  let middleMs = 0;

  beforeAll(async () => {
    const config = { name: stream, subjects: [`${subject}.>`], allow_direct: isDirect, storage: 'memory' };
    await at.ask('POST', '/api/streams', { config });
    await at.publish(`${subject}.a`, 100);
    await new Promise((resolve) => setTimeout(resolve, 20));
    middleMs = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await at.publish(`${subject}.rare`, 1, () => 'grüße');
    await at.publish(`${subject}.a`, 99);
    for (const seq of [50, 51, 52, 200]) await at.do('DELETE', `${url}/${seq}`);
  });

  it(`come newest first, over holes, to the oldest (${name})`, async () => {
    const newest = await page('limit=3');
    expect(seqs(newest)).toEqual([199, 198, 197]);
    const all: number[] = [];
    for (let next: number | null = 199; next !== null; ) {
      const read: MessagesPage = await page(`limit=33&seq=${next}`);
      all.push(...seqs(read));
      next = read.nextSeq;
    }
    const expected = Array.from({ length: 199 }, (_, index) => 199 - index).filter((seq) => seq < 50 || seq > 52);
    expect(all).toEqual(expected);
  });

  it(`come oldest first too (${name})`, async () => {
    const first = await page('order=asc&limit=50');
    expect(seqs(first)).toEqual([...Array.from({ length: 49 }, (_, index) => index + 1), 53]);
    expect(first.nextSeq).toBe(54);
    expect((await page('order=asc&seq=198')).nextSeq).toBeNull();
  });

  it(`are found by subject, forwards and backwards (${name})`, async () => {
    for (const order of ['asc', 'desc']) {
      const found = await page(`order=${order}&subject=${subject}.rare`);
      expect(found.items).toMatchObject([{ seq: 101, subject: `${subject}.rare`, encoding: 'utf8', payload: 'grüße' }]);
      expect(found.nextSeq).toBeNull();
    }
    expect(seqs(await page(`subject=${subject}.none`))).toEqual([]);
    expect(seqs(await page(`subject=${subject}.rare&seq=150`))).toEqual([101]);
  });

  it(`are found by time (${name})`, async () => {
    expect(seqs(await page(`order=asc&atMs=${middleMs}&limit=1`))).toEqual([101]);
    expect(seqs(await page(`order=desc&atMs=${middleMs}&limit=1`))).toEqual([100]);
    expect(seqs(await page(`order=desc&atMs=${Date.now() + 60_000}&limit=1`))).toEqual([199]);
    expect(seqs(await page(`order=asc&atMs=${Date.now() + 60_000}&limit=1`))).toEqual([]);
  });

  it(`are cut between characters where they are long (${name})`, async () => {
    const { items } = await page(`subject=${subject}.rare&maxPayloadBytes=3`);
    expect(items).toMatchObject([{ encoding: 'utf8', payload: 'gr', sizeBytes: 7, isTruncated: true }]);
  });

  it(`are counted before a purge and removed by it (${name})`, async () => {
    const purge = (body: object): Promise<PurgeResult> => at.ask<PurgeResult>('POST', `/api/streams/${stream}/purge`, body);
    expect(await purge({ isDryRun: true })).toMatchObject({ count: 196, isExact: true, isApplied: false });
    expect(await purge({ isDryRun: true, keep: 6 })).toMatchObject({ count: 190, isExact: true });
    expect(await purge({ isDryRun: true, filter: `${subject}.rare` })).toMatchObject({ count: 1, isExact: true });
    const upTo = await purge({ isDryRun: true, seq: 102, filter: `${subject}.a` });
    expect(upTo).toMatchObject(isDirect ? { count: 97, isExact: true } : { isExact: false });
    expect(upTo.count).toBeGreaterThanOrEqual(97);
    expect(await purge({ seq: 102, filter: `${subject}.a` })).toMatchObject({ count: 97, isApplied: true, messages: 196 });
    expect(await purge({ isDryRun: true })).toMatchObject({ count: 99 });
  });

  it(`are listed by subject (${name})`, async () => {
    const subjects = await at.ask<StreamSubjectsPage>('GET', `/api/streams/${stream}/subjects?sort=messages&order=desc`);
    expect(subjects.items).toEqual([
      { subject: `${subject}.a`, messages: 98 },
      { subject: `${subject}.rare`, messages: 1 },
    ]);
  });
});

describe('JetStream that is not there', () => {
  it('is said with a reason, and with the configuration that would switch it on', async () => {
    const off = await JetStreamConsole.start({ isOff: true });
    try {
      const state = await off.ask<JetStreamState>('GET', '/api/jetstream');
      expect(state).toMatchObject({ isEnabled: false, reason: 'server', account: '$G' });
      expect(state.isEnabled ? '' : state.example).toContain('store_dir');
      expect(await off.ask<StreamsPage>('GET', '/api/streams')).toMatchObject({ items: [], jetstream: { isEnabled: false } });
      expect(await off.refusal('GET', '/api/streams/ORDERS')).toMatchObject({ status: 503, code: 'unavailable' });
    } finally {
      await off.stop();
    }
  });

  it('is said of an account that the console has no user in', async () => {
    const state = await at.ask<JetStreamState>('GET', '/api/jetstream?account=NOBODY');
    expect(state).toMatchObject({ isEnabled: false, reason: 'no_access', account: 'NOBODY' });
  });
});

describe('hostile configurations', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  it.each([
    ['nesting 100,000 deep', `{"config":{"name":"H","sources":${nested(100_000)}}}`],
    ['a prototype', '{"config":{"name":"H","__proto__":{"subjects":["a"]}}}'],
    ['a number beyond 2^63', '{"config":{"name":"H","max_msgs":1e30}}'],
    ['a number that is text', '{"config":{"name":"H","max_msgs":"1"}}'],
    ['a subject in the name', '{"config":{"name":"A.STREAM.DELETE.ORDERS"}}'],
    ['no object', '{"config":[]}'],
  ])('are refused with %s', async (_name, body) => {
    const { base, cookie, csrf } = at.browser;
    const headers = { origin: base, cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' };
    const answer = await fetch(`${base}/api/streams`, { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
    expect(await at.refusal('GET', '/api/streams/H')).toMatchObject({ status: 404 });
  });
});

describe.skipIf(natsServerBinary !== undefined)('accounts', () => {
  it('each have their own streams, seen without a password of theirs', async () => {
    const shop = { user: 'shop', password: 'pw', account: 'SHOP' };
    const two = await JetStreamConsole.start({
      accounts: [
        { name: 'SHOP', jetstream: unlimitedAccount },
        { name: 'LAB', jetstream: { ...unlimitedAccount, maxStreams: 1 } },
        { name: 'BARE' },
      ],
      auth: { ...defaultOptions.auth, users: [shop], noAuthUser: 'shop' },
    });
    try {
      await two.ask('POST', '/api/streams?account=SHOP', { config: { name: 'S', subjects: ['s'] } });
      await two.ask('POST', '/api/streams?account=LAB', { config: { name: 'L', subjects: ['s'] } });
      const names = async (query: string): Promise<string[]> =>
        (await two.ask<StreamsPage>('GET', `/api/streams${query}`)).items.map(({ name }) => name);
      expect(await names('?account=SHOP')).toEqual(['S']);
      expect(await names('?account=LAB')).toEqual(['L']);
      expect(await names('')).toEqual(['S']);
      const over = await two.refusal('POST', '/api/streams?account=LAB', { config: { name: 'M', subjects: ['m'] } });
      expect(over).toMatchObject({ status: 400, details: { jetstream: { errCode: 10027 } } });
      const bare = await two.ask<JetStreamState>('GET', '/api/jetstream?account=BARE');
      expect(bare).toMatchObject({ isEnabled: false, reason: 'account', account: 'BARE' });
      const config = await two.browser.json<ConsoleConfig>('GET', '/api/config');
      expect(config.users.map(({ username }) => username)).toEqual(['shop']);
    } finally {
      await two.stop();
    }
  });
});

describe('the console itself', () => {
  it('is seen neither among connections, nor in their number, nor in the messages', async () => {
    await at.ask('GET', '/api/streams');
    const overview = await eventually(async () => {
      const read = await at.ask<Overview>('GET', '/api/overview');
      return read.now.connections === 1 ? read : undefined;
    });
    expect(overview.now.connections).toBe(1);
    const page = await at.ask<ConnectionsPage>('GET', '/api/connections');
    expect(page.items.map(({ name }) => name)).toEqual(['worker']);
  });
});
