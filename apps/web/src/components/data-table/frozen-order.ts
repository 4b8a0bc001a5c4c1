/**
 * Rows must not jump under the pointer. While it is inside, the order stays as it was when it came: values go on changing, rows
 * that are gone stay as they were last seen, new ones wait.
 */
import { useRef } from 'react';

export interface FrozenRows<Row> {
  readonly rows: readonly Row[];
  /** Keys of rows that are shown though they are gone. */
  readonly goneKeys: ReadonlySet<string>;
}

/** Pure part: `held` in its order with the newest values of `current`. */
export function holdOrder<Row>(held: readonly Row[], current: readonly Row[], keyOf: (row: Row) => string): FrozenRows<Row> {
  const byKey = new Map(current.map((row) => [keyOf(row), row]));
  const goneKeys = new Set<string>();
  const rows = held.map((row) => {
    const key = keyOf(row);
    const now = byKey.get(key);
    if (now === undefined) goneKeys.add(key);
    return now ?? row;
  });
  return { rows, goneKeys };
}

const NONE: ReadonlySet<string> = new Set();

/** `current` as it comes, or held in order while `isHeld`; another `scope` (filter, sorting, window) begins anew. */
export function useFrozenOrder<Row>(
  current: readonly Row[],
  isHeld: boolean,
  keyOf: (row: Row) => string,
  scope = '',
): FrozenRows<Row> {
  const held = useRef<{ readonly scope: string; readonly rows: readonly Row[] } | null>(null);
  if (!isHeld) {
    held.current = null;
    return { rows: current, goneKeys: NONE };
  }
  if (held.current === null || held.current.scope !== scope || held.current.rows.length === 0)
    held.current = { scope, rows: current };
  const frozen = holdOrder(held.current.rows, current, keyOf);
  held.current = { scope, rows: frozen.rows };
  return frozen;
}
