/** The table behind subject statistics: exact while there is room, bounded and honest beyond it. */
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/routing/message.ts';
import { PUBLISHERS_KEPT, SubjectTable, TRACKED_SUBJECTS_MAX } from '../../src/system/subjects/subject-table.ts';
import { cachedMatch, publishedMessage, scratchMatch } from '../support/publish-frame.ts';
import { SeededRandom } from '../support/random.ts';

function publish(table: SubjectTable, message: Message, count = 1): void {
  table.count(scratchMatch(), message, count);
}

function rowOf(table: SubjectTable, subject: string): number {
  return table.subjects.indexOf(subject);
}

describe('the subject table', () => {
  it('counts messages and bytes of each subject, cached or not', () => {
    const table = new SubjectTable(1000);
    const message = publishedMessage('orders.new', { payload: 'hello' });
    const match = cachedMatch(message);
    publish(table, message);
    table.count(match, message, 10);
    table.count(match, message, 1);
    const row = rowOf(table, 'orders.new');
    expect([table.messages[row], table.bytes[row], table.lastSeenMs[row], table.isEstimate[row]]).toEqual([12, 60, 1000, 0]);
    expect(match.observerSlot).toBe(row);
  });

  it('does not trust a slot that another table gave', () => {
    const left = new SubjectTable(0);
    const right = new SubjectTable(0);
    const message = publishedMessage('a');
    const match = cachedMatch(message);
    publish(left, publishedMessage('b'));
    left.count(match, message, 1);
    publish(right, publishedMessage('c'));
    publish(right, publishedMessage('d'));
    right.count(match, message, 1);
    expect(right.messages[rowOf(right, 'd')]).toBe(1);
    expect(right.messages[rowOf(right, 'a')]).toBe(1);
  });

  it('remembers a few publishers and that there were more', () => {
    const table = new SubjectTable(0);
    for (let cid = 1; cid <= PUBLISHERS_KEPT; cid++) publish(table, publishedMessage('s', { cid }));
    const row = rowOf(table, 's');
    expect(table.hasMorePublishers[row]).toBe(0);
    publish(table, publishedMessage('s', { cid: 99 }));
    expect([...table.publishers.subarray(row * PUBLISHERS_KEPT, (row + 1) * PUBLISHERS_KEPT)]).toEqual([1, 2, 3, 4]);
    expect(table.hasMorePublishers[row]).toBe(1);
    table.forgetPublishers();
    publish(table, publishedMessage('s', { cid: 99 }));
    expect(table.publishers[row * PUBLISHERS_KEPT]).toBe(99);
  });

  it('puts all inboxes into one row', () => {
    const table = new SubjectTable(0);
    for (let index = 0; index < 100; index++) publish(table, publishedMessage(`_INBOX.abc.${index}`));
    expect(table.used).toBe(1);
    expect(table.messages[rowOf(table, '_INBOX.>')]).toBe(100);
  });

  it('does not track a subject of more than 512 bytes one by one', () => {
    const table = new SubjectTable(0);
    publish(table, publishedMessage('x'.repeat(513)), 7);
    expect([table.used, table.untrackedMessages]).toEqual([0, 7]);
  });

  it('follows the rate within a few seconds and lets it fall to none', () => {
    const table = new SubjectTable(0);
    const message = publishedMessage('s', { payload: '0123456789' });
    publish(table, message);
    table.updateRates(1000);
    for (let second = 0; second < 10; second++) {
      publish(table, message, 100);
      table.updateRates(1000);
    }
    const row = rowOf(table, 's');
    expect(table.messageRates[row]).toBeGreaterThan(99);
    expect(table.byteRates[row]).toBeGreaterThan(990);
    for (let second = 0; second < 30; second++) table.updateRates(1000);
    expect(table.messageRates[row]).toBe(0);
  });

  it('stays bounded at a million subjects, keeps the busy ones and marks what it estimates', () => {
    const seed = 20_261_124;
    const random = new SeededRandom(seed);
    const table = new SubjectTable(0);
    for (let index = 0; index < TRACKED_SUBJECTS_MAX; index++) publish(table, publishedMessage(`old.${index}`));
    let published = TRACKED_SUBJECTS_MAX;
    const busy = Array.from({ length: 50 }, (_, index) => publishedMessage(`busy.${index}`));
    const busyCounts = busy.map(() => 0);
    for (let index = 0; index < 1_000_000; index++) {
      publish(table, publishedMessage(`rare.${index}`));
      published++;
      const chosen = random.below(busy.length);
      if (index % 4 !== 0) continue;
      publish(table, busy[chosen] as Message);
      busyCounts[chosen] = (busyCounts[chosen] ?? 0) + 1;
      published++;
    }
    expect(table.used, `seed ${seed}`).toBe(TRACKED_SUBJECTS_MAX);
    for (const [index, truth] of busyCounts.entries()) {
      const row = rowOf(table, `busy.${index}`);
      expect(row, `busy.${index}, seed ${seed}`).toBeGreaterThanOrEqual(0);
      expect(table.isEstimate[row]).toBe(1);
      const counted = table.messages[row] ?? 0;
      expect(counted).toBeGreaterThanOrEqual(truth * 0.9);
      expect(counted).toBeLessThanOrEqual(truth * 1.1 + 20);
    }
    const tracked = table.messages.reduce((sum, count) => sum + count, 0);
    expect(tracked + table.untrackedMessages).toBe(published);
    expect(table.untrackedMessages).toBeGreaterThan(published * 0.4);
  });

  it('finds every subject that it holds after many were replaced', () => {
    const table = new SubjectTable(0);
    for (let index = 0; index < TRACKED_SUBJECTS_MAX; index++) publish(table, publishedMessage(`old.${index}`));
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 20_000; index++) publish(table, publishedMessage(`new.${index}`));
    }
    expect(new Set(table.subjects).size).toBe(TRACKED_SUBJECTS_MAX);
    const before = [...table.messages];
    for (const subject of table.subjects) publish(table, publishedMessage(subject));
    expect([...table.messages].every((count, row) => count === (before[row] ?? 0) + 1)).toBe(true);
  });
});
