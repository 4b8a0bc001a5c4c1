/** What every store does, whatever it keeps its messages in. */
import { describe, expect, it } from 'vitest';
import { AppendRefusal, HIGHEST_START, MAX_SEQUENCE, type MessageStore } from '../../../src/jetstream/store/store.ts';
import { FilterSet } from '../../../src/jetstream/store/subject-filter.ts';
import { type BenchOptions, contents, get, put } from './store-bench.ts';

const filter = (...patterns: string[]): FilterSet => new FilterSet(patterns);

export function storeCases(kind: string, open: (options?: BenchOptions) => MessageStore): void {
  describe(`${kind} store`, () => {
    it('gives messages consecutive sequences and reads them back whole', () => {
      const store = open();
      expect(put(store, 'a.b', 'one')).toBe(1);
      expect(put(store, 'a.c', 'two', { headers: 'NATS/1.0\r\nK: v\r\n\r\n' })).toBe(2);
      expect(put(store, 'a.b', '')).toBe(3);
      const message = store.load(2);
      expect(message?.subject).toBe('a.c');
      expect(message?.headers().toString()).toBe('NATS/1.0\r\nK: v\r\n\r\n');
      expect(message?.payload().toString()).toBe('two');
      expect(get(store, 3)).toBe('');
      expect(store.load(4)).toBeUndefined();
      expect(store.load(0)).toBeUndefined();
      expect(store.state()).toMatchObject({ messages: 3, firstSeq: 1, lastSeq: 3, subjectCount: 2, deletedCount: 0 });
    });

    it('stores messages larger than a segment', () => {
      const store = open();
      const large = 'x'.repeat(20_000);
      put(store, 'a', 'small');
      put(store, 'a', large);
      put(store, 'a', 'after');
      expect(get(store, 2)).toBe(large);
      expect(get(store, 3)).toBe('after');
    });

    it('starts at the sequence it was told', () => {
      const store = open({ firstSeq: 100 });
      expect(store.state()).toMatchObject({ messages: 0, firstSeq: 100, lastSeq: 99 });
      expect(put(store, 'a', 'x')).toBe(100);
    });

    it('goes on with sequences that are numbers after a purge that asks for more', () => {
      for (const seq of [2 ** 53 + 1, 2 ** 63, 2 ** 64 - 1]) {
        const store = open({ limits: { maxMessagesPerSubject: 2 } });
        put(store, 'a', 'first');
        expect(store.compactBelow(seq)).toBe(1);
        for (let n = 0; n < 4; n++) expect(put(store, 'a', `m${n}`)).toBe(HIGHEST_START + n);
        expect(contents(store)).toEqual([`${HIGHEST_START + 2} a m2`, `${HIGHEST_START + 3} a m3`]);
        expect(store.purge({ filter: null, belowSeq: 0, keep: 0 })).toBe(2);
        expect(put(store, 'a', 'next')).toBe(HIGHEST_START + 4);
      }
    });

    it('stores nothing after the last sequence', () => {
      const store = open();
      store.compactBelow(HIGHEST_START);
      store.skip(MAX_SEQUENCE - HIGHEST_START);
      expect(put(store, 'a', 'last')).toBe(MAX_SEQUENCE);
      expect(put(store, 'a', 'more')).toBe(AppendRefusal.failed);
      expect(store.state()).toMatchObject({ messages: 1, lastSeq: MAX_SEQUENCE });
    });

    it('drops the oldest when a message limit is passed', () => {
      const store = open({ limits: { maxMessages: 3 } });
      for (let n = 1; n <= 5; n++) put(store, 'a', `m${n}`);
      expect(contents(store)).toEqual(['3 a m3', '4 a m4', '5 a m5']);
      expect(store.state()).toMatchObject({ messages: 3, firstSeq: 3, lastSeq: 5 });
    });

    it('drops the oldest when a byte limit is passed', () => {
      const store = open({ limits: { maxBytes: 400 } });
      for (let n = 1; n <= 20; n++) put(store, 'a', 'x'.repeat(60));
      expect(store.state().bytes).toBeLessThanOrEqual(400);
      expect(store.state().lastSeq).toBe(20);
      expect(store.state().firstSeq).toBeGreaterThan(10);
    });

    it('keeps the newest messages of each subject', () => {
      const store = open({ limits: { maxMessagesPerSubject: 2 } });
      for (let n = 1; n <= 9; n++) put(store, `s.${n % 3}`, `m${n}`);
      expect(contents(store)).toEqual(['4 s.1 m4', '5 s.2 m5', '6 s.0 m6', '7 s.1 m7', '8 s.2 m8', '9 s.0 m9']);
      put(store, 's.1', 'm10');
      expect(contents(store)).not.toContain('4 s.1 m4');
      expect(store.subjectTotals(null)).toEqual(
        new Map([
          ['s.0', 2],
          ['s.1', 2],
          ['s.2', 2],
        ]),
      );
    });

    it('refuses new messages when told to discard them', () => {
      const store = open({ limits: { maxMessages: 2, discardsNew: true } });
      put(store, 'a', '1');
      put(store, 'a', '2');
      expect(put(store, 'a', '3')).toBe(AppendRefusal.maxMessages);
      expect(store.state()).toMatchObject({ messages: 2, lastSeq: 2 });
      store.remove(1, false);
      expect(put(store, 'a', '3')).toBe(3);
    });

    it('refuses by bytes and per subject, but lets a rollup pass', () => {
      const byBytes = open({ limits: { maxBytes: 100, discardsNew: true } });
      put(byBytes, 'a', 'x'.repeat(40));
      expect(put(byBytes, 'a', 'x'.repeat(60))).toBe(AppendRefusal.maxBytes);
      const perSubject = open({ limits: { maxMessagesPerSubject: 1, discardsNew: true, discardsNewPerSubject: true } });
      put(perSubject, 'a', '1');
      expect(put(perSubject, 'a', '2')).toBe(AppendRefusal.maxMessagesPerSubject);
      expect(put(perSubject, 'b', '2')).toBe(2);
      expect(put(perSubject, 'a', '3', { isRollup: true })).toBe(3);
    });

    it('removes single messages and says what is missing', () => {
      const store = open();
      for (let n = 1; n <= 6; n++) put(store, `s.${n % 2}`, `m${n}`);
      expect(store.remove(3, false)).toBe(true);
      expect(store.remove(3, false)).toBe(false);
      expect(store.remove(99, false)).toBe(false);
      expect(store.remove(1, true)).toBe(true);
      expect(store.load(3)).toBeUndefined();
      expect(store.state()).toMatchObject({ messages: 4, firstSeq: 2, lastSeq: 6, deletedCount: 1 });
      expect(store.deletedSeqs(10)).toEqual([3]);
      expect(store.subjectTotals(null)).toEqual(
        new Map([
          ['s.0', 3],
          ['s.1', 1],
        ]),
      );
    });

    it('keeps the last sequence when the last message is removed', () => {
      const store = open();
      put(store, 'a', '1');
      put(store, 'a', '2');
      store.remove(2, false);
      expect(store.state()).toMatchObject({ firstSeq: 1, lastSeq: 2, messages: 1 });
      store.remove(1, false);
      expect(store.state()).toMatchObject({ firstSeq: 3, lastSeq: 2, messages: 0, bytes: 0 });
      expect(put(store, 'a', '3')).toBe(3);
    });

    it('purges everything, up to a sequence, by subject, and down to a number', () => {
      const filled = (): MessageStore => {
        const store = open();
        for (let n = 1; n <= 9; n++) put(store, `s.${n % 3}`, `m${n}`);
        return store;
      };
      const all = filled();
      expect(all.purge({ filter: null, belowSeq: 0, keep: 0 })).toBe(9);
      expect(all.state()).toMatchObject({ messages: 0, bytes: 0, firstSeq: 10, lastSeq: 9, subjectCount: 0 });
      const below = filled();
      expect(below.purge({ filter: null, belowSeq: 4, keep: 0 })).toBe(3);
      expect(below.state()).toMatchObject({ messages: 6, firstSeq: 4 });
      const bySubject = filled();
      expect(bySubject.purge({ filter: filter('s.1'), belowSeq: 0, keep: 0 })).toBe(3);
      expect(bySubject.deletedSeqs(9)).toEqual([4, 7]);
      const keeping = filled();
      expect(keeping.purge({ filter: filter('s.*'), belowSeq: 0, keep: 2 })).toBe(7);
      expect(contents(keeping)).toEqual(['8 s.2 m8', '9 s.0 m9']);
      expect(filled().purge({ filter: filter('none.*'), belowSeq: 0, keep: 0 })).toBe(0);
      const beyond = filled();
      expect(beyond.purge({ filter: null, belowSeq: 100, keep: 0 })).toBe(9);
      expect(beyond.state()).toMatchObject({ firstSeq: 100, lastSeq: 99 });
    });

    it('finds the next and the last message by subject', () => {
      const store = open();
      for (let n = 1; n <= 40; n++) put(store, `s.${n % 4}.x`, `m${n}`);
      expect(store.nextSeq(filter('s.2.x'), 1)).toBe(2);
      expect(store.nextSeq(filter('s.2.x'), 3)).toBe(6);
      expect(store.nextSeq(filter('s.*.x'), 17)).toBe(17);
      expect(store.nextSeq(filter('s.9.x'), 1)).toBe(0);
      expect(store.nextSeq(filter('s.1.x', 's.3.>'), 4)).toBe(5);
      expect(store.loadLast(filter('s.2.x'))?.seq).toBe(38);
      expect(store.loadLast(filter('s.*.x'))?.seq).toBe(40);
      expect(store.loadLast(null)?.seq).toBe(40);
      store.remove(38, false);
      expect(store.loadLast(filter('s.2.x'))?.seq).toBe(34);
      store.remove(2, false);
      expect(store.nextSeq(filter('s.2.x'), 1)).toBe(6);
    });

    it('counts what is pending from a sequence on', () => {
      const store = open();
      for (let n = 1; n <= 30; n++) put(store, `s.${n % 3}`, `m${n}`);
      store.remove(15, false);
      expect(store.countPending(null, 1, false)).toBe(29);
      expect(store.countPending(null, 11, false)).toBe(19);
      expect(store.countPending(filter('s.0'), 1, false)).toBe(9);
      expect(store.countPending(filter('s.0'), 16, false)).toBe(5);
      expect(store.countPending(filter('s.*'), 31, false)).toBe(0);
      expect(store.countPending(filter('s.*'), 1, true)).toBe(3);
      expect(store.countPending(filter('s.*'), 30, true)).toBe(1);
      expect(store.filteredState(filter('s.1'), 5)).toEqual({ messages: 8, first: 7, last: 28 });
    });

    it('lists the last sequence of each subject, up to a sequence', () => {
      const store = open();
      for (let n = 1; n <= 12; n++) put(store, `s.${n % 3}`, `m${n}`);
      expect(store.lastSeqsPerSubject([filter('s.*')], 0, 0)).toEqual([10, 11, 12]);
      expect(store.lastSeqsPerSubject([filter('s.*')], 8, 0)).toEqual([6, 7, 8]);
      expect(store.lastSeqsPerSubject([filter('s.1'), filter('s.*')], 0, 0)).toEqual([10, 11, 12]);
      expect(store.lastSeqsPerSubject([filter('s.*')], 0, 2)).toBeUndefined();
    });

    it('finds messages by time', () => {
      const store = open();
      for (let n = 1; n <= 10; n++) put(store, 'a', `m${n}`, { timeUs: 1_000_000 * n });
      store.remove(5, false);
      expect(store.seqFromTime(0, 0)).toBe(1);
      expect(store.seqFromTime(3_000_000, 0)).toBe(3);
      expect(store.seqFromTime(4_500_000, 0)).toBe(6);
      expect(store.seqFromTime(10_000_000, 0)).toBe(10);
      expect(store.seqFromTime(10_000_000, 1)).toBe(11);
    });

    it('hands out messages whose time to live is over', () => {
      const store = open();
      put(store, 'a', '1', { ttlSeconds: 5, timeUs: 1_000_000 });
      put(store, 'a', '2', { timeUs: 1_000_000 });
      put(store, 'a', '3', { ttlSeconds: 1, timeUs: 1_000_000 });
      expect(store.nextExpiryUs()).toBe(2_000_000);
      expect(store.expiredSeqs(1_900_000, 10)).toEqual([]);
      expect(store.expiredSeqs(7_000_000, 10)).toEqual([1, 3]);
      expect(store.nextExpiryUs()).toBe(Number.POSITIVE_INFINITY);
    });

    it('uses up sequences without messages', () => {
      const store = open();
      put(store, 'a', '1');
      store.skip(10);
      expect(put(store, 'a', '12')).toBe(12);
      expect(store.state()).toMatchObject({ messages: 2, firstSeq: 1, lastSeq: 12, deletedCount: 10 });
      store.skip(100_000);
      expect(put(store, 'b', 'far')).toBe(100_013);
      expect(contents(store)).toEqual(['1 a 1', '12 a 12', '100013 b far']);
      expect(store.nextSeq(filter('b'), 2)).toBe(100_013);
    });

    it('enforces limits that become stricter', () => {
      const store = open();
      for (let n = 1; n <= 12; n++) put(store, `s.${n % 2}`, `m${n}`);
      store.updateLimits({
        maxMessages: 8,
        maxBytes: -1,
        maxMessagesPerSubject: 3,
        discardsNew: false,
        discardsNewPerSubject: false,
      });
      expect(store.state().messages).toBe(6);
      expect(contents(store)[0]).toBe('7 s.1 m7');
    });

    it('tells its listener about single and many removals', () => {
      const store = open({ limits: { maxMessages: 3 } });
      const heard: string[] = [];
      store.listener = {
        onRemoved: (seq, subject) => heard.push(`${seq} ${subject}`),
        onManyRemoved: () => heard.push('many'),
        onCommitted: () => undefined,
        onFailed: () => undefined,
        onDamage: () => undefined,
      };
      for (let n = 1; n <= 4; n++) put(store, `s.${n}`, 'x');
      store.purge({ filter: null, belowSeq: 0, keep: 0 });
      expect(heard).toEqual(['1 s.1', 'many']);
    });
  });
}
