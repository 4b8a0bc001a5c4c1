/** The console over our own broker, over NATS alone: lists, kicking, the workbench, configuration, the live feed and the tap. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Broker, defaultOptions } from '@sluice/broker';
import type {
  Capabilities,
  ConfigChangeReport,
  ConnectionDetail,
  ConnectionsPage,
  ConsoleConfig,
  InterestResult,
  KickResult,
  Overview,
  PublishJob,
  PublishResult,
  RequestResult,
  SubjectDetail,
  SubjectsPage,
  SubscriptionsPages,
} from '@sluice/protocol/console';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../src/app.ts';
import { withConsoleAccess } from '../../src/broker-host/hosted-options.ts';
import type { ConsoleServer } from '../../src/server.ts';
import { eventually, startConsoleOver } from '../support/console-harness.ts';
import { checkAnswer } from '../support/contract.ts';
import { HttpClient } from '../support/http-client.ts';
import { LiveClient } from '../support/live-client.ts';

const PASSWORD = 'correct horse battery';
const system = { user: 'sluice-console', password: 'only the console knows' };
const billing = {
  user: 'billing',
  password: 'pw',
  account: '$G',
  permissions: {
    publish: { allow: ['invoices.>'], deny: ['invoices.secret'] },
    subscribe: { allow: ['orders.>', '_INBOX.>'], deny: [] },
  },
};
const anonymous = { user: 'anonymous', password: 'nobody needs it', account: '$G' };

let broker: Broker;
let server: ConsoleServer;
let browser: HttpClient;
let worker: NatsConnection;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-with-broker-'));
  const auth = { ...defaultOptions.auth, users: [anonymous, billing], noAuthUser: anonymous.user };
  broker = await Broker.start(withConsoleAccess({ ...defaultOptions, host: '127.0.0.1', port: 0, auth }, system));
  server = await startConsoleOver({ folder, system, natsUrl: broker.url, adminPassword: PASSWORD });
  browser = new HttpClient(`http://127.0.0.1:${server.port}`);
  await browser.logIn('admin', PASSWORD);
  worker = await connect({ servers: broker.url, name: 'worker-1' });
  worker.subscribe('orders.>', { queue: 'billing', callback: (_error, message) => void message.respond('taken') });
  worker.subscribe('orders.eu.*', { callback: () => undefined });
  await worker.flush();
  await eventually(async () => {
    const { features } = await browser.json<Capabilities>('GET', '/api/capabilities');
    return features.tap.isAvailable ? true : undefined;
  });
});

afterAll(async () => {
  await worker?.close();
  await server?.stop();
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Asks, and holds the answer to the schema of its route. */
async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await browser.json<T>(method, path, body);
  checkAnswer(apiRoutes(server.console), method, path, answer);
  return answer;
}
const get = <T>(path: string): Promise<T> => ask<T>('GET', path);
const post = <T>(path: string, body: object): Promise<T> => ask<T>('POST', path, body);
const message = { encoding: 'utf8' as const, payload: '{"id":1}' };

describe('capabilities', () => {
  it('name the server, its address, its users and every service', async () => {
    const capabilities = await get<Capabilities>('/api/capabilities');
    expect(capabilities).toMatchObject({
      natsUrl: broker.url,
      isAnonymousAllowed: true,
      role: 'admin',
      broker: { state: 'running' },
    });
    expect(capabilities.natsUsers).toEqual(['billing']);
    expect(capabilities.servers).toMatchObject([{ id: broker.id, sluiceVersion: '0.1.0' }]);
    expect(Object.values(capabilities.features).filter((feature) => !feature.isAvailable)).toEqual([]);
    expect(JSON.stringify(capabilities)).not.toContain(system.user);
  });
});

describe('connections', () => {
  it('are listed without the console itself, with rates from the second reading on', async () => {
    const traffic = setInterval(() => worker.publish('orders.eu.created', 'x'), 20);
    try {
      const page = await eventually(async () => {
        const read = await get<ConnectionsPage>('/api/connections?sort=cid');
        return (read.items[0]?.inMsgsPerS ?? 0) > 0 ? read : undefined;
      });
      expect(page.items).toMatchObject([
        { name: 'worker-1', user: null, account: '$G', lang: 'nats.js', subscriptions: 2, kind: 'nats' },
      ]);
      expect(page).toMatchObject({ total: 1, presetCounts: { all: 1, talkers: 1, new: 1 } });
      const overview = await eventually(async () => {
        const read = await get<Overview>('/api/overview');
        return (read.topTalkers?.length ?? 0) > 0 && (read.hottestSubjects?.length ?? 0) > 0 ? read : undefined;
      });
      expect(overview.topTalkers).toMatchObject([{ name: 'worker-1' }]);
      expect(overview.hottestSubjects?.[0]?.subject).toBe('orders.eu.created');
      expect(overview.now).toMatchObject({ connections: 1, subscriptions: 2 });
      expect(overview).toMatchObject({ hasTraffic: true, verdict: { level: 'healthy' } });
    } finally {
      clearInterval(traffic);
    }
  });

  it('show subscriptions, permissions and history of one', async () => {
    const client = await connect({ servers: broker.url, name: 'payer', user: 'billing', pass: 'pw' });
    client.subscribe('orders.eu.>', { queue: 'q' });
    await client.flush();
    const cid = client.info?.client_id;
    const detail = await get<ConnectionDetail>(`/api/connections/${cid}`);
    expect(detail.connection).toMatchObject({ name: 'payer', user: 'billing' });
    expect(detail.subscriptions).toMatchObject([{ subject: 'orders.eu.>', queue: 'q' }]);
    expect(detail.permissions).toMatchObject({ source: 'user', publish: { allow: ['invoices.>'], deny: ['invoices.secret'] } });
    expect(detail.maxPendingBytes).toBe(67_108_864);
    expect((await browser.send('GET', '/api/connections/999999')).status).toBe(404);
    await client.close();
    const gone = await eventually(async () => {
      const read = await get<ConnectionDetail>(`/api/connections/${cid}`);
      return read.connection.stoppedAtMs === null ? undefined : read;
    });
    expect(gone.connection.reason).toBe('Client Closed');
  });

  it('are kicked, with a trace of who did it', async () => {
    const client = await connect({ servers: broker.url, name: 'stuck', reconnect: false });
    const closed = client.closed();
    const cid = client.info?.client_id;
    expect(await post<KickResult>(`/api/connections/${cid}/kick`, { reason: 'stuck in a loop' })).toMatchObject({
      cid,
      name: 'stuck',
    });
    await closed;
    expect((await browser.send('POST', `/api/connections/${cid}/kick`, {})).status).toBe(404);
    const { items } = await get<{ items: object[] }>('/api/audit?action=connection.kick');
    expect(items[0]).toMatchObject({
      actor: 'admin',
      target: `cid ${cid}`,
      outcome: 'ok',
      detail: 'disconnected a client: stuck in a loop',
      before: { name: 'stuck' },
    });
    const closedPage = await eventually(async () => {
      const read = await get<ConnectionsPage>('/api/connections?preset=closed&q=stuck');
      return read.total === 1 ? read : undefined;
    });
    expect(closedPage.items[0]?.reason).toBe('Kicked');
  });
});

describe('subjects and subscriptions', () => {
  it('show what is published as a tree with rates, and who publishes and receives it', async () => {
    await get<SubjectsPage>('/api/subjects');
    for (let count = 0; count < 50; count++) worker.publish('shop.orders.created', 'x');
    worker.publish('shop.stock', 'x');
    await worker.flush();
    const roots = await get<SubjectsPage>('/api/subjects?sort=subject&order=asc');
    expect(roots.source).toBe('published');
    const shop = roots.items.find((row) => row.subject === 'shop');
    expect(shop).toMatchObject({ token: 'shop', subjects: 2, messages: 51, hasChildren: true });
    const children = await get<SubjectsPage>('/api/subjects?prefix=shop&sort=subject&order=asc');
    expect(children.items.map((row) => [row.subject, row.messages, row.hasChildren])).toEqual([
      ['shop.orders', 50, true],
      ['shop.stock', 1, false],
    ]);
    const search = await get<SubjectsPage>('/api/subjects?view=flat&q=stock');
    expect(search.items.map((row) => row.subject)).toEqual(['shop.stock']);
    const detail = await get<SubjectDetail>('/api/subjects/detail?subject=shop.stock');
    expect(detail.publishers).toMatchObject([{ name: 'worker-1' }]);
    const watched = await get<SubjectDetail>('/api/subjects/detail?subject=orders.eu.created');
    expect(watched.groups).toMatchObject([
      { subject: 'orders.>', queue: 'billing' },
      { subject: 'orders.eu.*', queue: null },
    ]);
  });

  it('are grouped, and the interest tester says who would receive', async () => {
    const queues = await get<SubscriptionsPages['queue']>('/api/subscriptions?view=queue');
    expect(queues.items).toMatchObject([{ queue: 'billing', subject: 'orders.>', members: 1 }]);
    const interest = await get<InterestResult>('/api/subscriptions/interest?subject=orders.eu.paid');
    expect(interest).toMatchObject({
      total: 2,
      deliveries: 2,
      plain: [{ subject: 'orders.eu.*', name: 'worker-1' }],
      queues: [{ queue: 'billing' }],
    });
  });
});

describe('the workbench', () => {
  it('publishes and asks as a client without credentials', async () => {
    expect(
      await post<PublishResult>('/api/publish', { subject: 'orders.eu.x', ...message, headers: [['A', 'b']] }),
    ).toMatchObject({ outcome: 'published', published: 1 });
    const reply = await post<RequestResult>('/api/request', { subject: 'orders.eu.x', ...message });
    expect(reply).toMatchObject({ outcome: 'replied', replies: [{ payload: 'taken', encoding: 'utf8' }] });
    expect(await post<RequestResult>('/api/request', { subject: 'nobody', ...message })).toMatchObject({
      outcome: 'no_responders',
    });
    const twice = await post<RequestResult>('/api/request', {
      subject: 'orders.eu.x',
      ...message,
      maxReplies: 2,
      timeoutMs: 100,
    });
    expect(twice).toMatchObject({ outcome: 'replied', replies: [{}] });
  });

  it('lets the permissions of a user decide and names the rule', async () => {
    const runAs = { kind: 'user', username: 'billing', password: 'pw' };
    expect(await post<PublishResult>('/api/publish', { subject: 'invoices.1', ...message, runAs })).toMatchObject({
      outcome: 'published',
    });
    expect(await post<PublishResult>('/api/publish', { subject: 'invoices.secret', ...message, runAs })).toMatchObject({
      outcome: 'denied',
      rule: 'publish deny "invoices.secret"',
    });
    expect(await post<RequestResult>('/api/request', { subject: 'orders.x', ...message, runAs })).toMatchObject({
      outcome: 'denied',
      rule: 'no publish allow rule matches; allowed: invoices.>',
    });
    const wrong = { ...runAs, password: 'wrong' };
    expect(await post<PublishResult>('/api/publish', { subject: 'a', ...message, runAs: wrong })).toMatchObject({
      outcome: 'unreachable',
    });
    const { items } = await get<{ items: object[] }>('/api/audit?limit=500');
    expect(JSON.stringify(items)).not.toMatch(/"wrong"|"pw"|\{\\"id/);
  });

  it('repeats with a rate and variables, and stops', async () => {
    const got: string[] = [];
    worker.subscribe('count.*', { callback: (_error, received) => void got.push(`${received.subject} ${received.string()}`) });
    await worker.flush();
    const job = await post<PublishJob>('/api/publish', {
      subject: 'count.{{seq}}',
      encoding: 'utf8',
      payload: 'n{{seq}}',
      repeat: { count: 40, perSecond: 1000 },
    });
    expect(
      (await browser.send('POST', '/api/publish', { subject: 'count.x', ...message, repeat: { count: 1, perSecond: 1 } })).status,
    ).toBe(202);
    const done = await eventually(async () => {
      const read = await get<PublishJob>(`/api/publish/jobs/${job.id}`);
      return read.state === 'running' ? undefined : read;
    });
    expect(done).toMatchObject({ state: 'done', published: 40 });
    const numbered = got.filter((line) => line.includes(' n'));
    expect(numbered.length).toBe(40);
    expect(numbered.at(-1)).toBe('count.40 n40');
    const endless = await post<PublishJob>('/api/publish', {
      subject: 'count.x',
      ...message,
      repeat: { count: 1_000_000, perSecond: 10 },
    });
    await browser.json('DELETE', `/api/publish/jobs/${endless.id}`);
    const stopped = await eventually(async () => {
      const read = await get<PublishJob>(`/api/publish/jobs/${endless.id}`);
      return read.finishedAtMs === null ? undefined : read;
    });
    expect(stopped.state).toBe('stopped');
  });
});

describe('the configuration', () => {
  it('is read without secrets, checked, and applied for now and for the next start', async () => {
    const config = await get<ConsoleConfig>('/api/config');
    expect(config.settings.find((setting) => setting.key === 'max_payload')).toMatchObject({
      value: 1_048_576,
      unit: 'bytes',
      isEditable: true,
    });
    expect(JSON.stringify(config)).not.toContain(system.password);
    const change = { revision: config.revision, settings: { max_payload: 2_097_152 } };
    const check = await post<ConfigChangeReport>('/api/config/check', change);
    expect(check).toMatchObject({
      isValid: true,
      isApplied: false,
      changes: [{ path: 'max_payload', before: 1_048_576, after: 2_097_152 }],
    });
    const bad = await post<ConfigChangeReport>('/api/config/check', { revision: config.revision, settings: { max_payload: -1 } });
    expect(bad).toMatchObject({ isValid: false, problems: [{ path: '/settings/max_payload' }] });
    expect(await post<ConfigChangeReport>('/api/config/apply', change)).toMatchObject({ isApplied: true });
    const client = await connect({ servers: broker.url });
    expect(client.info?.max_payload).toBe(2_097_152);
    await client.close();
    expect((await browser.send('POST', '/api/config/apply', change)).status).toBe(409);
  });

  it('adds a user whose password no file holds in clear', async () => {
    const { revision } = await get<ConsoleConfig>('/api/config');
    const users = [{ username: 'fresh', password: 'a new secret', permissions: { publish: { allow: ['a.>'], deny: [] } } }];
    expect(await post<ConfigChangeReport>('/api/config/apply', { revision, users })).toMatchObject({ isApplied: true });
    const client = await connect({ servers: broker.url, user: 'fresh', pass: 'a new secret' });
    await client.close();
    const { readFileSync } = await import('node:fs');
    const kept = readFileSync(join(folder, 'overrides.json'), 'utf8');
    expect(kept).toContain('fresh');
    expect(kept).toContain('$2');
    expect(kept).not.toContain('a new secret');
    const { items } = await get<{ items: object[] }>('/api/audit?action=config.apply');
    expect(JSON.stringify(items)).not.toContain('a new secret');
  });
});

describe('the live socket', () => {
  it('is refused without a session, without an origin and from another site', async () => {
    const stranger = new HttpClient(browser.base);
    await expect(LiveClient.open(stranger)).rejects.toThrow('401');
    await expect(LiveClient.open(browser, { origin: '' })).rejects.toThrow('403');
    await expect(LiveClient.open(browser, { origin: 'http://evil.example' })).rejects.toThrow('403');
    await expect(LiveClient.open(browser, { origin: 'null' })).rejects.toThrow('403');
  });

  it('leaves no connection behind when it refuses an upgrade', async () => {
    const count = () => new Promise<number>((resolve) => server.app.server.getConnections((_error, open) => resolve(open)));
    const before = await count();
    for (let attempt = 0; attempt < 20; attempt++)
      await expect(LiveClient.open(new HttpClient(browser.base))).rejects.toThrow('401');
    await eventually(async () => ((await count()) <= before ? true : undefined));
  });

  it('brings rates, events and the connection window', async () => {
    const live = await LiveClient.open(browser);
    live.say({ type: 'subscribe', id: 1, topic: 'rates' });
    live.say({ type: 'subscribe', id: 2, topic: 'events' });
    live.say({ type: 'subscribe', id: 3, topic: 'connections', query: { limit: 50 } });
    await live.find((told) =>
      told.type === 'data' && told.topic === 'rates' && told.data.now.inMsgsPerS !== null ? true : undefined,
    );
    const first = await live.find((told) =>
      told.type === 'data' && told.topic === 'connections' && told.data.isFull ? told.data : undefined,
    );
    expect(first).toMatchObject({ total: 1, rows: [{ name: 'worker-1' }] });
    const client = await connect({ servers: broker.url, name: 'newcomer' });
    const event = await live.find((told) =>
      told.type === 'data' && told.topic === 'events'
        ? told.data.events.find((known) => known.cid === client.info?.client_id)
        : undefined,
    );
    expect(event).toMatchObject({ kind: 'connect', sentence: [{ kind: 'name', value: 'newcomer' }, {}, {}, {}] });
    const both = await live.find((told) =>
      told.type === 'data' && told.topic === 'connections' && told.data.total === 2 ? told.data : undefined,
    );
    expect(both.order).toHaveLength(2);
    await client.close();
    live.close();
  });

  it('taps messages and its counters add up, also when the browser stops acknowledging', async () => {
    const live = await LiveClient.open(browser);
    live.say({ type: 'subscribe', id: 9, topic: 'tap', tap: { subjects: ['tapped.>'], exclude: ['tapped.not'] } });
    await live.find((told) => (told.type === 'subscribed' ? true : undefined));
    for (let count = 0; count < 1000; count++) worker.publish(count % 10 === 0 ? 'tapped.not' : 'tapped.yes', 'x');
    await worker.flush();
    await eventually(() => (live.tapped === 900 ? true : undefined));
    expect(live.batches.at(-1)).toMatchObject({ matched: 900, shown: 900, sampledOut: 0, dropped: 0 });
    live.isAcknowledging = false;
    for (let round = 0; round < 20; round++) {
      for (let count = 0; count < 2000; count++) worker.publish('tapped.yes', 'x');
      await worker.flush();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    live.acknowledge();
    const counters = await live.find((told) =>
      told.type === 'data' && told.topic === 'tap' && told.data.counters.matched === 40_900 ? told.data.counters : undefined,
    );
    expect(counters.dropped).toBeGreaterThan(0);
    expect(counters.matched).toBe(counters.shown + counters.sampledOut + counters.dropped);
    await eventually(() => (live.tapped === counters.shown ? true : undefined));
    live.close();
  });

  it('ends when its user is logged out everywhere', async () => {
    const other = new HttpClient(browser.base);
    await other.logIn('admin', PASSWORD);
    const live = await LiveClient.open(other);
    await other.send('DELETE', '/api/session');
    await eventually(() => live.closed);
    expect(live.closed).toEqual({ code: 4401, reason: 'the session has ended' });
  });
});
