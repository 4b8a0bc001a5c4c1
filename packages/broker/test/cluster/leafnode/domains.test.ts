/** JetStream on both sides of a leaf node, each in its domain: who answers what, and streams that follow streams of the other side. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RawClient } from '../../support/raw-client.ts';
import { type LeafServer, type Pair, pairs, useLeafs } from '../../support/use-leafs.ts';

const jetstream = (domain: string): string => `jetstream { store_dir: "$STORE"${domain === '' ? '' : `, domain: ${domain}`} }`;

describe.each(pairs)('JetStream of a leaf node ($leaf) and its hub ($hub)', (pair: Pair) => {
  const leafs = useLeafs();

  const start = async (hub: string, leaf: string): Promise<[LeafServer, LeafServer]> => {
    const port = await leafs.freePort();
    const up = await leafs.start(pair.hub, `server_name: hub\nleafnodes { listen: "127.0.0.1:${port}" }\n${hub}`);
    const remote = `leafnodes { reconnect: "100ms", remotes: [{ url: "nats://127.0.0.1:${port}" }] }`;
    const down = await leafs.start(pair.leaf, `server_name: leaf\n${remote}\n${leaf}`);
    await leafs.connected(await leafs.client(up), await leafs.client(down));
    return [up, down];
  };
  let asked = 0;
  const replies = (client: RawClient, inbox: string): string[] =>
    [...client.received.matchAll(new RegExp(`MSG ${inbox} \\S+ (?:\\S+ )*?(\\d+)\\r\\n`, 'g'))].flatMap((match) => {
      const from = match.index + match[0].length;
      const text = client.received.slice(from, from + Number(match[1]));
      return text.length === Number(match[1]) ? [text] : [];
    });
  /** The answer to a request, which must come once; what else came stays unread. */
  const ask = async (client: RawClient, subject: string, body: object | string = {}): Promise<Record<string, unknown>> => {
    const json = typeof body === 'string' ? body : JSON.stringify(body);
    const inbox = `inbox.${pair.hub}.${pair.leaf}.${++asked}`;
    client.send(`SUB ${inbox} i${asked}\r\nPUB ${subject} ${inbox} ${json.length}\r\n${json}\r\n`);
    await client.until(() => replies(client, inbox).length > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const answers = replies(client, inbox);
    expect(answers).toHaveLength(1);
    const text = answers[0] ?? '';
    return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { status: text };
  };
  const stream = (name: string, more: object = {}): object => ({ name, storage: 'memory', subjects: [`${name}.>`], ...more });
  const lastSeq = async (client: RawClient, api: string, name: string): Promise<number> => {
    const { state } = (await ask(client, `${api}.STREAM.INFO.${name}`)) as { state?: { last_seq: number } };
    return state?.last_seq ?? -1;
  };

  it('answers its own clients, and the other side by the name of its domain', async () => {
    const [hub, leaf] = await start(jetstream('up'), jetstream('down'));
    const [above, below] = [await leafs.client(hub), await leafs.client(leaf)];
    expect(await ask(above, '$JS.API.STREAM.CREATE.A', stream('A'))).toMatchObject({ config: { name: 'A' } });
    expect(await ask(below, '$JS.API.STREAM.CREATE.B', stream('B'))).toMatchObject({ config: { name: 'B' } });
    expect((await ask(above, '$JS.API.STREAM.NAMES'))['streams']).toEqual(['A']);
    expect((await ask(below, '$JS.API.STREAM.NAMES'))['streams']).toEqual(['B']);
    expect((await ask(above, '$JS.down.API.STREAM.NAMES'))['streams']).toEqual(['B']);
    expect((await ask(below, '$JS.up.API.STREAM.NAMES'))['streams']).toEqual(['A']);
    expect((await ask(below, '$JS.down.API.STREAM.NAMES'))['streams']).toEqual(['B']);
    expect(await ask(below, '$JS.up.API.INFO')).toMatchObject({ domain: 'up' });
    expect((await ask(below, '$JS.nowhere.API.INFO'))['status']).toContain('503');
  });

  it('stores messages of the other side, delivers to it and takes its acknowledgements', async () => {
    const [hub, leaf] = await start(jetstream('up'), jetstream('down'));
    const [above, below] = [await leafs.client(hub), await leafs.client(leaf)];
    await ask(above, '$JS.API.STREAM.CREATE.A', stream('A'));
    expect(await ask(below, 'A.one')).toMatchObject({ stream: 'A', seq: 1, domain: 'up' });
    await below.settle('SUB deliver d\r\n');
    const config = { durable_name: 'D', deliver_subject: 'deliver', ack_policy: 'explicit' };
    await ask(below, '$JS.up.API.CONSUMER.DURABLE.CREATE.A.D', { stream_name: 'A', config });
    await ask(below, 'A.two');
    await below.until((text) => text.includes('MSG A.two d '));
    const [, reply = ''] = /MSG A\.two d (\$JS\.ACK\S+) /.exec(below.received) ?? [];
    expect(reply).not.toContain('@');
    await ask(below, reply, '+ACK');
    const info = await ask(below, '$JS.up.API.CONSUMER.INFO.A.D');
    expect(info).toMatchObject({ delivered: { stream_seq: 2 }, num_ack_pending: 1 });
    const next = await ask(below, '$JS.up.API.STREAM.MSG.GET.A', { seq: 1 });
    expect(next).toMatchObject({ message: { subject: 'A.one', seq: 1 } });
  });

  it('mirrors and sources streams of the other side, and goes on after the connection was lost', async () => {
    const port = await leafs.freePort();
    const folder = mkdtempSync(join(tmpdir(), 'sluice-domains-'));
    const hubText = `server_name: hub\nleafnodes { listen: "127.0.0.1:${port}" }\njetstream { store_dir: "${folder}", domain: up }`;
    const first = await leafs.start(pair.hub, hubText);
    const remote = `leafnodes { reconnect: "100ms", remotes: [{ url: "nats://127.0.0.1:${port}" }] }`;
    const leaf = await leafs.start(pair.leaf, `server_name: leaf\n${remote}\n${jetstream('down')}`);
    const above = await leafs.client(first);
    const below = await leafs.client(leaf);
    await leafs.connected(above, below);
    await ask(above, '$JS.API.STREAM.CREATE.A', { ...stream('A'), storage: 'file' });
    for (const subject of ['A.1', 'A.2', 'A.3']) await ask(above, subject);
    const external = { api: '$JS.up.API' };
    await ask(below, '$JS.API.STREAM.CREATE.M', { name: 'M', storage: 'memory', mirror: { name: 'A', external } });
    await ask(below, '$JS.API.STREAM.CREATE.S', { name: 'S', storage: 'memory', sources: [{ name: 'A', external }] });
    for (const name of ['M', 'S']) {
      await expect.poll(() => lastSeq(below, '$JS.API', name), { timeout: 30_000, interval: 100 }).toBe(3);
    }
    await first.stop();
    const again = await leafs.start(pair.hub, hubText);
    const back = await leafs.client(again);
    await leafs.connected(back, below);
    await ask(back, 'A.4');
    await expect.poll(() => lastSeq(below, '$JS.API', 'M'), { timeout: 30_000, interval: 200 }).toBe(4);
    await expect.poll(() => lastSeq(below, '$JS.API', 'S'), { timeout: 30_000, interval: 200 }).toBe(4);
    await again.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('keeps requests without a domain on their side, also where neither has one', async () => {
    const [hub, leaf] = await start(jetstream(''), '');
    const [above, below] = [await leafs.client(hub), await leafs.client(leaf)];
    expect(await ask(above, '$JS.API.STREAM.CREATE.A', stream('A'))).toMatchObject({ config: { name: 'A' } });
    expect((await ask(below, '$JS.API.STREAM.NAMES'))['status']).toContain('503');
  });

  it('goes to the hub by default where the configuration says so', async () => {
    const accounts = 'accounts { A { users: [{user: a, password: p}] } }\nno_auth_user: a';
    const port = await leafs.freePort();
    const withJetStream = accounts.replace('A {', 'A { jetstream: enabled,');
    const hub = await leafs.start(
      pair.hub,
      `server_name: hub\nleafnodes { listen: "127.0.0.1:${port}", authorization { user: l, password: p, account: A } }\n${jetstream('up')}\n${withJetStream}`,
    );
    const remote = `leafnodes { reconnect: "100ms", remotes: [{ url: "nats://l:p@127.0.0.1:${port}", account: A }] }`;
    const leaf = await leafs.start(pair.leaf, `server_name: leaf\n${remote}\ndefault_js_domain { A: up }\n${accounts}`);
    const [above, below] = [await leafs.client(hub), await leafs.client(leaf)];
    await leafs.connected(above, below);
    await leafs.connected(below, above);
    expect(await ask(below, '$JS.API.STREAM.CREATE.A', stream('A'))).toMatchObject({ config: { name: 'A' } });
    expect((await ask(above, '$JS.API.STREAM.NAMES'))['streams']).toEqual(['A']);
    expect((await ask(below, '$JS.API.STREAM.NAMES'))['streams']).toEqual(['A']);
  });
});
