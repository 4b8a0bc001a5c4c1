/** The draft outlives the page: whoever looks something up elsewhere finds it as it was. It does not outlive a reload. */
import { useSyncExternalStore } from 'react';
import { type ConfigDraft, emptyDraft } from './draft.ts';

let draft: ConfigDraft = emptyDraft;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function setDraft(next: ConfigDraft): void {
  draft = next;
  for (const listener of listeners) listener();
}

export function useConfigDraft(): readonly [draft: ConfigDraft, set: (draft: ConfigDraft) => void] {
  return [useSyncExternalStore(subscribe, () => draft), setDraft];
}
