/** Key-value: the tree of keys, the log of a watch, what a key may be called. */
import type { KeyRow, KvEntry } from '@sluice/protocol/console';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { branchesOf, keyTree, treeKeyOf } from '../../../src/features/key-value/model/key-tree.ts';
import { keyProblem, parseKvSearch } from '../../../src/features/key-value/model/kv-search.ts';
import { EMPTY_WATCH_LOG, WATCH_LOG_MAX, watchLogAfter } from '../../../src/features/key-value/model/watch-log.ts';

function entry(key: string, revision: number): KvEntry {
  const value = { encoding: 'utf8', payload: 'x' } as const;
  return { key, revision, operation: 'put', createdAtMs: 0, value, sizeBytes: 1, isTruncated: false, expiresAtMs: null };
}

const row = (key: string): KeyRow => ({ ...entry(key, 1), revisions: 1 });

describe('the tree of keys', () => {
  const rows = ['shop.eu.vat', 'shop.eu.currency', 'shop.us.vat', 'theme'].map(row);

  it('is folded until a branch is opened', () => {
    expect(keyTree(rows, new Set()).map(treeKeyOf)).toEqual(['branch shop', 'theme']);
    expect(keyTree(rows, new Set())[0]).toMatchObject({ kind: 'branch', count: 3, isOpen: false });
    expect(keyTree(rows, new Set(['shop', 'shop.eu'])).map(treeKeyOf)).toEqual([
      'branch shop',
      'branch shop.eu',
      'shop.eu.vat',
      'shop.eu.currency',
      'branch shop.us',
      'theme',
    ]);
  });

  it('shows a key that is also the beginning of others', () => {
    const items = keyTree(['a', 'a.b'].map(row), new Set(['a']));
    expect(items.map(treeKeyOf)).toEqual(['branch a', 'a.b', 'a']);
  });

  it('shows every key once when all is open, however deep', () => {
    const token = fc.string({ unit: fc.constantFrom('a', 'b', '_'), minLength: 1, maxLength: 2 });
    const keys = fc.uniqueArray(fc.array(token, { minLength: 1, maxLength: 40 }).map((tokens) => tokens.join('.')));
    fc.assert(
      fc.property(keys, (list) => {
        const open = new Set(list.flatMap(branchesOf));
        const shown = keyTree(list.map(row), open).flatMap((item) => (item.kind === 'key' ? [item.row.key] : []));
        expect(shown.sort()).toEqual([...list].sort());
      }),
    );
  });

  it('knows the branches above a key', () => {
    expect(branchesOf('shop.eu.vat')).toEqual(['shop', 'shop.eu']);
    expect(branchesOf('theme')).toEqual([]);
  });
});

describe('the log of a watch', () => {
  it('lists the newest first and nothing twice when a lost feed begins again', () => {
    const first = watchLogAfter(EMPTY_WATCH_LOG, { entries: [entry('a', 4), entry('b', 5)], revision: 5 });
    expect(first.entries.map((each) => each.revision)).toEqual([5, 4]);
    const again = watchLogAfter(first, { entries: [entry('a', 4), entry('b', 5), entry('a', 6)], revision: 6 });
    expect(again.entries.map((each) => each.revision)).toEqual([6, 5, 4]);
    expect(again.seen).toBe(3);
    expect(watchLogAfter(again, { entries: [], revision: 6 })).toBe(again);
  });

  it('keeps a bounded number and goes on counting', () => {
    const entries = Array.from({ length: WATCH_LOG_MAX + 10 }, (_, index) => entry('a', index + 1));
    const log = watchLogAfter(EMPTY_WATCH_LOG, { entries, revision: entries.length });
    expect(log.entries).toHaveLength(WATCH_LOG_MAX);
    expect(log.entries[0]?.revision).toBe(WATCH_LOG_MAX + 10);
    expect(log.seen).toBe(WATCH_LOG_MAX + 10);
  });
});

describe('a key', () => {
  it('has letters, digits and few signs', () => {
    for (const key of ['', 'theme', 'a.b-c/d_e=f', 'Z9']) expect(keyProblem(key), key).toBeNull();
    for (const key of ['a b', 'a*', '>', '.a', 'a.', 'a..b', 'ä']) expect(keyProblem(key), key).not.toBeNull();
  });
});

describe('the URL of the page', () => {
  it('names bucket, key, revision and view', () => {
    expect(parseKvSearch({ bucket: 'settings', key: 'theme', rev: '9', view: 'tree' })).toMatchObject({
      bucket: 'settings',
      key: 'theme',
      revision: 9,
      view: 'tree',
      order: 'asc',
      pane: null,
    });
    expect(parseKvSearch({ view: 'cloud', new: 'thing' })).toMatchObject({ view: 'table', pane: null, bucket: null });
  });
});
