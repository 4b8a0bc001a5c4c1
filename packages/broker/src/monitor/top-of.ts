/** The first few of many in order, without sorting the many. */

/** As many wanted make a full sort cheaper than inserting one by one. */
const SORT_FROM = 4096;

/** The first `count` items by `compare`; the input is left as it is. */
export function topOf<Item>(items: readonly Item[], count: number, compare: (a: Item, b: Item) => number): Item[] {
  if (count >= SORT_FROM || count * 2 >= items.length) return [...items].sort(compare).slice(0, count);
  const top: Item[] = [];
  for (const item of items) {
    const last = top[top.length - 1];
    if (top.length === count && last !== undefined && compare(item, last) >= 0) continue;
    let low = 0;
    let high = top.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(item, top[middle] ?? item) < 0) high = middle;
      else low = middle + 1;
    }
    top.splice(low, 0, item);
    if (top.length > count) top.pop();
  }
  return top;
}
