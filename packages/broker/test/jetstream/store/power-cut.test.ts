/** Power cuts, failing calls and rotten bits: nothing promised is lost, nothing wrong is served, no sequence is given out twice. */
import { describe, expect, it } from 'vitest';
import type { FileStore } from '../../../src/jetstream/store/file-store.ts';
import { firstSeed, report, runs, runTimeoutMs } from '../../long/runs.ts';
import type { Fault } from '../../simulation/sim-disk.ts';
import { SeededRandom } from '../../support/random.ts';
import { checkAfter, cutsWith, faultAt, flipWith, lazyCut, live, newHistory, watch } from './random-life.ts';
import { fileBench, get, put, settle } from './store-bench.ts';

const LIVES = runs('lives', 120);
const LAZY = runs('lazy', 120);
const FAULTS = runs('faults', 120);
const FLIPS = runs('flips', 600);

describe('a power cut', () => {
  it(`loses nothing that was acknowledged, in ${LIVES} lives of four cuts each`, { timeout: runTimeoutMs }, async () => {
    const sum = { cuts: 0, appended: 0, promised: 0, lost: 0 };
    for (let seed = firstSeed; seed < firstSeed + LIVES; seed++) {
      const { appended, promised } = await cutsWith({ kind: 'always' }, seed);
      sum.cuts += 4;
      sum.appended += appended;
      sum.promised += promised;
    }
    report('power cuts', sum);
  });

  it('at every single disk call leaves what was promised before it', { timeout: runTimeoutMs }, async () => {
    for (let at = 1; at < 90; at++) {
      const bench = fileBench({ segmentBytes: 1024 });
      const history = newHistory();
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

  it(`leaves a prefix in lazy mode: what survives has no hole, in ${LAZY} lives`, { timeout: runTimeoutMs }, async () => {
    const sum = { cuts: 0, written: 0, survived: 0 };
    for (let seed = firstSeed; seed < firstSeed + LAZY; seed++) {
      const { written, survived } = await lazyCut(seed);
      sum.cuts++;
      sum.written += written;
      sum.survived += survived;
    }
    report('lazy power cuts', sum);
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
  it(`makes the store read-only at the N-th call, for every N up to ${FAULTS}, without a false promise`, {
    timeout: runTimeoutMs,
  }, async () => {
    const faults: readonly Fault[] = ['EIO', 'ENOSPC', 'short-write', 'failed-sync'];
    const sum = { lives: 0, failed: 0 };
    for (const fault of faults) {
      for (let at = 1; at < FAULTS; at++) {
        sum.lives++;
        if (await faultAt(at, fault, at + firstSeed - 1)) sum.failed++;
      }
    }
    report('failing calls', sum);
  });
});

describe('a rotten bit', () => {
  it(`costs at most the record it is in, is reported, and never serves a wrong payload, ${FLIPS} times`, {
    timeout: runTimeoutMs,
  }, async () => {
    let lost = 0;
    for (let seed = firstSeed; seed < firstSeed + FLIPS; seed++) lost += (await flipWith(seed)).lost;
    report('flipped bits', { flips: FLIPS, lost, unreported: 0, wrong: 0 });
    expect(lost).toBeGreaterThan(FLIPS / 8);
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
