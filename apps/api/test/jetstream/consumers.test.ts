/** Consumers through the console, over our own broker: lag, pause, reset, and deliveries that are pulled and answered by hand. */
import type {
  AckResult,
  ConsumerDetail,
  ConsumersPage,
  ConsumerUpdateResult,
  PulledMessage,
  PullResult,
} from '@sluice/protocol/console';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/console-harness.ts';
import { HttpClient } from '../support/http-client.ts';
import { JetStreamConsole } from './console-with-jetstream.ts';

const BASE = '/api/streams/ORDERS/consumers';
let at: JetStreamConsole;
beforeAll(async () => {
  at = await JetStreamConsole.start();
  await at.ask('POST', '/api/streams', { config: { name: 'ORDERS', subjects: ['orders.>'] } });
});
afterAll(() => at?.stop());

async function makeConsumer(name: string, more: object = {}): Promise<ConsumerDetail> {
  return at.ask<ConsumerDetail>('POST', BASE, { config: { durable_name: name, ack_policy: 'explicit', ...more } });
}
const pull = (name: string): Promise<PullResult> => at.ask<PullResult>('POST', `${BASE}/${name}/pull`, {});
async function pulled(name: string): Promise<PulledMessage> {
  const { message } = await pull(name);
  if (message === null) throw new Error('nothing came');
  return message;
}
const detail = (name: string): Promise<ConsumerDetail> => at.ask<ConsumerDetail>('GET', `${BASE}/${name}`);

describe('consumers', () => {
  it('are listed with lag, of one stream and of all, and by preset', async () => {
    await makeConsumer('billing', { filter_subject: 'orders.eu', description: 'invoices' });
    await makeConsumer('done', { deliver_policy: 'new' });
    await at.publish('orders.eu', 4);
    const page = await at.ask<ConsumersPage>('GET', `${BASE}?sort=lag`);
    expect(page.items).toMatchObject([
      { name: 'billing', lag: 4, filters: ['orders.eu'], kind: 'pull', isDurable: true, ackWaitMs: 30_000 },
      { name: 'done', lag: 4 },
    ]);
    const all = await at.ask<ConsumersPage>('GET', '/api/consumers?q=invoices&preset=lagging');
    expect(all).toMatchObject({ total: 1, presetCounts: { all: 1, lagging: 1, paused: 0 } });
    expect(all.items[0]).toMatchObject({ stream: 'ORDERS', name: 'billing' });
  });

  it('show how fast they are, and when they will have caught up', async () => {
    await makeConsumer('fast');
    await at.publish('orders.us', 60);
    const row = await eventually(async () => {
      const delivery = await pulled('fast');
      await at.ask('POST', `${BASE}/fast/ack`, { handle: delivery.handle, action: 'ack' });
      const found = (await at.ask<ConsumersPage>('GET', '/api/consumers')).items.find(({ name }) => name === 'fast');
      return (found?.ackedPerS ?? 0) > 0 && (found?.catchUpMs ?? 0) > 0 ? found : undefined;
    });
    expect(row?.deliveredPerS).toBeGreaterThan(0);
  });

  it('are created once, updated with a diff, and deleted with their name typed', async () => {
    const made = await makeConsumer('temp', { max_deliver: 5 });
    expect(made.command).toContain('nats consumer add ORDERS temp --defaults --pull');
    const again = await at.refusal('POST', BASE, { config: { durable_name: 'temp', ack_policy: 'all' } });
    expect(again).toMatchObject({ status: 409, details: { jetstream: { errCode: 10148 } } });
    const change = { config: { max_deliver: 7 } };
    const dry = await at.ask<ConsumerUpdateResult>('PUT', `${BASE}/temp`, { ...change, isDryRun: true });
    expect(dry).toMatchObject({ isApplied: false, consumer: { row: { maxDeliver: 5 } } });
    const done = await at.ask<ConsumerUpdateResult>('PUT', `${BASE}/temp`, change);
    expect(done).toMatchObject({
      isApplied: true,
      changes: [{ path: 'max_deliver', before: 5, after: 7 }],
      consumer: { row: { maxDeliver: 7 } },
    });
    expect(await at.refusal('DELETE', `${BASE}/temp`, { confirm: 'x' })).toMatchObject({ status: 400 });
    await at.do('DELETE', `${BASE}/temp`, { confirm: 'temp' });
    expect(await at.refusal('GET', `${BASE}/temp`)).toMatchObject({ status: 404, details: { jetstream: { errCode: 10014 } } });
  });

  it('are paused and resumed', async () => {
    await makeConsumer('paused');
    const untilMs = Date.now() + 3_600_000;
    const paused = await at.ask<ConsumerDetail>('POST', `${BASE}/paused/pause`, { untilMs });
    expect(paused.row).toMatchObject({ isPaused: true, pausedUntilMs: untilMs });
    expect((await pull('paused')).message).toBeNull();
    const resumed = await at.ask<ConsumerDetail>('POST', `${BASE}/paused/resume`);
    expect(resumed.row).toMatchObject({ isPaused: false, pausedUntilMs: null });
    expect((await pull('paused')).message).toMatchObject({ seq: 1 });
    expect(await at.refusal('POST', `${BASE}/paused/pause`, { untilMs: 1 })).toMatchObject({ status: 400 });
  });

  it('begin again at a sequence', async () => {
    await makeConsumer('again', { ack_policy: 'all' });
    const delivery = await pulled('again');
    await at.ask('POST', `${BASE}/again/ack`, { handle: delivery.handle, action: 'ack' });
    const reset = await at.ask<ConsumerDetail>('POST', `${BASE}/again/reset`, { seq: 3 });
    expect(reset.row.ackFloorSeq).toBe(2);
    expect((await pulled('again')).seq).toBe(3);
  });
});

describe('a message that was pulled', () => {
  it('is acknowledged', async () => {
    await makeConsumer('ack');
    const message = await pulled('ack');
    expect(message).toMatchObject({ seq: 1, deliveries: 1, needsAck: true, payload: '0' });
    expect((await detail('ack')).row.ackPending).toBe(1);
    const result = await at.ask<AckResult>('POST', `${BASE}/ack/ack`, { handle: message.handle, action: 'ack' });
    expect(result).toMatchObject({ isConfirmed: true });
    expect((await detail('ack')).row).toMatchObject({ ackPending: 0, ackFloorSeq: 1 });
    const twice = await at.refusal('POST', `${BASE}/ack/ack`, { handle: message.handle, action: 'ack' });
    expect(twice).toMatchObject({ status: 404 });
  });

  it('comes again after a nak, counted, and never after a term', async () => {
    await makeConsumer('nak');
    const first = await pulled('nak');
    await at.ask('POST', `${BASE}/nak/ack`, { handle: first.handle, action: 'progress' });
    await at.ask('POST', `${BASE}/nak/ack`, { handle: first.handle, action: 'nak' });
    const second = await pulled('nak');
    expect(second).toMatchObject({ seq: first.seq, deliveries: 2 });
    await at.ask('POST', `${BASE}/nak/ack`, { handle: second.handle, action: 'term', reason: 'broken' });
    expect((await pulled('nak')).seq).toBe(2);
  });

  it('is answered only by whoever pulled it', async () => {
    await makeConsumer('mine');
    const message = await pulled('mine');
    await at.browser.json('POST', '/api/users', { username: 'other', password: 'a long pass phrase', role: 'operator' });
    const other = new HttpClient(at.browser.base);
    await other.logIn('other', 'a long pass phrase');
    const answer = await other.send('POST', `${BASE}/mine/ack`, { handle: message.handle, action: 'ack' });
    expect(answer.status).toBe(404);
    expect((await detail('mine')).row.ackPending).toBe(1);
  });

  it('does not come where there is none, or where the consumer pushes', async () => {
    await makeConsumer('empty', { filter_subject: 'orders.none' });
    expect(await pull('empty')).toMatchObject({ message: null });
    await makeConsumer('push', { deliver_subject: 'deliver.here' });
    expect(await at.refusal('POST', `${BASE}/push/pull`, {})).toMatchObject({ status: 409 });
  });
});
