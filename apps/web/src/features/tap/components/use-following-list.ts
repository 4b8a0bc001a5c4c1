/**
 * A list that follows what is newest until somebody reads: away from the top, or with a row chosen, it stands still. Keeps the
 * worker told which rows are on screen.
 */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { TapClient } from '../api/tap-client.ts';

/** Height of a row in pixels; the style sheet says the same. */
export const ROW_PX = 24;

export interface FollowingList {
  /** First row on screen, counted from the newest. */
  start: number;
  /** How far the first row is pushed above the upper edge, in pixels, 0 or negative. */
  offsetPx: number;
  isFollowing: boolean;
  onScroll: () => void;
  /** Chooses a row; the list stands still from then on. */
  select: (index: number) => void;
  /** Moves the choice: older for positive steps. Scrolls it into view. */
  move: (step: number) => void;
  /** Back to the newest row; the list follows again. */
  toNewest: () => void;
}

export interface FollowingListOptions {
  client: TapClient;
  box: RefObject<HTMLElement | null>;
  selectedIndex: number | null;
  onSelect: (index: number) => void;
}

export function useFollowingList({ client, box, selectedIndex, onSelect }: FollowingListOptions): FollowingList {
  const [frozenAt, setFrozenAt] = useState<number | null>(null);
  const { topPx, heightPx, measure } = useViewport(box);
  const start = Math.floor(topPx / ROW_PX);
  const count = Math.ceil(heightPx / ROW_PX) + 1;
  useEffect(() => client.setWindow({ start, count, newestIndex: frozenAt }), [client, start, count, frozenAt]);

  // Keys come faster than React draws, so what they start from is kept beside the state.
  const held = useRef({ selectedIndex, frozenAt });
  held.current.selectedIndex = selectedIndex;
  const setFrozen = (newestIndex: number | null): void => {
    held.current.frozenAt = newestIndex;
    setFrozenAt(newestIndex);
  };
  const freeze = (): number | null => {
    const newest = held.current.frozenAt ?? client.snapshot?.newestIndex ?? null;
    setFrozen(newest);
    return newest;
  };
  const choose = (index: number): void => {
    held.current.selectedIndex = index;
    onSelect(index);
  };
  // The worker knows the neighbours, so a move takes a moment; the next one waits for it.
  const moves = useRef(Promise.resolve());
  const moveOnce = async (step: number): Promise<void> => {
    const newest = freeze();
    const from = held.current.selectedIndex;
    const row = await (from === null ? client.neighbour(newest ?? 0, 0, newest) : client.neighbour(from, step, newest));
    if (row === null) return;
    choose(row.index);
    scrollIntoView(box.current, row.position);
  };
  return {
    start,
    offsetPx: start * ROW_PX - topPx,
    isFollowing: frozenAt === null,
    onScroll: () => {
      const scrolledPx = measure();
      if (scrolledPx > 0) freeze();
      else if (selectedIndex === null) setFrozen(null);
    },
    select: (index) => {
      freeze();
      choose(index);
    },
    move: (step) => {
      moves.current = moves.current.then(() => moveOnce(step));
    },
    toNewest: () => {
      setFrozen(null);
      if (box.current !== null) box.current.scrollTop = 0;
    },
  };
}

/** Scroll position and height of `box`, in pixels; `measure` reads them again and returns the position. */
function useViewport(box: RefObject<HTMLElement | null>): { topPx: number; heightPx: number; measure: () => number } {
  const [view, setView] = useState({ topPx: 0, heightPx: 600 });
  const measure = (): number => {
    const element = box.current;
    if (element === null) return 0;
    setView({ topPx: element.scrollTop, heightPx: element.clientHeight });
    return element.scrollTop;
  };
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setView({ topPx: element.scrollTop, heightPx: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return { ...view, measure };
}

function scrollIntoView(element: HTMLElement | null, position: number): void {
  if (element === null) return;
  const topPx = position * ROW_PX;
  if (topPx < element.scrollTop) element.scrollTop = topPx;
  else if (topPx + ROW_PX > element.scrollTop + element.clientHeight) element.scrollTop = topPx + ROW_PX - element.clientHeight;
}
