/** The lock on a store folder: one server at a time, and no trace of one that was killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderInUse } from '../../../src/env/disk.ts';
import { lockFolder } from '../../../src/env/node/folder-lock.ts';
import { Broker, nodeEnv } from '../../../src/index.ts';

/** Takes the name of a folder's lock in a process of its own, and says so. */
const HOLDER = `
const { statSync } = require('node:fs');
const { dev, ino } = statSync(process.argv[1], { bigint: true });
require('node:net').createServer((socket) => socket.write(String(process.pid)))
  .listen('\\0sluice-store-' + dev + '-' + ino, () => console.log('held'));`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function holder(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', HOLDER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return child;
}

describe.runIf(process.platform === 'linux')('the lock of a folder', () => {
  it('is had by one process, and the other one is told which', async () => {
    const child = await holder();
    const refusal = await lockFolder(folder, 50).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(FolderInUse);
    expect(String(refusal)).toContain(`'${folder}' is in use by another server, process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('is free at once when its holder was killed, and waits for one that is being killed', async () => {
    for (let round = 0; round < 3; round++) {
      const child = await holder();
      child.kill('SIGKILL');
      (await lockFolder(folder, 10_000))();
    }
  });

  it('is free again when it was given back, also for those who wait', async () => {
    const release = await lockFolder(folder, 50);
    const next = lockFolder(folder, 10_000);
    setTimeout(release, 20);
    (await next)();
    (await lockFolder(folder, 50))();
  });

  it('is another one for another folder, and leaves nothing in it', async () => {
    const release = await lockFolder(folder, 50);
    const other = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
    (await lockFolder(other, 50))();
    expect(readdirSync(folder)).toEqual([]);
    rmSync(other, { recursive: true });
    release();
  });

  it('keeps a second broker from the store of a first, until that one has stopped', async () => {
    const options = { port: 0, jetstream: { storeDir: folder } };
    const first = await Broker.start(options);
    const second = Broker.start(options);
    await expect(second).rejects.toThrow(
      `Can't start JetStream: storage directory '${folder}/jetstream' is in use by another server, process ${process.pid}`,
    );
    const third = Broker.start(options);
    await first.stop();
    await (await third).stop();
  }, 20_000);

  it('gives a second broker the next folder where nobody has named one', async () => {
    const jetstream = { storeDir: `${folder}/store`, isUnnamedDir: true };
    const lines: string[] = [];
    const log = { isDebug: false, isTrace: false, write: (_level: string, text: string) => void lines.push(text) };
    const start = (): Promise<Broker> => Broker.start({ port: 0, jetstream }, nodeEnv(log));
    const [first, second, third] = [await start(), await start(), await start()];
    await second.stop();
    const fourth = await start();
    const folders = lines.flatMap((line) => /Store Directory: "(.*)\/jetstream"/.exec(line)?.[1] ?? []);
    expect(folders).toEqual(['', '-2', '-3', '-2'].map((end) => `${folder}/store${end}`));
    expect(lines.join('\n')).toContain(
      `Storage directory '${folder}/store/jetstream' is in use by another server, process ${process.pid}; taking another one`,
    );
    for (const broker of [first, third, fourth]) await broker.stop();
  }, 20_000);
});
