/** A store as a list in memory, random operations on both, and the check that they agree after each. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type MessageStore, unlimited } from '../../../src/jetstream/store/store.ts';
import { FilterSet } from '../../../src/jetstream/store/subject-filter.ts';
import { contents, type FileBench, put, settle } from './store-bench.ts';

export type Step =
  | { readonly do: 'put'; readonly subject: number; readonly size: number }
  | { readonly do: 'remove'; readonly at: number; readonly erase: boolean }
  | { readonly do: 'purge'; readonly subject: number; readonly below: number; readonly keep: number }
  | { readonly do: 'compact'; readonly at: number }
  | { readonly do: 'skip'; readonly count: number }
  | { readonly do: 'limit'; readonly messages: number; readonly perSubject: number }
  | { readonly do: 'reopen'; readonly isClean: boolean };

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('put' as const), subject: fc.nat(4), size: fc.nat(90) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('remove' as const), at: fc.nat(60), erase: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('purge' as const), subject: fc.nat(5), below: fc.nat(60), keep: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const), at: fc.nat(70) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const), count: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      messages: fc.integer({ min: 5, max: 40 }),
      perSubject: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reopen' as const), isClean: fc.boolean() }) },
);

interface Row {
  readonly seq: number;
  readonly subject: string;
  readonly payload: string;
}

class Model {
  rows: Row[] = [];
  lastSeq = 0;
  maxMessages = -1;
  perSubject = -1;

  put(subject: string, payload: string): void {
    this.rows.push({ seq: ++this.lastSeq, subject, payload });
    this.enforce();
  }

  enforce(): void {
    if (this.perSubject > 0) {
      for (const subject of new Set(this.rows.map((row) => row.subject))) {
        const own = this.rows.filter((row) => row.subject === subject);
        const over = new Set(own.slice(0, Math.max(0, own.length - this.perSubject)));
        this.rows = this.rows.filter((row) => !over.has(row));
      }
    }
    if (this.maxMessages > 0) this.rows = this.rows.slice(Math.max(0, this.rows.length - this.maxMessages));
  }

  purge(subject: string | undefined, below: number, keep: number): void {
    const chosen = this.rows.filter((row) => subject === undefined || row.subject === subject);
    const limit = chosen.length - keep;
    const going = new Set(chosen.filter((row) => below === 0 || row.seq < below).slice(0, Math.max(0, limit)));
    if (below === 1) return;
    this.rows = this.rows.filter((row) => !going.has(row));
  }
}

/** Runs the steps on a store and on the model; throws where they differ. */
export async function runModel(
  steps: readonly Step[],
  open: () => MessageStore,
  reopen: (store: MessageStore, isClean: boolean) => Promise<MessageStore>,
): Promise<void> {
  const model = new Model();
  let store = open();
  let number = 0;
  for (const next of steps) {
    if (next.do === 'put') {
      const payload = `${number++}`.padEnd(next.size, '.');
      model.put(`s.${next.subject}`, payload);
      expect(put(store, `s.${next.subject}`, payload)).toBe(model.lastSeq);
    } else if (next.do === 'remove') {
      const row = model.rows.find((candidate) => candidate.seq === next.at);
      expect(store.remove(next.at, next.erase)).toBe(row !== undefined);
      model.rows = model.rows.filter((candidate) => candidate !== row);
    } else if (next.do === 'purge') {
      const subject = next.subject === 5 ? undefined : `s.${next.subject}`;
      const below = Math.min(next.below, model.lastSeq);
      const before = model.rows.length;
      model.purge(subject, below, next.keep);
      const filter = subject === undefined ? null : new FilterSet([subject]);
      expect(store.purge({ filter, belowSeq: below, keep: next.keep })).toBe(before - model.rows.length);
    } else if (next.do === 'compact') {
      const at = Math.min(next.at, model.lastSeq);
      if (at > 0) store.compactBelow(at);
      if (at > 0) model.rows = model.rows.filter((row) => row.seq >= at);
    } else if (next.do === 'skip') {
      store.skip(next.count);
      model.lastSeq += next.count;
    } else if (next.do === 'limit') {
      model.maxMessages = next.messages;
      model.perSubject = next.perSubject;
      store.updateLimits({ ...unlimited, maxMessages: next.messages, maxMessagesPerSubject: next.perSubject });
      model.maxMessages > 0 && model.rows.splice(0, Math.max(0, model.rows.length - model.maxMessages));
      model.enforce();
    } else {
      store = await reopen(store, next.isClean);
      if (model.maxMessages > 0)
        store.updateLimits({ ...unlimited, maxMessages: model.maxMessages, maxMessagesPerSubject: model.perSubject });
    }
    check(store, model);
  }
}

function check(store: MessageStore, model: Model): void {
  const state = store.state();
  expect(contents(store)).toEqual(model.rows.map((row) => `${row.seq} ${row.subject} ${row.payload}`));
  expect(state.messages).toBe(model.rows.length);
  expect(state.lastSeq).toBe(model.lastSeq);
  expect(state.bytes).toBe(model.rows.reduce((sum, row) => sum + bytesOf(store, row), 0));
  const first = model.rows[0];
  if (first !== undefined) expect(state.firstSeq).toBe(first.seq);
  else if (model.lastSeq > 0) expect(state.firstSeq).toBe(model.lastSeq + 1);
  for (let subject = 0; subject < 5; subject++) {
    const own = model.rows.filter((row) => row.subject === `s.${subject}`);
    const filter = new FilterSet([`s.${subject}`]);
    expect(store.countPending(filter, 1, false)).toBe(own.length);
    expect(store.loadLast(filter)?.seq).toBe(own[own.length - 1]?.seq);
    expect(store.nextSeq(filter, 1)).toBe(own[0]?.seq ?? 0);
    const middle = Math.floor(model.lastSeq / 2);
    expect(store.nextSeq(filter, middle)).toBe(own.find((row) => row.seq >= middle)?.seq ?? 0);
    expect(store.countPending(filter, middle, false)).toBe(own.filter((row) => row.seq >= middle).length);
  }
  expect(store.lost).toBeUndefined();
}

function bytesOf(store: MessageStore, row: Row): number {
  return row.subject.length + row.payload.length + (store.kind === 'file' ? 30 : 16);
}

/** Ends a store, in order or not, and opens it again. */
export async function reopenOn(bench: FileBench, store: MessageStore, isClean: boolean): Promise<MessageStore> {
  if (isClean) await store.close();
  else {
    // The process dies: what was written is still in the system's memory.
    store.flush();
    await settle();
    bench.clock.advance(500);
    store.flush();
    await settle();
  }
  return bench.open();
}
