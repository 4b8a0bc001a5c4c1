/** Key-value buckets through the console, over our own broker: pages, compare-and-set, history, revert, live watch. */
import type { AuditPage, BucketsPage, KeyDetail, KeysPage, KvBucketDetail, KvBucketRow, KvEntry } from '@sluice/protocol/console';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/console-harness.ts';
import { LiveClient } from '../support/live-client.ts';
import { JetStreamConsole } from './console-with-jetstream.ts';

let at: JetStreamConsole;
beforeAll(async () => {
  at = await JetStreamConsole.start();
  await at.ask<KvBucketRow>('POST', '/api/kv', { bucket: 'config', history: 5, description: 'of the shop' });
});
afterAll(() => at?.stop());

const put = (key: string, payload: string, more: object = {}): Promise<KvEntry> =>
  at.ask<KvEntry>('PUT', '/api/kv/config/entry', { key, encoding: 'utf8', payload, ...more });
const read = (key: string): Promise<KeyDetail> => at.ask<KeyDetail>('GET', `/api/kv/config/entry?key=${encodeURIComponent(key)}`);

describe('a bucket', () => {
  it('is the stream that every client would make', async () => {
    const detail = await at.ask<KvBucketDetail>('GET', '/api/kv/config');
    expect(detail.config).toMatchObject({
      name: 'KV_config',
      subjects: ['$KV.config.>'],
      max_msgs_per_subject: 5,
      discard: 'new',
      allow_rollup_hdrs: true,
      deny_delete: true,
      allow_direct: true,
    });
    expect(detail.command).toBe("nats kv add config --history=5 --description='of the shop' --storage=file --replicas=1");
    const page = await at.ask<BucketsPage>('GET', '/api/kv?q=shop');
    expect(page.items).toMatchObject([{ name: 'config', history: 5, description: 'of the shop' }]);
  });

  it('that is not there is said in words', async () => {
    expect(await at.refusal('GET', '/api/kv/none/keys')).toMatchObject({ status: 404, message: 'there is no bucket none' });
  });

  it('is deleted with its name typed', async () => {
    await at.ask('POST', '/api/kv', { bucket: 'gone' });
    expect(await at.refusal('DELETE', '/api/kv/gone', { confirm: 'config' })).toMatchObject({ status: 400 });
    await at.do('DELETE', '/api/kv/gone', { confirm: 'gone' });
    expect(await at.refusal('GET', '/api/kv/gone')).toMatchObject({ status: 404 });
  });
});

describe('a key', () => {
  it('is written, read by any client, and kept out of the audit log with its value', async () => {
    const entry = await put('limits.eu', 'secret-100');
    expect(entry).toMatchObject({ key: 'limits.eu', operation: 'put', value: { encoding: 'utf8', payload: 'secret-100' } });
    const stored = await at.api<{ message: { data: string } }>('STREAM.MSG.GET.KV_config', {
      last_by_subj: '$KV.config.limits.eu',
    });
    expect(Buffer.from(stored.message.data, 'base64').toString()).toBe('secret-100');
    const audit = await at.browser.json<AuditPage>('GET', '/api/audit?action=kv.put');
    expect(audit.items[0]).toMatchObject({ target: 'config / limits.eu' });
    expect(JSON.stringify(audit)).not.toContain('secret-100');
  });

  it('is written over its revision only, and the loser is told both values', async () => {
    const first = await put('cas', 'one', { expectedRevision: 0 });
    await put('cas', 'two', { expectedRevision: first.revision });
    const lost = await at.refusal('PUT', '/api/kv/config/entry', {
      key: 'cas',
      encoding: 'utf8',
      payload: 'three',
      expectedRevision: first.revision,
    });
    expect(lost).toMatchObject({
      status: 409,
      code: 'conflict',
      details: {
        current: { operation: 'put', value: { payload: 'two' } },
        wanted: { expectedRevision: first.revision, value: { payload: 'three' } },
      },
    });
    expect((await read('cas')).entry?.value.payload).toBe('two');
    const taken = { key: 'cas', encoding: 'utf8', payload: 'x', expectedRevision: 0 };
    expect(await at.refusal('PUT', '/api/kv/config/entry', taken)).toMatchObject({ status: 409 });
  });

  it('keeps history, newest first, and goes back to an older revision', async () => {
    const first = await put('color', 'red');
    await put('color', 'green');
    await at.ask<KvEntry>('POST', '/api/kv/config/delete', { key: 'color' });
    const deleted = await read('color');
    expect(deleted.history.map(({ operation, value }) => [operation, value.payload])).toEqual([
      ['delete', ''],
      ['put', 'green'],
      ['put', 'red'],
    ]);
    const reverted = await at.ask<KvEntry>('POST', '/api/kv/config/revert', { key: 'color', revision: first.revision });
    expect(reverted).toMatchObject({ operation: 'put', value: { payload: 'red' } });
    const wrong = { key: 'cas', revision: first.revision };
    expect(await at.refusal('POST', '/api/kv/config/revert', wrong)).toMatchObject({ status: 404 });
    const marker = deleted.entry?.revision ?? 0;
    expect(await at.refusal('POST', '/api/kv/config/revert', { key: 'color', revision: marker })).toMatchObject({ status: 409 });
  });

  it('loses its history when it is purged', async () => {
    await put('old', '1');
    await put('old', '2');
    await at.ask<KvEntry>('POST', '/api/kv/config/purge', { key: 'old' });
    expect((await read('old')).history.map(({ operation }) => operation)).toEqual(['purge']);
  });

  it('may hold bytes that are no text', async () => {
    const entry = await put('bytes', Buffer.from([0xff, 0x00, 0x01]).toString('base64'), { encoding: 'base64' });
    expect(entry).toMatchObject({ value: { encoding: 'base64', payload: '/wAB' }, sizeBytes: 3 });
  });

  it.each(['a..b', '.a', 'a.', 'a b', 'a*', ''])('is refused when it is %j', async (key) => {
    expect(await at.refusal('PUT', '/api/kv/config/entry', { key, encoding: 'utf8', payload: '' })).toMatchObject({
      status: 400,
    });
  });
});

describe('keys', () => {
  it('come by page, by prefix and by text', async () => {
    await at.ask('POST', '/api/kv', { bucket: 'many' });
    for (let index = 0; index < 25; index++)
      await at.publish(`$KV.many.eu.k${String(index).padStart(2, '0')}`, 1, () => `v${index}`);
    await at.publish('$KV.many.us.k00', 1);
    const page = await at.ask<KeysPage>('GET', '/api/kv/many/keys?prefix=eu.k1&limit=4&offset=2');
    expect(page).toMatchObject({ total: 10, offset: 2, limit: 4, revision: 26, isTruncated: false });
    expect(page.items.map(({ key, value }) => [key, value.payload])).toEqual([
      ['eu.k12', 'v12'],
      ['eu.k13', 'v13'],
      ['eu.k14', 'v14'],
      ['eu.k15', 'v15'],
    ]);
    expect((await at.ask<KeysPage>('GET', '/api/kv/many/keys?q=US')).items.map(({ key }) => key)).toEqual(['us.k00']);
    expect((await at.ask<KeysPage>('GET', '/api/kv/many/keys?order=desc&limit=1')).items[0]?.key).toBe('us.k00');
  });
});

describe('the live watch', () => {
  it('shows changes as they come, of the keys it asks for, without a consumer', async () => {
    await at.ask('POST', '/api/kv', { bucket: 'live' });
    const live = await LiveClient.open(at.browser);
    try {
      live.say({ type: 'subscribe', id: 1, topic: 'kv', kv: { bucket: 'live', filter: 'eu.>' } });
      await live.find((message) => (message.type === 'subscribed' ? message : undefined));
      await at.publish('$KV.live.us.a', 1);
      await at.publish('$KV.live.eu.a', 3);
      const seen = await eventually(() => {
        const entries = live.messages.flatMap((message) =>
          message.type === 'data' && message.topic === 'kv' ? message.data.entries : [],
        );
        return entries.some(({ revision }) => revision === 4) ? entries : undefined;
      });
      expect(seen.every(({ key }) => key === 'eu.a')).toBe(true);
      expect(await at.api('STREAM.INFO.KV_live')).toMatchObject({ state: { consumer_count: 0 } });
      live.say({ type: 'subscribe', id: 2, topic: 'kv', kv: { bucket: 'none' } });
      expect(await live.find((message) => (message.type === 'refused' ? message : undefined))).toMatchObject({
        code: 'not_found',
      });
    } finally {
      live.close();
    }
  });
});
