/** The tree of subjects: which rows are visible, what keys do, what stands in the URL. */
import type { SubjectRow } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { RATE_SAMPLES, RateMemory } from '../../../src/features/subjects/model/rate-memory.ts';
import {
  flattenTree,
  holdLevels,
  moveInTree,
  reachableLevels,
  type TreeLevel,
} from '../../../src/features/subjects/model/subject-tree.ts';
import { parseSubjectsSearch, subjectsQuery } from '../../../src/features/subjects/model/subjects-search.ts';

function row(subject: string, hasChildren = false): SubjectRow {
  return {
    subject,
    token: subject.split('.').at(-1) ?? '',
    subjects: 1,
    hasChildren,
    isLeaf: !hasChildren,
    messages: 1,
    bytes: 1,
    msgsPerS: 1,
    bytesPerS: 1,
    publishers: 1,
    hasMorePublishers: false,
    subscribers: 0,
    lastSeenAtMs: null,
    isEstimate: false,
  };
}

const LEVELS = new Map<string, TreeLevel>([
  ['', { state: 'loaded', rows: [row('orders', true), row('mail')], total: 4 }],
  ['orders', { state: 'loaded', rows: [row('orders.eu', true)], total: 1 }],
]);

function texts(open: string[]): string[] {
  return flattenTree(LEVELS, new Set(open)).map((item) => {
    if (item.kind === 'row') return `${'-'.repeat(item.depth)}${item.row.token}`;
    return item.kind === 'more' ? `${item.missing} more` : `${'-'.repeat(item.depth)}${item.kind}`;
  });
}

describe('the tree of subjects', () => {
  it('shows open levels below their row, unknown ones as loading, and how many rows are missing', () => {
    expect(texts([])).toEqual(['orders', 'mail', '2 more']);
    expect(texts(['orders', 'orders.eu'])).toEqual(['orders', '-eu', '--loading', 'mail', '2 more']);
  });

  it('asks only for levels whose ancestors are open', () => {
    expect(reachableLevels(['a', 'a.b', 'x.y', 'a.b.c'])).toEqual(['a', 'a.b', 'a.b.c']);
  });

  it('moves by the keys of a tree', () => {
    const closed = flattenTree(LEVELS, new Set());
    const open = flattenTree(LEVELS, new Set(['orders']));
    expect(moveInTree(closed, null, 'ArrowDown')).toEqual({ kind: 'select', subject: 'orders' });
    expect(moveInTree(closed, 'orders', 'ArrowRight')).toEqual({ kind: 'open', subject: 'orders' });
    expect(moveInTree(open, 'orders', 'ArrowRight')).toEqual({ kind: 'select', subject: 'orders.eu' });
    expect(moveInTree(open, 'orders.eu', 'ArrowLeft')).toEqual({ kind: 'select', subject: 'orders' });
    expect(moveInTree(open, 'orders', 'ArrowLeft')).toEqual({ kind: 'close', subject: 'orders' });
    expect(moveInTree(open, 'orders', 'End')).toEqual({ kind: 'select', subject: 'mail' });
    expect(moveInTree(open, 'mail', 'ArrowDown')).toBeNull();
  });

  it('keeps its state in the URL and opens the way to a linked subject', () => {
    const search = parseSubjectsSearch({ q: 'a.*', view: 'flat', open: 'a,a.b', subject: 'a.b.c', system: 'true' });
    expect(parseSubjectsSearch(subjectsQuery(search))).toEqual(search);
    expect(parseSubjectsSearch({ subject: 'a.b.c' }).open).toEqual(['a', 'a.b']);
    expect(parseSubjectsSearch({ open: 7, view: [], q: null })).toMatchObject({ open: [], view: 'tree', q: '' });
  });

  it('selects no neighbour while the children of an open row are still loading', () => {
    const items = flattenTree(
      new Map([['', { state: 'loaded', rows: [row('orders', true), row('mail')], total: 2 } as const]]),
      new Set(['orders']),
    );
    expect(moveInTree(items, 'orders', 'ArrowRight')).toBeNull();
  });

  it('holds the order of rows under the pointer while their values change', () => {
    const now = new Map<string, TreeLevel>([
      ['', { state: 'loaded', rows: [row('new'), { ...row('mail'), msgsPerS: 9 }, row('orders', true)], total: 3 }],
    ]);
    const level = holdLevels(LEVELS, now).get('');
    expect(level?.state === 'loaded' && level.rows.map((each) => [each.subject, each.msgsPerS])).toEqual([
      ['orders', 1],
      ['mail', 9],
      ['new', 1],
    ]);
  });
});

describe('the memory of rates', () => {
  it('keeps the last samples of each subject and forgets subjects not seen for long', () => {
    const memory = new RateMemory();
    for (let sample = 0; sample < 30; sample++) memory.add([{ subject: 'a', msgsPerS: sample }]);
    expect(memory.of('a')).toHaveLength(RATE_SAMPLES);
    expect(memory.of('a').at(-1)).toBe(29);
    memory.add(Array.from({ length: 3000 }, (_, index) => ({ subject: `s${index}`, msgsPerS: 1 })));
    expect(memory.of('a')).toEqual([]);
    expect(memory.of('s2999')).toEqual([1]);
  });
});
