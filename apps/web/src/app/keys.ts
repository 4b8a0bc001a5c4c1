/** Keys that work on every page: ⌘K or Ctrl K, `?`, `/` for the page's search, `g` and a letter for a page. */
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { keptAccount } from '../lib/kept-account.ts';
import { pages, searchOf } from './navigation.ts';

/** The letter must follow within this time. Milliseconds. */
const SEQUENCE_MS = 1500;

export interface ConsoleKeyActions {
  readonly openPalette: () => void;
  readonly openHelp: () => void;
}

export function useConsoleKeys(actions: ConsoleKeyActions): void {
  const navigate = useNavigate();
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let startedMs = Number.NEGATIVE_INFINITY;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        latest.current.openPalette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
      const page = event.timeStamp - startedMs < SEQUENCE_MS ? pages.find((each) => each.key === event.key) : undefined;
      startedMs = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (page !== undefined) {
        event.preventDefault();
        void navigate({ to: page.to, search: searchOf(page, keptAccount()) });
      } else if (event.key === '?') {
        latest.current.openHelp();
      } else if (event.key === '/') {
        const search = document.querySelector<HTMLElement>('[data-search]');
        if (search === null) return;
        event.preventDefault();
        search.focus();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate]);
}

/** True while the keys are text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox' && target.type !== 'radio';
  return target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT';
}
