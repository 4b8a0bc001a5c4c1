/** Random operations against a store and against a list in memory: they agree after every step, over every re-opening. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { SyncPolicy } from '../../../src/jetstream/store/sync-policy.ts';
import { type BenchOptions, fileBench, memoryStore, streamCipher } from './store-bench.ts';
import { reopenOn, runModel, step } from './store-model.ts';

const always: SyncPolicy = { kind: 'always' };
const lazy: SyncPolicy = { kind: 'interval', intervalMs: 120_000 };

const kinds: readonly [string, BenchOptions][] = [
  ['fsync before ack', { policy: always }],
  ['lazy', { policy: lazy }],
  ['without memory for indices', { policy: always, indexBudgetBytes: 1 }],
  ['encrypted', { policy: always, indexBudgetBytes: 1, cipher: streamCipher() }],
  ['with many checkpoints', { policy: always, checkpointEveryBytes: 1 }],
];

describe('a store and a list in memory', () => {
  it('agree after every operation on the memory store', async () => {
    const steps = fc.array(step, { maxLength: 60 }).map((all) => all.filter((next) => next.do !== 'reopen'));
    await fc.assert(
      fc.asyncProperty(steps, (all) =>
        runModel(
          all,
          () => memoryStore(),
          (store) => Promise.resolve(store),
        ),
      ),
      { numRuns: 150 },
    );
  });

  it.each(kinds)('agree after every operation and re-opening on the file store (%s)', async (_name, options) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (all) => {
        const bench = fileBench({ segmentBytes: 1024, ...options });
        await runModel(all, bench.open, (store, isClean) => reopenOn(bench, store, isClean));
      }),
      { numRuns: 150 },
    );
  });
});
