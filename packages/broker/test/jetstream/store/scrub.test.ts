/** Damage in segments that nobody reads is found, counted and reported, and nothing else is touched. */
import { describe, expect, it } from 'vitest';
import type { FileStore } from '../../../src/jetstream/store/file-store.ts';
import { type ScrubPlace, scrubSlice } from '../../../src/jetstream/store/scrub.ts';
import { SeededRandom } from '../../support/random.ts';
import { contents, FOLDER, fileBench, get, put, settle } from './store-bench.ts';

const COUNT = 300;

/** Scrubs everything; how many slices that were. */
function scrubAll(store: FileStore): number {
  let slices = 0;
  for (let place: ScrubPlace | undefined = { number: 0, position: 0 }; place !== undefined; slices++)
    place = scrubSlice(store, place);
  return slices;
}

async function filled(payload: (n: number) => string): Promise<{ bench: ReturnType<typeof fileBench>; store: FileStore }> {
  const bench = fileBench({ segmentBytes: 8192 });
  const store = bench.open();
  for (let n = 1; n <= COUNT; n++) {
    put(store, `s.${n % 7}`, payload(n));
    store.flush();
  }
  await settle();
  return { bench, store };
}

describe('a scrub', () => {
  it('finds nothing in an undamaged store and changes nothing', async () => {
    const { store } = await filled((n) => `message ${n}`);
    const before = contents(store);
    expect(scrubAll(store)).toBeGreaterThan(2);
    expect(store.lost).toBeUndefined();
    expect(contents(store)).toEqual(before);
  });

  it('finds a flipped bit in a message that nobody asked for', async () => {
    const { bench, store } = await filled((n) => `message ${n}`);
    bench.disk.flipBit(`${FOLDER}/000000000001.seg`, (64 + 60) * 8 + 3);
    const damaged: number[] = [];
    store.listener = {
      onRemoved: () => undefined,
      onManyRemoved: () => undefined,
      onCommitted: () => undefined,
      onFailed: () => undefined,
      onDamage: (first, count) => damaged.push(first, count),
    };
    scrubAll(store);
    expect(damaged).toEqual([1, 1]);
    expect(store.lost?.ranges).toEqual([[1, 1]]);
    expect(get(store, 1)).toBeUndefined();
    expect(get(store, 2)).toBe('message 2');
    expect(store.state().messages).toBe(COUNT - 1);
  });

  it('takes records that are longer than a slice', async () => {
    const { store } = await filled((n) => 'x'.repeat(n === 5 ? 1_500_000 : 10));
    scrubAll(store);
    expect(store.lost).toBeUndefined();
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('finds what %i random flips have hit, and only that', async (seed) => {
    const { bench, store } = await filled((n) => `message ${n}`);
    const random = new SeededRandom(seed);
    const names = bench.disk.listSync(FOLDER).filter((name) => name.endsWith('.seg'));
    const cold = names.slice(0, -1);
    for (let flip = 0; flip < seed; flip++) {
      const path = `${FOLDER}/${cold[random.below(cold.length)] as string}`;
      bench.disk.flipBit(path, 64 * 8 + random.below((bench.disk.readFileSync(path).length - 64) * 8));
    }
    scrubAll(store);
    const lost = (store.lost?.ranges ?? []).reduce((sum, [, count]) => sum + count, 0);
    expect(lost).toBeLessThanOrEqual(seed);
    expect(store.state().messages).toBe(COUNT - lost);
    for (let n = 1; n <= COUNT; n++) expect([undefined, `message ${n}`]).toContain(get(store, n));
    // Reading everything finds nothing that the scrub has missed.
    expect((store.lost?.ranges ?? []).reduce((sum, [, count]) => sum + count, 0)).toBe(lost);
  });
});
