/** Keys as a tree of their tokens: `orders.eu.1` lies in `eu` in `orders`. Pure. */
import type { KeyRow } from '@sluice/protocol/console';

export type KeyTreeItem =
  | {
      readonly kind: 'branch';
      readonly path: string;
      readonly token: string;
      readonly depth: number;
      readonly count: number;
      readonly isOpen: boolean;
    }
  | { readonly kind: 'key'; readonly token: string; readonly depth: number; readonly row: KeyRow };

interface Branch {
  readonly branches: Map<string, Branch>;
  readonly keys: Map<string, KeyRow>;
  count: number;
}

const emptyBranch = (): Branch => ({ branches: new Map(), keys: new Map(), count: 0 });

/** Deepest level that is shown; deeper tokens stay together in one. */
const DEPTH_MAX = 32;

/** Rows of the tree with the branches of `open` unfolded; branches before keys, each in the order of their first key. */
export function keyTree(rows: readonly KeyRow[], open: ReadonlySet<string>): KeyTreeItem[] {
  const root = emptyBranch();
  for (const row of rows) {
    const tokens = row.key.split('.');
    const last = Math.min(tokens.length, DEPTH_MAX) - 1;
    let branch = root;
    for (const token of tokens.slice(0, last)) {
      branch.count++;
      let next = branch.branches.get(token);
      if (next === undefined) {
        next = emptyBranch();
        branch.branches.set(token, next);
      }
      branch = next;
    }
    branch.count++;
    branch.keys.set(tokens.slice(last).join('.'), row);
  }
  const items: KeyTreeItem[] = [];
  pushLevel(items, root, { prefix: '', depth: 0, open });
  return items;
}

interface Level {
  readonly prefix: string;
  readonly depth: number;
  readonly open: ReadonlySet<string>;
}

function pushLevel(items: KeyTreeItem[], branch: Branch, { prefix, depth, open }: Level): void {
  for (const [token, below] of branch.branches) {
    const path = prefix === '' ? token : `${prefix}.${token}`;
    const isOpen = open.has(path);
    items.push({ kind: 'branch', path, token, depth, count: below.count, isOpen });
    if (isOpen) pushLevel(items, below, { prefix: path, depth: depth + 1, open });
  }
  for (const [token, row] of branch.keys) items.push({ kind: 'key', token, depth, row });
}

/** Key of a row in a table. */
export function treeKeyOf(item: KeyTreeItem): string {
  return item.kind === 'branch' ? `branch ${item.path}` : item.row.key;
}

/** Paths of the branches that hold `key`, from the root. */
export function branchesOf(key: string): string[] {
  const tokens = key.split('.').slice(0, DEPTH_MAX);
  return tokens.slice(0, -1).map((_, index) => tokens.slice(0, index + 1).join('.'));
}
