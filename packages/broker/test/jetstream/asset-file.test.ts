/** Two copies of a small record: whatever mix of durable and lazy writes, kills and power cuts, one whole copy is always there. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AssetFile } from '../../src/jetstream/asset-file.ts';
import { SimDisk } from '../simulation/sim-disk.ts';
import { SeededRandom } from '../support/random.ts';

const LIVES = 400;
const FOLDER = '/assets';

function open(disk: SimDisk): AssetFile {
  return new AssetFile({ disk, crc32, folder: FOLDER, name: 'consumer', seed: 7 });
}

/** Several sectors, so that a write can be torn. */
function record(n: number): { n: number; padding: string } {
  return { n, padding: String(n % 10).repeat(2000) };
}

function numberIn(content: unknown): number {
  expect(content).toHaveProperty('n');
  return Number((content as { n: number }).n);
}

/** One life: writes until something ends it. Says what was promised and what was written last. */
async function live(
  file: AssetFile,
  disk: SimDisk,
  random: SeededRandom,
  from: number,
): Promise<{ promised: number; last: number }> {
  let promised = from;
  let last = from;
  for (let step = 0, steps = 1 + random.below(60); step < steps; step++) {
    const next = last + 1;
    if (random.chance(0.15)) {
      file.save(record(next));
      promised = next;
      last = next;
    } else if (file.saveLazily(record(next))) {
      last = next;
    }
    disk.holdsSyncs = random.chance(0.5);
    if (random.chance(0.5)) disk.releaseSyncs();
    await Promise.resolve();
    await Promise.resolve();
  }
  return { promised, last };
}

describe('a record in two copies', () => {
  it('is written with one sync of its content when it is new', () => {
    const disk = new SimDisk();
    disk.mkdirSync(FOLDER);
    const before = disk.syncs;
    open(disk).save({ n: 1 });
    expect(disk.syncs - before).toBe(1);
    disk.crash(1, 'all');
    expect(open(disk).load()).toEqual({ n: 1 });
  });

  it(`is never lost, in ${LIVES} lives of kills and power cuts`, async () => {
    for (let seed = 1; seed <= LIVES; seed++) {
      const random = new SeededRandom(seed);
      const disk = new SimDisk();
      disk.mkdirSync(FOLDER);
      let file = open(disk);
      file.save(record(1));
      let known = { promised: 1, last: 1 };
      for (let life = 0; life < 6; life++) {
        known = await live(file, disk, random, known.last);
        const isPowerCut = random.chance(0.5);
        if (isPowerCut) disk.crash(seed * 31 + life, random.chance(0.5) ? 'all' : 'some');
        file = open(disk);
        const found = numberIn(file.load());
        expect(found, `seed ${seed}, life ${life}`).toBeGreaterThanOrEqual(isPowerCut ? known.promised : known.last);
        known = { promised: found, last: found };
      }
    }
  });

  it('is written at an orderly stop, whatever is under way', () => {
    for (let lazy = 0; lazy < 40; lazy++) {
      const disk = new SimDisk();
      disk.mkdirSync(FOLDER);
      open(disk).save(record(1));
      const file = open(disk);
      file.load();
      disk.holdsSyncs = true;
      for (let n = 0; n < lazy; n++) file.saveLazily(record(2));
      file.saveAtStop(record(99));
      expect(open(disk).load()).toEqual(record(99));
    }
  });

  it('survives a power cut at every call of a durable write that follows lazy ones', async () => {
    for (let lazy = 0; lazy < 40; lazy++) {
      for (let call = 1; call < 8; call++) {
        for (let seed = 1; seed <= 8; seed++) {
          const disk = new SimDisk();
          disk.mkdirSync(FOLDER);
          const file = open(disk);
          file.save(record(1));
          for (let n = 1; n <= lazy; n++) {
            file.saveLazily(record(n + 1));
            await Promise.resolve();
          }
          disk.failAt(call, seed % 2 === 0 ? 'EIO' : 'short-write');
          try {
            file.save(record(99));
          } catch {
            // The power goes here.
          }
          disk.crash(seed * 101 + call, 'some');
          expect(open(disk).load(), `${lazy} lazy writes, call ${call}, seed ${seed}`).toBeDefined();
        }
      }
    }
  });
});
