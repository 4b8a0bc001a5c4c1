/** A random life of a file store on a simulated disk, with a record of what was promised, and the check after a power cut. */
import { expect } from 'vitest';
import type { FileStore } from '../../../src/jetstream/store/file-store.ts';
import { FilterSet } from '../../../src/jetstream/store/subject-filter.ts';
import type { SyncPolicy } from '../../../src/jetstream/store/sync-policy.ts';
import { SeededRandom } from '../../simulation/seeded-random.ts';
import { type FileBench, fileBench, get, put, settle } from './store-bench.ts';

export interface History {
  /** Payload by sequence of everything ever appended. */
  readonly appended: Map<number, string>;
  /** Sequences that were committed, and not asked to be removed since. */
  readonly promised: Set<number>;
  readonly removed: Set<number>;
  highestSeq: number;
}

export function watch(store: FileStore, history: History): void {
  store.listener = {
    onRemoved: () => undefined,
    onManyRemoved: () => undefined,
    onCommitted: (seq) => {
      for (const known of history.appended.keys()) if (known <= seq && !history.removed.has(known)) history.promised.add(known);
    },
    onFailed: () => undefined,
    onDamage: () => undefined,
  };
}

/** A random life: appends, removals, turns, syncs that end late. */
export async function live(store: FileStore, bench: FileBench, history: History, random: SeededRandom): Promise<void> {
  bench.disk.holdsSyncs = true;
  const steps = 5 + random.below(60);
  for (let step = 0; step < steps && !store.hasFailed; step++) {
    const what = random.below(20);
    if (what < 12) {
      const payload = `p${random.uint32()}`.padEnd(random.below(300), 'x');
      const seq = put(store, `s.${random.below(6)}`, payload);
      if (seq > 0) {
        expect(history.appended.has(seq), `sequence ${seq} was given out twice`).toBe(false);
        expect(seq).toBeGreaterThan(history.highestSeq);
        history.appended.set(seq, payload);
        history.highestSeq = seq;
      }
    } else if (what === 12) {
      const seq = 1 + random.below(Math.max(1, history.highestSeq));
      forget(history, seq);
      store.remove(seq, random.chance(0.5));
    } else if (what === 13) {
      const subject = `s.${random.below(6)}`;
      for (const seq of history.appended.keys()) if (store.subjectOf(seq) === subject) forget(history, seq);
      store.purge({ filter: new FilterSet([subject]), belowSeq: 0, keep: 0 });
    } else if (what === 14) bench.clock.advance(300);
    else if (what < 18) store.flush();
    else bench.disk.releaseSyncs();
    await settle();
    if (step % 3 === 0) checkNewest(store, history);
  }
  bench.disk.holdsSyncs = false;
}

/** What has just been appended can be read: windows of memory that were filled before it must not stand for it. */
function checkNewest(store: FileStore, history: History): void {
  const seq = history.highestSeq;
  if (history.removed.has(seq) || !history.appended.has(seq) || store.hasFailed) return;
  const found = get(store, seq);
  expect(store.lost, `sequence ${seq} counts as damaged`).toBeUndefined();
  // A disk that does not answer says nothing about the message.
  if (found !== undefined) expect(found).toBe(history.appended.get(seq));
}

function forget(history: History, seq: number): void {
  history.promised.delete(seq);
  history.removed.add(seq);
}

export function checkAfter(store: FileStore, history: History): void {
  for (const seq of history.promised) expect(get(store, seq), `sequence ${seq} was promised`).toBe(history.appended.get(seq));
  for (const [seq, payload] of history.appended) {
    const found = get(store, seq);
    if (found !== undefined) expect(found).toBe(payload);
  }
  let highestPromised = 0;
  for (const seq of history.promised) highestPromised = Math.max(highestPromised, seq);
  expect(store.state().lastSeq).toBeGreaterThanOrEqual(highestPromised);
  // What was appended and not promised may be there or not; its sequence counts as used only if it survived.
  history.highestSeq = store.state().lastSeq;
  for (const seq of [...history.appended.keys()]) if (seq > store.state().lastSeq) history.appended.delete(seq);
}

export async function cutsWith(
  policy: SyncPolicy,
  seed: number,
): Promise<{ bench: FileBench; history: History; store: FileStore }> {
  const random = new SeededRandom(seed);
  const bench = fileBench({ policy, segmentBytes: 2048, indexBudgetBytes: random.chance(0.3) ? 1 : 1 << 24 });
  const history: History = { appended: new Map(), promised: new Set(), removed: new Set(), highestSeq: 0 };
  let store = bench.open();
  for (let life = 0; life < 4; life++) {
    watch(store, history);
    await live(store, bench, history, random);
    if (random.chance(0.2)) {
      bench.disk.releaseSyncs();
      await store.close();
      for (const seq of history.appended.keys()) if (!history.removed.has(seq)) history.promised.add(seq);
    }
    bench.disk.crash(random.uint32(), random.chance(0.2) ? 'all' : 'some');
    store = bench.open();
    checkAfter(store, history);
    expect(store.lost, `seed ${seed}: a power cut is no damage`).toBeUndefined();
  }
  return { bench, history, store };
}
