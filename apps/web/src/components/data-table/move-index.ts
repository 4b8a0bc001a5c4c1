/** Which row a key leads to; shared by every list that is walked by keyboard. Pure. */

export interface MoveKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** The index that `event` leads to from `index` in a list of `count`, or null when the key does not move. `page`: rows on screen. */
export function moveIndex(event: MoveKey, index: number, count: number, page: number): number | null {
  if (event.ctrlKey || event.metaKey || event.altKey || count === 0) return null;
  switch (event.key) {
    case 'ArrowDown':
    case 'j':
      return Math.min(index + 1, count - 1);
    case 'ArrowUp':
    case 'k':
      return Math.max(index - 1, 0);
    case 'PageDown':
      return Math.min(index + Math.max(page, 1), count - 1);
    case 'PageUp':
      return Math.max(index - Math.max(page, 1), 0);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
