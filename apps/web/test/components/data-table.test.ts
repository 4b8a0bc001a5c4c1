/** The table's pure parts: which columns fit, where keys lead, what stays in place under the pointer. */
import { describe, expect, it } from 'vitest';
import { fitColumns } from '../../src/components/data-table/fit-columns.ts';
import { holdOrder } from '../../src/components/data-table/frozen-order.ts';
import { moveIndex } from '../../src/components/data-table/move-index.ts';

const columns = [
  { id: 'cid', width: 60 },
  { id: 'name' },
  { id: 'rtt', width: 70, from: 'md' },
  { id: 'uptime', width: 80, from: 'lg' },
  { id: 'idle', width: 80, from: 'lg' },
] as const;
const never = (): boolean => false;

describe('columns', () => {
  it('all stay where there is room', () => {
    expect([...fitColumns(columns, 440, never).ids]).toEqual(['cid', 'name', 'rtt', 'uptime', 'idle']);
  });

  it('for wide panes go first, from the right', () => {
    expect([...fitColumns(columns, 439, never).ids]).toEqual(['cid', 'name', 'rtt', 'uptime']);
    expect([...fitColumns(columns, 285, never).ids]).toEqual(['cid', 'name', 'rtt']);
    expect([...fitColumns(columns, 210, never).ids]).toEqual(['cid', 'name']);
  });

  it('that were chosen by hand stay, and the table asks for the room', () => {
    const fit = fitColumns(columns, 100, (id) => id === 'idle');
    expect([...fit.ids]).toEqual(['cid', 'name', 'idle']);
    expect(fit.minWidth).toBe(290);
  });
});

describe('keys', () => {
  const press = (key: string, index: number, extra = {}): number | null =>
    moveIndex({ key, ctrlKey: false, metaKey: false, altKey: false, ...extra }, index, 100, 20);

  it('walk rows and never leave the list', () => {
    expect(press('j', 0)).toBe(1);
    expect(press('ArrowDown', 99)).toBe(99);
    expect(press('k', 0)).toBe(0);
    expect(press('PageDown', 90)).toBe(99);
    expect(press('PageUp', 30)).toBe(10);
    expect(press('End', 3)).toBe(99);
    expect(press('Home', 3)).toBe(0);
  });

  it('with a modifier belong to the browser', () => {
    expect(press('j', 0, { ctrlKey: true })).toBeNull();
    expect(press('x', 0)).toBeNull();
  });
});

describe('rows under the pointer', () => {
  it('keep their places, take new values, and stay when they are gone', () => {
    const keyOf = (row: { id: string }): string => row.id;
    const before = [
      { id: 'a', n: 1 },
      { id: 'b', n: 1 },
      { id: 'c', n: 1 },
    ];
    const { rows, goneKeys } = holdOrder(
      before,
      [
        { id: 'c', n: 2 },
        { id: 'a', n: 2 },
        { id: 'd', n: 2 },
      ],
      keyOf,
    );
    expect(rows).toEqual([
      { id: 'a', n: 2 },
      { id: 'b', n: 1 },
      { id: 'c', n: 2 },
    ]);
    expect([...goneKeys]).toEqual(['b']);
  });
});
