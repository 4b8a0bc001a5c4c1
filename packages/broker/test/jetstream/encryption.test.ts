/** `key` and `cipher` in a running server: what it says, what it writes, and that a restart finds everything. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AckPolicy, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import type { LogLevel } from '../../src/env/log.ts';
import { nodeEnv } from '../../src/env/node/node-env.ts';
import { Broker } from '../../src/index.ts';
import type { JetStreamEncryption } from '../../src/options.ts';

interface Running {
  readonly log: string[];
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  stop(): Promise<void>;
}

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-encryption-'));
  folders.push(folder);
  return folder;
}

async function start(storeDir: string, encryption?: JetStreamEncryption): Promise<Running> {
  const log: string[] = [];
  const sink = { isDebug: false, isTrace: false, write: (level: LogLevel, text: string) => void log.push(`${level} ${text}`) };
  const jetstreamOptions = { storeDir, ...(encryption === undefined ? {} : { encryption }) };
  const broker = await Broker.start({ port: 0, jetstream: jetstreamOptions }, nodeEnv(sink));
  const connection = await connect({ servers: broker.url, reconnect: false });
  const stop = async (): Promise<void> => {
    await connection.close();
    await broker.stop();
  };
  return { log, connection, manager: await jetstreamManager(connection), stop };
}

/** Files under `folder` in which `text` can be read. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

async function fill({ manager, connection }: Running): Promise<void> {
  await manager.streams.add({ name: 'HIDDEN', subjects: ['hidden.>'] });
  await manager.consumers.add('HIDDEN', {
    durable_name: 'hiddenconsumer',
    ack_policy: AckPolicy.Explicit,
    filter_subject: 'hidden.x',
  });
  const js = jetstream(connection);
  for (let n = 1; n <= 50; n++) await js.publish('hidden.x', `hidden text ${n} `.repeat(20));
}

async function messagesOf({ manager }: Running): Promise<number> {
  return (await manager.streams.info('HIDDEN')).state.messages;
}

describe('a server with an encryption key', () => {
  it('writes nothing that can be read, says so at the start, and finds it again', async () => {
    const folder = newFolder();
    const first = await start(folder, { key: 'k', cipher: 'aes' });
    expect(first.log).toContain('INF   Encryption:      AES-GCM');
    await fill(first);
    await first.stop();
    expect(filesWith(folder, 'hidden')).toEqual([]);
    const second = await start(folder, { key: 'k', cipher: 'aes' });
    expect(await messagesOf(second)).toBe(50);
    expect((await second.manager.streams.getMessage('HIDDEN', { seq: 50 }))?.string()).toBe('hidden text 50 '.repeat(20));
    expect((await second.manager.consumers.info('HIDDEN', 'hiddenconsumer')).num_pending).toBe(50);
    await second.stop();
  });

  it('leaves streams alone that it has no key for, and has them when the key comes back', async () => {
    const folder = newFolder();
    const first = await start(folder, { key: 'k' });
    expect(first.log).toContain('INF   Encryption:      ChaCha20-Poly1305');
    await fill(first);
    await first.stop();
    for (const encryption of [undefined, { key: 'other' }]) {
      const without = await start(folder, encryption);
      expect(without.log.filter((line) => line.startsWith('WRN')).join()).toMatch(
        /stream in '.*' is left alone: it is encrypted/,
      );
      await expect(messagesOf(without)).rejects.toThrow('stream not found');
      await without.stop();
    }
    const again = await start(folder, { key: 'new', previousKey: 'k' });
    expect(await messagesOf(again)).toBe(50);
    await again.stop();
    const rotated = await start(folder, { key: 'new' });
    expect(await messagesOf(rotated)).toBe(50);
    await rotated.stop();
  });

  it('encrypts what was plain', { timeout: 20_000 }, async () => {
    const folder = newFolder();
    const first = await start(folder);
    await fill(first);
    await first.stop();
    expect(filesWith(folder, 'hidden').length).toBeGreaterThan(0);
    const second = await start(folder, { key: 'k' });
    expect(second.log.join()).toContain("Encrypting stream '$G > HIDDEN' with ChaCha20-Poly1305");
    expect(await messagesOf(second)).toBe(50);
    await expect.poll(() => filesWith(folder, 'hidden'), { timeout: 10_000 }).toEqual([]);
    await second.stop();
    const third = await start(folder, { key: 'k' });
    expect(await messagesOf(third)).toBe(50);
    await third.stop();
  });
});
