/** The tree of subjects: which rows are visible, what keys do, what stands in the URL. */
import type { SubjectRow } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { flattenTree, moveInTree, reachableLevels, type TreeLevel } from '../../../src/features/subjects/model/subject-tree.ts';
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
});
