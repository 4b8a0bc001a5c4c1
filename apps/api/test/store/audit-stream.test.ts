/** The audit log in its stream: its chain, tampering, bounds, and what neither clients nor the console can take away. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditSlice } from '../../src/store/console-store.ts';
import type { JetStreamConsoleStore } from '../../src/store/jetstream-console-store.ts';
import { StateServer } from '../support/state-server.ts';

let server: StateServer;
let store: JetStreamConsoleStore;
beforeEach(async () => {
  server = await new StateServer().start();
  store = await server.open();
});
afterEach(() => server.stop());

const record = (detail: string) => ({
  actor: 'kim',
  address: '10.0.0.1',
  action: 'test.act',
  target: 't',
  outcome: 'ok' as const,
  detail,
});
const everything = (from = store): Promise<AuditSlice> => from.readAudit({}, { offset: 0, limit: 500, isAscending: true });

async function fill(count: number): Promise<void> {
  for (let entry = 1; entry <= count; entry++) await store.appendAudit({ ...record(`entry ${entry}`), after: { entry } });
}

async function exported(): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of store.exportAudit()) lines.push(line.trimEnd());
  return lines;
}

/** Makes the stream anew with other lines, as somebody would who owns the machine. */
async function rewrite(lines: readonly string[]): Promise<void> {
  const { config } = await server.api('STREAM.INFO.AUDIT');
  await server.api('STREAM.DELETE.AUDIT');
  await server.api('STREAM.CREATE.AUDIT', config as object);
  const client = await server.client();
  for (const line of lines) await client.request('audit.test', line);
}

describe('the audit log', () => {
  it('goes on with number and chain in another console', async () => {
    await fill(3);
    store = await server.open();
    await fill(3);
    const { items, chain } = await everything();
    expect(items.map((entry) => entry.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(chain).toEqual({ isIntact: true, brokenAtSeq: null, firstSeq: 1, lastSeq: 6 });
  });

  it.each([
    ['an edited entry', (lines: string[]) => lines.map((line) => line.replace('entry 3', 'entry X')), 3],
    ['an edited value', (lines: string[]) => lines.map((line) => line.replace('"entry":3', '"entry":4')), 3],
    ['a changed actor', (lines: string[]) => lines.map((line) => line.replace('"kim"', '"lee"')), 1],
    ['a removed entry', (lines: string[]) => lines.toSpliced(2, 1), 4],
    ['entries in another order', (lines: string[]) => lines.toSpliced(1, 2, lines[2] ?? '', lines[1] ?? ''), 3],
    ['an entry put in', (lines: string[]) => lines.toSpliced(2, 0, lines[1] ?? ''), 2],
    ['an unreadable entry', (lines: string[]) => lines.map((line) => line.replace('{"seq":3', '{"seq"3')), 3],
    ['a removed end', (lines: string[]) => lines.slice(0, 3), 4],
    ['nothing left', () => [], 1],
  ])('shows %s', async (_name, tamper, brokenAtSeq) => {
    await fill(5);
    expect((await everything()).chain.isIntact).toBe(true);
    await rewrite(tamper(await exported()));
    expect((await everything()).chain).toMatchObject({ isIntact: false, brokenAtSeq });
  });

  it('says where it begins when its beginning is gone', async () => {
    await fill(5);
    await rewrite((await exported()).slice(1));
    expect((await everything()).chain).toEqual({ isIntact: true, brokenAtSeq: null, firstSeq: 2, lastSeq: 5 });
  });

  it('cannot be deleted from, purged or made so that it could be', async () => {
    await fill(3);
    expect(await server.api('STREAM.MSG.DELETE.AUDIT', { seq: 2 })).toHaveProperty('error');
    expect(await server.api('STREAM.PURGE.AUDIT')).toHaveProperty('error');
    for (const change of [{ deny_delete: false }, { deny_purge: false }])
      expect(await server.reconfigure('AUDIT', change)).toHaveProperty('error');
    expect((await everything()).items).toHaveLength(3);
  });

  it('lets go of its oldest entries past its size and keeps the chain', async () => {
    await server.reconfigure('AUDIT', { max_bytes: 4000 });
    await fill(40);
    await everything();
    await fill(10);
    const { chain, items } = await everything();
    expect(chain).toMatchObject({ isIntact: true, lastSeq: 50 });
    expect(items[0]?.seq).toBe(chain.firstSeq);
    expect(chain.firstSeq).toBeGreaterThan(20);
    expect(items).toHaveLength(50 - chain.firstSeq + 1);
    store = await server.open();
    expect((await store.appendAudit(record('later'))).seq).toBe(51);
    expect((await everything()).chain.isIntact).toBe(true);
  });

  it('keeps order and chain when many write at once, from two consoles too', async () => {
    const other = await server.open();
    const writers = [store, other];
    const entries = await Promise.all(
      Array.from({ length: 60 }, (_, index) => writers[index % 2]?.appendAudit(record(`entry ${index}`))),
    );
    expect(new Set(entries.map((entry) => entry?.seq)).size).toBe(60);
    const { chain, items } = await everything();
    expect(chain).toEqual({ isIntact: true, brokenAtSeq: null, firstSeq: 1, lastSeq: 60 });
    expect(items.map((entry) => entry.seq)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  it('is intact to whoever looks while others write', async () => {
    await fill(3);
    let isOver = false;
    const writing = (async () => {
      for (let count = 0; !isOver; count++) await store.appendAudit(record(`while ${count}`));
    })();
    for (let look = 0; look < 30; look++) {
      const filter = look % 3 === 0 ? { actor: 'kim' } : {};
      const [one, other] = await Promise.all([
        store.readAudit(filter, { offset: 0, limit: 5, isAscending: false }),
        store.readAudit({}, { offset: 1, limit: 5, isAscending: true }),
      ]);
      expect([one.chain.brokenAtSeq, other.chain.brokenAtSeq]).toEqual([null, null]);
      expect(other.items[0]?.seq).toBe(2);
    }
    isOver = true;
    await writing;
  });

  it('cuts texts and leaves out huge values, so that one entry cannot fill the disk', async () => {
    const entry = await store.appendAudit({ ...record('x'.repeat(10_000)), after: { big: 'y'.repeat(100_000) } });
    expect(entry.detail.length).toBeLessThan(600);
    expect(JSON.stringify(entry.after).length).toBeLessThan(200);
  });

  it('filters, searches and pages in both directions', async () => {
    for (let entry = 0; entry < 30; entry++) {
      await store.appendAudit({
        ...record(`entry ${entry}`),
        actor: entry % 2 === 0 ? 'kim' : 'lee',
        action: entry < 10 ? 'user.create' : 'connection.kick',
      });
    }
    const page = { offset: 1, limit: 2, isAscending: false };
    const slice = await store.readAudit({ actor: 'lee', action: 'user' }, page);
    expect(slice.total).toBe(5);
    expect(slice.items.map((entry) => entry.detail)).toEqual(['entry 7', 'entry 5']);
    const up = await store.readAudit({ actor: 'lee', action: 'user' }, { ...page, isAscending: true });
    expect(up.items.map((entry) => entry.detail)).toEqual(['entry 3', 'entry 5']);
    expect((await store.readAudit({ text: 'ENTRY 29' }, page)).total).toBe(1);
  });

  it.each([true, false])('comes in pages that hold every entry once, oldest first: %s', async (isAscending) => {
    await fill(30);
    const expected = Array.from({ length: 30 }, (_, index) => (isAscending ? index + 1 : 30 - index));
    // By sequence, and by reading through it all.
    for (const filter of [{}, { actor: 'kim' }]) {
      const seen: number[] = [];
      for (let offset = 0; offset < 35; offset += 7) {
        const { items, total } = await store.readAudit(filter, { offset, limit: 7, isAscending });
        expect(total).toBe(30);
        seen.push(...items.map((entry) => entry.seq));
      }
      expect(seen).toEqual(expected);
    }
  });

  it('shows what was changed after it had been verified, at the next full look at the latest', async () => {
    await fill(5);
    expect((await everything()).chain.isIntact).toBe(true);
    const lines = (await exported()).map((line) => line.replace('entry 3', 'entry X'));
    await rewrite(lines);
    expect((await everything()).chain.brokenAtSeq).toBe(3);
    expect((await store.readAudit({ text: 'entry' }, { offset: 0, limit: 1, isAscending: false })).chain.brokenAtSeq).toBe(3);
  });

  it('is exported whole, oldest first, however many entries there are', async () => {
    await Promise.all(Array.from({ length: 1203 }, (_, index) => store.appendAudit(record(`entry ${index}`))));
    const lines = await exported();
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(Array.from({ length: 1203 }, (_, index) => index + 1));
  });
});
