/** A stream whose disk has failed: what is promised stays readable, nothing more is, and whoever looks is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, headers } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import type { Disk } from '../../src/env/disk.ts';
import { nodeEnv } from '../../src/env/node/node-env.ts';
import { jsonOf } from '../support/use-jetstream.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A disk on which nothing can be made durable from a moment on. */
function failingDisk(disk: Disk, hasFailed: () => boolean): Disk {
  const check = (): void => {
    if (hasFailed()) throw new Error('EIO: i/o error, fsync');
  };
  return new Proxy(disk, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target);
      if (name !== 'openSync') return typeof value === 'function' ? value.bind(target) : value;
      return (...args: Parameters<Disk['openSync']>) => {
        const file = target.openSync(...args);
        const sync = file.sync.bind(file);
        const syncSync = file.syncSync.bind(file);
        file.sync = async () => {
          check();
          await sync();
        };
        file.syncSync = () => {
          check();
          syncSync();
        };
        return file;
      };
    },
  });
}

describe('a stream whose disk has failed', () => {
  it('takes nothing more, serves what it has, and says so in its info, in jsz and in healthz', async () => {
    const storeDir = mkdtempSync(join(tmpdir(), 'sluice-read-only-'));
    ends.push(() => rmSync(storeDir, { recursive: true, force: true }));
    let hasFailed = false;
    const env = nodeEnv();
    const monitor = { host: '127.0.0.1', port: 0, basePath: '', allowedHosts: [] };
    const options = { port: 0, jetstream: { storeDir }, monitor };
    const broker = await Broker.start(options, { ...env, disk: failingDisk(env.disk, () => hasFailed) });
    ends.push(() => broker.stop());
    const connection = await connect({ servers: broker.url, reconnect: false });
    ends.push(() => connection.close());
    const ask = async (subject: string, body = '') => jsonOf(await connection.request(subject, body, { timeout: 5000 }));
    const read = async (path: string) => (await fetch(`http://127.0.0.1:${broker.monitorPort}${path}`)).text();
    await ask('$JS.API.STREAM.CREATE.S', JSON.stringify({ name: 'S', subjects: ['s'] }));
    expect(await ask('s', 'kept')).toEqual({ stream: 'S', seq: 1 });
    expect(await ask('$JS.API.STREAM.INFO.S')).not.toHaveProperty('read_only');

    hasFailed = true;
    // An id that was lost with its message is no duplicate: that would say that the message is stored.
    const identified = headers();
    identified.set('Nats-Msg-Id', 'lost');
    for (const body of ['lost', 'again']) {
      const answer = await connection.request('s', body, { timeout: 5000, headers: identified });
      expect(jsonOf(answer)).toMatchObject({ error: { code: 503 } });
    }
    expect((await ask('s', 'refused'))['error']).toBeDefined();

    expect(await ask('$JS.API.STREAM.INFO.S')).toMatchObject({
      read_only: true,
      state: { messages: 1, first_seq: 1, last_seq: 2 },
    });
    expect(await ask('$JS.API.STREAM.MSG.GET.S', JSON.stringify({ seq: 1 }))).toMatchObject({ message: { seq: 1 } });
    expect(await read('/jsz?streams=true')).toContain('"read_only": true');
    expect(await read('/healthz?account=$G&stream=S')).toContain('cannot be written any more');
  });
});
