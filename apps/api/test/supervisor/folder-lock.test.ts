import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/supervisor/folder-lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const leave = (text: string): void => writeFileSync(join(folder, 'sluice.lock'), text);

describe('the lock of a data folder', () => {
  it('is refused while another process holds it, and free again when it is given back', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    leave(JSON.stringify({ pid: other.pid, startedTicks: 0 }));
    expect(() => lockFolder(folder)).toThrow(`in use by another Sluice, process ${other.pid}`);
    const gone = new Promise((resolve) => other.on('exit', resolve));
    other.kill('SIGKILL');
    await gone;
    const unlock = lockFolder(folder);
    unlock();
    lockFolder(folder)();
  });

  it.skipIf(process.platform !== 'linux')('does not take another process with the number of a dead one for its holder', () => {
    leave(JSON.stringify({ pid: process.ppid, startedTicks: 1 }));
    lockFolder(folder)();
  });

  it.each(['', '{', '{"pid":"x"}', '[]'])('is not held by a file that a crash left unfinished: %j', (text) => {
    leave(text);
    lockFolder(folder)();
  });
});
