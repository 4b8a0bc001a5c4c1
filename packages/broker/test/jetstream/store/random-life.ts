/** A random life of a file store on a simulated disk, with a record of what was promised, and the check after a power cut. */
import { expect } from 'vitest';
import { CipherKind } from '../../../src/jetstream/store/cipher.ts';
import type { FileStore } from '../../../src/jetstream/store/file-store.ts';
import { FilterSet } from '../../../src/jetstream/store/subject-filter.ts';
import type { SyncPolicy } from '../../../src/jetstream/store/sync-policy.ts';
import type { Fault } from '../../simulation/sim-disk.ts';
import { SeededRandom } from '../../support/random.ts';
import { type FileBench, FOLDER, fileBench, get, put, settle, streamCipher } from './store-bench.ts';

export interface History {
  /** Payload by sequence of everything ever appended. */
  readonly appended: Map<number, string>;
  /** Sequences that were committed, and not asked to be removed since. */
  readonly promised: Set<number>;
  readonly removed: Set<number>;
  highestSeq: number;
}

export function newHistory(): History {
  return { appended: new Map(), promised: new Set(), removed: new Set(), highestSeq: 0 };
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

/** A bench whose ways of storing follow from the seed: encrypted, compressed, with few indices or checkpoints, or none of that. */
export function randomBench(policy: SyncPolicy, random: SeededRandom): FileBench {
  const compresses = random.chance(0.3);
  return fileBench({
    policy,
    segmentBytes: 2048,
    indexBudgetBytes: random.chance(0.3) ? 1 : 1 << 24,
    checkpointEveryBytes: random.chance(0.5) ? 1 : 1 << 24,
    limits: { compresses },
    ...(random.chance(0.3) ? { cipher: streamCipher(random.chance(0.5) ? CipherKind.aes : CipherKind.chacha) } : {}),
  });
}

/** Four lives of one store, each ended by a power cut; how many messages were promised and are there. */
export async function cutsWith(policy: SyncPolicy, seed: number): Promise<{ promised: number; appended: number }> {
  const random = new SeededRandom(seed);
  const bench = randomBench(policy, random);
  const history = newHistory();
  let appended = 0;
  let store = bench.open();
  for (let life = 0; life < 4; life++) {
    watch(store, history);
    const before = history.appended.size;
    await live(store, bench, history, random);
    appended += history.appended.size - before;
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
  return { promised: history.promised.size, appended };
}

/** A life on a disk whose `at`-th call fails: no false promise, no message lost by it. */
export async function faultAt(at: number, fault: Fault, seed: number): Promise<boolean> {
  const random = new SeededRandom(seed);
  const bench = randomBench({ kind: 'always' }, random);
  const history = newHistory();
  const store = bench.open();
  watch(store, history);
  bench.disk.failAt(at, fault);
  await live(store, bench, history, random);
  bench.disk.releaseSyncs();
  await settle();
  bench.disk.clearFaults();
  if (store.hasFailed) expect(put(store, 's.1', 'late')).toBeLessThan(0);
  bench.disk.crash(at, 'all');
  checkAfter(bench.open(), history);
  return store.hasFailed;
}

/** A life in lazy mode: what survives a cut is a prefix, without a hole. */
export async function lazyCut(seed: number): Promise<{ written: number; survived: number }> {
  const random = new SeededRandom(seed * 7919);
  const bench = randomBench({ kind: 'interval', intervalMs: 120_000 }, random);
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
  return { written: count, survived: lastSeq };
}

/** One flipped bit somewhere: what it costs, and that nothing wrong is served. */
export async function flipWith(seed: number): Promise<{ lost: number }> {
  const random = new SeededRandom(seed * 104_729);
  const bench = randomBench({ kind: 'always' }, random);
  let store = bench.open();
  const payloads = new Map<number, string>();
  for (let n = 1; n <= 40; n++) {
    const payload = `m${n}`.padEnd(20 + random.below(150), '.');
    payloads.set(put(store, `s.${n % 5}`, payload), payload);
    if (random.chance(0.3)) store.flush();
    await settle();
  }
  const removed = random.chance(0.3) ? 1 + random.below(40) : 0;
  if (removed > 0) {
    store.remove(removed, random.chance(0.5));
    payloads.delete(removed);
  }
  store.flush();
  await settle();
  bench.clock.advance(1000);
  // It rots under a running store, after an orderly end, or after the death of the process.
  const isRunning = random.chance(0.3);
  const isClean = !isRunning && random.chance(0.5);
  if (isClean) await store.close();
  const files = bench.disk.files().filter((path) => path.startsWith(FOLDER) && (isClean || path.endsWith('.seg')));
  const path = files[random.below(files.length)] as string;
  bench.disk.flipBit(path, random.uint32());
  if (!isRunning) store = bench.open();
  const missing: number[] = [];
  for (const [seq, payload] of payloads) {
    const message = store.load(seq);
    if (message === undefined) missing.push(seq);
    else expect([message.subject, message.payload().toString()], `seed ${seed}`).toEqual([`s.${seq % 5}`, payload]);
  }
  const note = `seed ${seed}, ${path}: ${missing}`;
  expect(missing.length, note).toBeLessThanOrEqual(1);
  for (const seq of missing) expect(isReported(store, seq), note).toBe(true);
  if (removed > 0) expect(store.load(removed), note).toBeUndefined();
  expect(put(store, 's.1', 'next'), note).toBeGreaterThan(40);
  // Still known after another start, clean or not.
  store.flush();
  await settle();
  if (random.chance(0.5)) await store.close();
  const again = bench.open();
  for (const seq of missing) expect(isReported(again, seq), `${note}, later`).toBe(true);
  return { lost: missing.length };
}

function isReported(store: FileStore, seq: number): boolean {
  return store.lost?.ranges.some(([first, count]) => seq >= first && seq < first + count) ?? false;
}
