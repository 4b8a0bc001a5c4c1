/** The audit log on disk: its chain, tampering, rotation, and crashes in the middle of a line. */
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditLog } from '../../src/store/audit-log.ts';
import type { AuditSlice } from '../../src/store/console-store.ts';
import { ManualClock } from '../support/manual-clock.ts';

let folder: string;
const clock = new ManualClock();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-audit-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (more: { maxFileBytes?: number; maxFiles?: number } = {}) => AuditLog.open({ folder, clock, ...more });
const record = (detail: string) => ({
  actor: 'kim',
  address: '10.0.0.1',
  action: 'test.act',
  target: 't',
  outcome: 'ok' as const,
  detail,
});
const everything = (log: AuditLog): Promise<AuditSlice> => log.read({}, { offset: 0, limit: 500, isAscending: true });

async function fill(count: number): Promise<void> {
  const log = await open();
  for (let entry = 1; entry <= count; entry++) await log.append({ ...record(`entry ${entry}`), after: { entry } });
  await log.close();
}

describe('the audit log', () => {
  it('goes on with number and chain after it was closed', async () => {
    await fill(3);
    await fill(3);
    const log = await open();
    const slice = await everything(log);
    expect(slice.items.map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(slice.chain).toEqual({ isIntact: true, brokenAtSeq: null, firstSeq: 1, lastSeq: 6 });
    await log.close();
  });

  it.each([
    ['an edited line', (text: string) => text.replace('entry 3', 'entry X'), 3],
    ['an edited value', (text: string) => text.replace('"entry":3', '"entry":4'), 3],
    ['a changed actor', (text: string) => text.replace('"kim"', '"lee"'), 1],
    ['a removed line', (text: string) => text.split('\n').toSpliced(2, 1).join('\n'), 4],
    [
      'lines in another order',
      (text: string) =>
        text
          .split('\n')
          .toSpliced(1, 2, ...text.split('\n').slice(1, 3).reverse())
          .join('\n'),
      3,
    ],
    [
      'a line put in',
      (text: string) =>
        text
          .split('\n')
          .toSpliced(2, 0, text.split('\n')[1] ?? '')
          .join('\n'),
      2,
    ],
    ['a removed beginning', (text: string) => text.split('\n').slice(1).join('\n'), null],
    ['an unreadable line', (text: string) => text.replace('{"seq":3', '{"seq"3'), 3],
  ])('shows %s', async (_name, tamper, brokenAtSeq) => {
    await fill(5);
    const path = join(folder, 'audit.jsonl');
    const log = await open();
    await writeFile(path, tamper(await readFile(path, 'utf8')));
    const { chain } = await everything(log);
    if (brokenAtSeq === null) expect(chain.firstSeq).toBe(2);
    else expect(chain).toMatchObject({ isIntact: false, brokenAtSeq });
    await log.close();
  });

  it('shows when its end was cut off while it runs', async () => {
    const log = await open();
    for (let entry = 0; entry < 4; entry++) await log.append(record('x'));
    const path = join(folder, 'audit.jsonl');
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, `${lines.slice(0, 2).join('\n')}\n`);
    expect((await everything(log)).chain).toMatchObject({ isIntact: false, brokenAtSeq: 3 });
    await log.close();
  });

  it('drops a line that a crash left unfinished and goes on after it', async () => {
    await fill(3);
    await appendFile(join(folder, 'audit.jsonl'), '{"seq":4,"atMs":1,"act');
    await fill(1);
    const log = await open();
    const slice = await everything(log);
    expect(slice.items.map((entry) => entry.seq)).toEqual([1, 2, 3, 4]);
    expect(slice.chain.isIntact).toBe(true);
    await log.close();
  });

  it('begins a new file past its size, keeps the chain across files and drops the oldest', async () => {
    const log = await open({ maxFileBytes: 1000, maxFiles: 2 });
    for (let entry = 0; entry < 40; entry++) await log.append(record(`entry ${entry}`));
    const files = await readdir(folder);
    expect(files.filter((name) => name !== 'audit.jsonl')).toHaveLength(2);
    const { chain } = await everything(log);
    expect(chain).toMatchObject({ isIntact: true, lastSeq: 40 });
    expect(chain.firstSeq).toBeGreaterThan(1);
    await log.close();
    const again = await open({ maxFileBytes: 1000, maxFiles: 2 });
    expect((await again.append(record('later'))).seq).toBe(41);
    expect((await everything(again)).chain.isIntact).toBe(true);
    await again.close();
  });

  it('keeps order and chain when many write at once', async () => {
    const log = await open();
    const entries = await Promise.all(Array.from({ length: 50 }, (_, index) => log.append(record(`entry ${index}`))));
    expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect((await everything(log)).chain.isIntact).toBe(true);
    await log.close();
  });

  it('cuts texts and leaves out huge values, so that one entry cannot fill the disk', async () => {
    const log = await open();
    const entry = await log.append({ ...record('x'.repeat(10_000)), after: { big: 'y'.repeat(100_000) } });
    expect(entry.detail.length).toBeLessThan(600);
    expect(JSON.stringify(entry.after).length).toBeLessThan(200);
    await log.close();
  });

  it('filters, searches and pages', async () => {
    const log = await open();
    for (let entry = 0; entry < 30; entry++) {
      await log.append({
        ...record(`entry ${entry}`),
        actor: entry % 2 === 0 ? 'kim' : 'lee',
        action: entry < 10 ? 'user.create' : 'connection.kick',
      });
    }
    const page = { offset: 1, limit: 2, isAscending: false };
    const slice = await log.read({ actor: 'lee', action: 'user' }, page);
    expect(slice.total).toBe(5);
    expect(slice.items.map((entry) => entry.detail)).toEqual(['entry 7', 'entry 5']);
    expect((await log.read({ text: 'ENTRY 29' }, page)).total).toBe(1);
    await log.close();
  });

  it('is readable by its owner only', async () => {
    await fill(1);
    expect((await stat(join(folder, 'audit.jsonl'))).mode & 0o777).toBe(0o600);
  });
});
