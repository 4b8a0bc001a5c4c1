/**
 * What the workbench remembers in this browser: the last messages that were sent, bounded and without secrets. Templates live on the server;
 * those of an earlier version are read from here until they have moved there.
 */
import type { Draft } from './draft.ts';
import { readDraft } from './draft-json.ts';

/** Where text is kept by key; the browser's local storage in the page. */
export interface TextStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface SavedTemplate {
  name: string;
  draft: Draft;
}

export interface HistoryEntry {
  /** Milliseconds since the epoch. */
  atMs: number;
  /** Who it ran as, in words. */
  runAs: string;
  outcome: string;
  message: string;
  draft: Draft;
}

export const HISTORY_MAX = 100;
/** A payload longer than this, in characters, is not remembered in the history. */
export const HISTORY_PAYLOAD_MAX_CHARS = 65_536;

const TEMPLATES_KEY = 'sluice.workbench.templates';
const HISTORY_KEY = 'sluice.workbench.history';

export class SavedMessages {
  readonly #store: TextStore;

  constructor(store: TextStore) {
    this.#store = store;
  }

  /** Templates that an earlier version left here. */
  oldTemplates(): SavedTemplate[] {
    return this.#readList(TEMPLATES_KEY).flatMap((entry) =>
      typeof entry['name'] === 'string' ? [{ name: entry['name'], draft: readDraft(entry['draft']) }] : [],
    );
  }

  /** A template has moved. */
  forgetOldTemplate(name: string): void {
    this.#write(
      TEMPLATES_KEY,
      this.oldTemplates().filter((template) => template.name !== name),
    );
  }

  /** Newest first. */
  history(): HistoryEntry[] {
    return this.#readList(HISTORY_KEY).flatMap((entry) => {
      const { atMs, runAs, outcome, message } = entry;
      const isEntry =
        typeof atMs === 'number' && typeof runAs === 'string' && typeof outcome === 'string' && typeof message === 'string';
      return isEntry ? [{ atMs, runAs, outcome, message, draft: readDraft(entry['draft']) }] : [];
    });
  }

  /** Puts `entry` in front; the oldest go. A payload that is too long is left out of it. */
  addHistory(entry: HistoryEntry): void {
    const isLong = entry.draft.payload.length > HISTORY_PAYLOAD_MAX_CHARS;
    const kept = isLong ? { ...entry, draft: { ...entry.draft, payload: '' } } : entry;
    let entries = [kept, ...this.history()].slice(0, HISTORY_MAX);
    while (this.#write(HISTORY_KEY, entries) !== null && entries.length > 1)
      entries = entries.slice(0, Math.ceil(entries.length / 2));
  }

  clearHistory(): void {
    this.#write(HISTORY_KEY, []);
  }

  #readList(key: string): Record<string, unknown>[] {
    const text = this.#store.getItem(key);
    if (text === null) return [];
    try {
      const list: unknown = JSON.parse(text);
      if (!Array.isArray(list)) return [];
      return list.filter((entry): entry is Record<string, unknown> => typeof entry === 'object' && entry !== null);
    } catch (error) {
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  }

  /** Returns why it could not be written, or null. */
  #write(key: string, list: readonly unknown[]): string | null {
    try {
      this.#store.setItem(key, JSON.stringify(list));
      return null;
    } catch (error) {
      // A full store throws a DOMException; its name says which of the browser's limits was met.
      return `This browser's storage refused it (${error instanceof Error ? error.name : 'unknown'}).`;
    }
  }
}
