/**
 * Who watches the watchmen: faults as a programmer might make them are planted in the store, one at a time, and the random lives, the
 * flips and the model have to find each of them. A harness that finds nothing proves nothing.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CheckpointFiles } from '../../../src/jetstream/store/checkpoint.ts';
import { FileSegment } from '../../../src/jetstream/store/file-segment.ts';
import { FileStore } from '../../../src/jetstream/store/file-store.ts';
import { Segment } from '../../../src/jetstream/store/segment.ts';
import { SegmentIndex } from '../../../src/jetstream/store/segment-index.ts';
import { SubjectIndex } from '../../../src/jetstream/store/subject-index.ts';
import { SyncScheduler } from '../../../src/jetstream/store/sync-policy.ts';
import { Tombstones } from '../../../src/jetstream/store/tombstones.ts';
import { runTimeoutMs } from '../../long/runs.ts';
import { SimDisk } from '../../simulation/sim-disk.ts';
import { cutsWith, faultAt, flipWith } from './random-life.ts';
import { fileBench } from './store-bench.ts';
import { reopenOn, runModel, step } from './store-model.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** True when some of the first `count` runs fails. */
async function finds(count: number, run: (seed: number) => Promise<unknown>): Promise<boolean> {
  for (let seed = 1; seed <= count; seed++) {
    try {
      await run(seed);
    } catch {
      return true;
    }
  }
  return false;
}

const cuts = (): Promise<boolean> => finds(150, (seed) => cutsWith({ kind: 'always' }, seed));
const flips = (): Promise<boolean> => finds(300, flipWith);
const faults = (): Promise<boolean> => finds(60, (at) => faultAt(at, 'failed-sync', at));
const model = (): Promise<boolean> =>
  finds(1, () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const bench = fileBench({ segmentBytes: 1024 });
        await runModel(steps, bench.open, (store, isClean) => reopenOn(bench, store, isClean));
      }),
      { numRuns: 300, seed: 1, endOnFailure: true },
    ),
  );

interface Planted {
  readonly name: string;
  plant(): void;
  readonly find: () => Promise<boolean>;
}

const planted: readonly Planted[] = [
  {
    name: 'a publish is acknowledged when it is written, not when it is durable',
    plant: () => {
      const real = FileStore.prototype.flush;
      vi.spyOn(FileStore.prototype, 'flush').mockImplementation(function (this: FileStore) {
        real.call(this);
        if (!this.hasFailed) this.commit(this.writtenSeq);
      });
    },
    find: cuts,
  },
  {
    name: 'the folder is not synced after a segment was made',
    plant: () => void vi.spyOn(SimDisk.prototype, 'syncFolderSync').mockImplementation(() => undefined),
    find: cuts,
  },
  {
    name: 'a failed sync counts as one that worked',
    plant: () => {
      const real = FileStore.prototype.syncWritten;
      vi.spyOn(FileStore.prototype, 'syncWritten').mockImplementation(function (this: FileStore) {
        return real.call(this).catch(() => undefined);
      });
      vi.spyOn(FileStore.prototype, 'fail').mockImplementation(() => undefined);
    },
    find: faults,
  },
  {
    name: 'a complete segment takes appends again',
    plant: () => {
      const real = FileSegment.prototype.finish;
      vi.spyOn(FileSegment.prototype, 'finish').mockImplementation(function (this: FileSegment) {
        real.call(this);
        if (new Error('where').stack?.includes('endSegment') === true) this.isPinned = true;
      });
    },
    find: () => finds(1, () => cutsWith({ kind: 'always' }, 829)),
  },
  {
    name: 'checksums are not looked at when a message is read',
    plant: () => void vi.spyOn(FileSegment.prototype, 'isUndamagedAt').mockReturnValue(true),
    find: flips,
  },
  {
    name: 'a loss is not counted',
    plant: () => void vi.spyOn(FileStore.prototype, 'noteLost').mockImplementation(() => undefined),
    find: flips,
  },
  {
    name: 'removals are not written down',
    plant: () => {
      vi.spyOn(Tombstones.prototype, 'add').mockImplementation(() => undefined);
      vi.spyOn(Tombstones.prototype, 'addRange').mockImplementation(() => undefined);
    },
    find: model,
  },
  {
    name: 'a checkpoint forgets which sequences are dead',
    plant: () => {
      const real = CheckpointFiles.prototype.load;
      vi.spyOn(CheckpointFiles.prototype, 'load').mockImplementation(function (this: CheckpointFiles) {
        const found = real.call(this);
        return found && { ...found, segments: found.segments.map((segment) => ({ ...segment, deadRanges: [] })) };
      });
    },
    find: model,
  },
  {
    name: 'a checkpoint is read on from a place too far',
    plant: () => {
      const real = CheckpointFiles.prototype.load;
      vi.spyOn(CheckpointFiles.prototype, 'load').mockImplementation(function (this: CheckpointFiles) {
        const found = real.call(this);
        return found && { ...found, replayNumber: found.replayNumber + 1, replayPosition: 0 };
      });
    },
    find: cuts,
  },
  {
    name: 'an index is off by one entry',
    plant: () => {
      const real = SegmentIndex.prototype.positionAt;
      vi.spyOn(SegmentIndex.prototype, 'positionAt').mockImplementation(function (this: SegmentIndex, index: number) {
        return real.call(this, Math.min(index + 1, this.count - 1));
      });
    },
    find: model,
  },
  {
    name: 'the first dead entry of a word is skipped over',
    plant: () => {
      const real = Segment.prototype.skipDead;
      vi.spyOn(Segment.prototype, 'skipDead').mockImplementation(function (this: Segment, entry: number) {
        const next = real.call(this, entry);
        return next === entry ? next : next + 1;
      });
    },
    find: model,
  },
  {
    name: 'a subject keeps its count when a message goes',
    plant: () => void vi.spyOn(SubjectIndex.prototype, 'remove').mockImplementation(() => undefined),
    find: model,
  },
  {
    name: 'nothing is ever synced',
    plant: () => {
      vi.spyOn(SyncScheduler.prototype, 'onWritten').mockImplementation(function (this: SyncScheduler) {
        const { target } = this as unknown as { target: FileStore };
        target.commit(target.writtenSeq);
      });
    },
    find: cuts,
  },
];

describe('the simulation', () => {
  it('finds nothing where nothing is planted', { timeout: runTimeoutMs }, async () => {
    expect([await finds(30, (seed) => cutsWith({ kind: 'always' }, seed)), await finds(60, flipWith), await model()]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each(planted)('finds that $name', { timeout: runTimeoutMs }, async ({ plant, find }) => {
    plant();
    expect(await find()).toBe(true);
  });
});
