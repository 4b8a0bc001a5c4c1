/** Power cuts, failing calls and rotten bits: nothing promised is lost, nothing wrong is served, no sequence is given out twice. */
import { describe, expect, it } from 'vitest';
import type { FileStore } from '../../../src/jetstream/store/file-store.ts';
import { SeededRandom } from '../../simulation/seeded-random.ts';
import type { Fault } from '../../simulation/sim-disk.ts';
import { checkAfter, cutsWith, type History, live, watch } from './random-life.ts';
import { FOLDER, fileBench, get, put, settle } from './store-bench.ts';

const CUTS = 120;

describe('a power cut', () => {
  it(`loses nothing that was acknowledged, in ${CUTS} lives of four cuts each`, async () => {
    for (let seed = 1; seed <= CUTS; seed++) await cutsWith({ kind: 'always' }, seed);
  });

  it('at every single disk call leaves what was promised before it', async () => {
    for (let at = 1; at < 90; at++) {
      const bench = fileBench({ segmentBytes: 1024 });
      const history: History = { appended: new Map(), promised: new Set(), removed: new Set(), highestSeq: 0 };
      bench.disk.failAt(at, 'EIO');
      let store: FileStore;
      try {
        store = bench.open();
      } catch {
        continue;
      }
      watch(store, history);
      await live(store, bench, history, new SeededRandom(4711));
      bench.disk.crash(at, 'some');
      checkAfter(bench.open(), history);
    }
  });

  it('leaves a prefix in lazy mode: what survives has no hole', async () => {
    for (let seed = 1; seed <= CUTS; seed++) {
      const random = new SeededRandom(seed * 7919);
      const bench = fileBench({ policy: { kind: 'interval', intervalMs: 120_000 }, segmentBytes: 2048 });
      const store = bench.open();
      const count = 20 + random.below(80);
      for (let n = 1; n <= count; n++) {
        put(store, 's', `m${n}`.padEnd(random.below(200), '.'));
        if (random.chance(0.4)) store.flush();
        if (random.chance(0.05)) bench.clock.advance(121_000);
        await settle();
      }
      store.flush();
      bench.disk.crash(random.uint32());
      const after = bench.open();
      const { lastSeq, messages } = after.state();
      expect(messages, `seed ${seed}`).toBe(lastSeq);
      for (let seq = 1; seq <= lastSeq; seq++) expect(get(after, seq)?.startsWith(`m${seq}`)).toBe(true);
      expect(after.lost).toBeUndefined();
    }
  });
});

describe('the death of the process', () => {
  it('leaves a store that reads what is appended after it, where a replaced value lay at the end', async () => {
    const bench = fileBench({ limits: { maxMessagesPerSubject: 1 } });
    const store = bench.open();
    for (const value of ['first', 'second']) put(store, 'kv.a', value);
    store.flush();
    await settle();
    // Without its last mark, as when it is killed: recovery applies the removal, and reads the last record for that.
    bench.disk.crash(1, 'all');
    const after = bench.open();
    expect(put(after, 'kv.b', 'third')).toBe(3);
    after.flush();
    await settle();
    expect([get(after, 2), get(after, 3)]).toEqual(['second', 'third']);
    expect(after.lost).toBeUndefined();
  });
});

describe('a failing disk', () => {
  it('makes the store read-only at the N-th call, for every N, without a false promise', async () => {
    const faults: readonly Fault[] = ['EIO', 'ENOSPC', 'short-write', 'failed-sync'];
    for (const fault of faults) {
      for (let at = 1; at < 120; at += 1) {
        const bench = fileBench({ segmentBytes: 1024 });
        const history: History = { appended: new Map(), promised: new Set(), removed: new Set(), highestSeq: 0 };
        const store = bench.open();
        watch(store, history);
        bench.disk.failAt(at, fault);
        await live(store, bench, history, new SeededRandom(at));
        bench.disk.releaseSyncs();
        await settle();
        bench.disk.clearFaults();
        if (store.hasFailed) expect(put(store, 's.1', 'late')).toBeLessThan(0);
        bench.disk.crash(at, 'all');
        checkAfter(bench.open(), history);
      }
    }
  });
});

describe('a rotten bit', () => {
  it('costs at most the record it is in, is reported, and never serves a wrong payload', async () => {
    const FLIPS = 600;
    let reported = 0;
    for (let seed = 1; seed <= FLIPS; seed++) {
      const random = new SeededRandom(seed * 104_729);
      const bench = fileBench({ segmentBytes: 2048 });
      let store = bench.open();
      const payloads = new Map<number, string>();
      for (let n = 1; n <= 40; n++) {
        const payload = `m${n}`.padEnd(20 + random.below(150), '.');
        payloads.set(put(store, `s.${n % 5}`, payload), payload);
        if (random.chance(0.3)) store.flush();
        await settle();
      }
      store.flush();
      await settle();
      bench.clock.advance(1000);
      const isClean = random.chance(0.5);
      if (isClean) await store.close();
      const files = bench.disk.files().filter((path) => path.startsWith(FOLDER) && (isClean || path.endsWith('.seg')));
      const path = files[random.below(files.length)] as string;
      bench.disk.flipBit(path, random.uint32());
      store = bench.open();
      const missing: number[] = [];
      for (const [seq, payload] of payloads) {
        const found = get(store, seq);
        if (found === undefined) missing.push(seq);
        else expect(found, `seed ${seed}`).toBe(payload);
      }
      expect(missing.length, `seed ${seed}, ${path}: ${missing}`).toBeLessThanOrEqual(1);
      if (missing.length > 0) {
        expect(
          store.lost?.ranges.some(([first, count]) => (missing[0] as number) >= first && (missing[0] as number) < first + count),
          `seed ${seed}`,
        ).toBe(true);
        reported++;
      }
      expect(put(store, 's.1', 'next')).toBeGreaterThan(40);
    }
    expect(reported).toBeGreaterThan(FLIPS / 4);
  });

  it('in a lost or shortened file is reported as the messages it held', async () => {
    for (const isLost of [true, false]) {
      const bench = fileBench({ segmentBytes: 2048 });
      const store = bench.open();
      for (let n = 1; n <= 60; n++) put(store, 's', `m${n}`.padEnd(100, '.'));
      await store.close();
      const path = bench.disk.files().filter((name) => name.endsWith('.seg'))[1] as string;
      if (isLost) bench.disk.loseFile(path);
      else bench.disk.cutFile(path, 900);
      const after = bench.open();
      const lost = (after.lost?.ranges ?? []).reduce((sum, [, count]) => sum + count, 0);
      expect(lost).toBeGreaterThan(0);
      expect(after.state().messages).toBe(60 - lost);
      expect(put(after, 's', 'next')).toBe(61);
    }
  });
});
