/** The tree of subjects as the rows of a list: open levels one below the other, each as sorted by the server. */
import type { SubjectRow } from '@sluice/protocol/console';

/** What is known of the children of one prefix. */
export type TreeLevel =
  | { state: 'loading' }
  | { state: 'failed'; message: string }
  | { state: 'loaded'; rows: readonly SubjectRow[]; total: number };

export type TreeItem =
  | { kind: 'row'; row: SubjectRow; depth: number; isOpen: boolean }
  | { kind: 'loading'; prefix: string; depth: number }
  | { kind: 'failed'; prefix: string; depth: number; message: string }
  | { kind: 'more'; prefix: string; depth: number; missing: number };

/** Deepest level that is drawn; subjects have at most a few dozen tokens. */
export const TREE_MAX_DEPTH = 64;

/** The visible items. `levels` by prefix, '' for the roots; a level that is open but unknown shows as loading. */
export function flattenTree(levels: ReadonlyMap<string, TreeLevel>, open: ReadonlySet<string>): TreeItem[] {
  const items: TreeItem[] = [];
  addLevel(items, levels, open, '', 0);
  return items;
}

function addLevel(
  items: TreeItem[],
  levels: ReadonlyMap<string, TreeLevel>,
  open: ReadonlySet<string>,
  prefix: string,
  depth: number,
): void {
  const level = levels.get(prefix) ?? { state: 'loading' };
  if (level.state === 'loading') items.push({ kind: 'loading', prefix, depth });
  if (level.state === 'failed') items.push({ kind: 'failed', prefix, depth, message: level.message });
  if (level.state !== 'loaded' || depth >= TREE_MAX_DEPTH) return;
  for (const row of level.rows) {
    const isOpen = row.hasChildren && open.has(row.subject);
    items.push({ kind: 'row', row, depth, isOpen });
    if (isOpen) addLevel(items, levels, open, row.subject, depth + 1);
  }
  const missing = level.total - level.rows.length;
  if (missing > 0) items.push({ kind: 'more', prefix, depth, missing });
}

/**
 * `current` with the rows of each level in the order that `held` has them, so that nothing moves under the pointer: values are new,
 * new subjects come last, gone ones go.
 */
export function holdLevels(
  held: ReadonlyMap<string, TreeLevel>,
  current: ReadonlyMap<string, TreeLevel>,
): ReadonlyMap<string, TreeLevel> {
  const levels = new Map<string, TreeLevel>();
  for (const [prefix, level] of current) {
    const before = held.get(prefix);
    if (level.state !== 'loaded' || before?.state !== 'loaded') {
      levels.set(prefix, level);
      continue;
    }
    const places = new Map(before.rows.map((row, place) => [row.subject, place]));
    const placeOf = (row: SubjectRow) => places.get(row.subject) ?? Number.MAX_SAFE_INTEGER;
    levels.set(prefix, { ...level, rows: [...level.rows].sort((left, right) => placeOf(left) - placeOf(right)) });
  }
  return levels;
}

/** Prefixes of `subject` without itself: `a.b.c` gives `a` and `a.b`. */
export function ancestorsOf(subject: string): string[] {
  const tokens = subject.split('.');
  return tokens.slice(1).map((_, index) => tokens.slice(0, index + 1).join('.'));
}

/** Open prefixes whose every ancestor is open too: only these levels are asked for. */
export function reachableLevels(open: readonly string[]): string[] {
  const all = new Set(open);
  return open.filter((prefix) => ancestorsOf(prefix).every((ancestor) => all.has(ancestor)));
}

export type TreeKey = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight' | 'Home' | 'End';

/** What a key does in a tree (WAI-ARIA tree pattern): go to another subject, open or close one. */
export type TreeMove = { kind: 'select' | 'open' | 'close'; subject: string } | null;

export function moveInTree(items: readonly TreeItem[], selected: string | null, key: TreeKey): TreeMove {
  const rows = items.flatMap((item) => (item.kind === 'row' ? [item] : []));
  const at = rows.findIndex((item) => item.row.subject === selected);
  const current = rows[at];
  const select = (item: (typeof rows)[number] | undefined): TreeMove =>
    item === undefined ? null : { kind: 'select', subject: item.row.subject };
  switch (key) {
    case 'Home':
      return select(rows[0]);
    case 'End':
      return select(rows.at(-1));
    case 'ArrowDown':
      return select(rows[at + 1]);
    case 'ArrowUp':
      return select(at <= 0 ? rows[0] : rows[at - 1]);
    case 'ArrowRight':
      if (current === undefined || !current.row.hasChildren) return null;
      if (!current.isOpen) return { kind: 'open', subject: current.row.subject };
      // While the children are still loading the next row is a neighbour, not a child.
      return rows[at + 1]?.row.subject.startsWith(`${current.row.subject}.`) === true ? select(rows[at + 1]) : null;
    case 'ArrowLeft':
      if (current === undefined) return null;
      if (current.isOpen) return { kind: 'close', subject: current.row.subject };
      return select(rows.find((item) => item.row.subject === ancestorsOf(current.row.subject).at(-1)));
  }
}
