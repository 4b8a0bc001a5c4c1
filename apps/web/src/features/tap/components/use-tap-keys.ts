/** Keys of the tap: Space pauses, j/k and arrows move, Enter opens, Escape closes, Home goes to the newest. */
import { type RefObject, useEffect, useRef } from 'react';
import type { TapClient } from '../api/tap-client.ts';
import type { TapRowsHandle } from './tap-rows.tsx';

export interface TapKeys {
  client: TapClient | null;
  rows: RefObject<TapRowsHandle | null>;
  onClose: () => void;
}

/** True while a key belongs to what has the focus: a field, a button, a menu. */
function isTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('input, textarea, select, [contenteditable="true"], [role="menu"], [role="dialog"]') !== null) return true;
  if (key === 'Escape') return false;
  const isPressing = key === ' ' || key === 'Enter';
  if (isPressing) return target.closest('button, a, [role="tab"], [role="radio"]') !== null;
  return target.closest('.lines, [role="tablist"], [role="radiogroup"]') !== null;
}

const STEPS: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 20, PageUp: -20 };

export function useTapKeys(keys: TapKeys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTaken(event.target, event.key)) return;
      if (handle(latest.current, event.key)) event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function handle({ client, rows, onClose }: TapKeys, key: string): boolean {
  const step = STEPS[key];
  if (step !== undefined) rows.current?.move(step);
  else if (key === ' ') togglePause(client);
  else if (key === 'Enter') document.querySelector<HTMLElement>('.tapd [role="tab"][aria-selected="true"]')?.focus();
  else if (key === 'Escape') onClose();
  else if (key === 'Home') rows.current?.toNewest();
  else return false;
  return true;
}

function togglePause(client: TapClient | null): void {
  const isPaused = client?.snapshot?.pause !== null && client?.snapshot?.pause !== undefined;
  client?.tell(isPaused ? 'resume' : 'pause');
}
