/** Templates of whoever is logged in. Those that an earlier version kept in this browser move to the server at the first look. */
import type { SavedMessage } from '@sluice/protocol/console';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiFailure, messageOf } from '../../../lib/api-client.ts';
import type { Draft } from '../model/draft.ts';
import { readDraft } from '../model/draft-json.ts';
import type { SavedMessages, SavedTemplate } from '../model/saved-messages.ts';
import { removeMessage, savedMessagesQuery, saveMessage } from './saved-messages-api.ts';

export interface Templates {
  templates: readonly SavedTemplate[];
  /** Why they could not be read, or null. */
  failure: string | null;
  /** Saves over what this page shows under the name; resolves with why it could not, or null. */
  save: (name: string, draft: Draft) => Promise<string | null>;
  remove: (name: string) => Promise<string | null>;
}

export function useTemplates(local: SavedMessages): Templates {
  const client = useQueryClient();
  const { data, error } = useQuery(savedMessagesQuery);
  const reload = () => client.invalidateQueries({ queryKey: savedMessagesQuery.queryKey });
  const isLoaded = data !== undefined;
  useEffect(() => {
    if (isLoaded && local.oldTemplates().length > 0)
      void moveOld(local).then(() => client.invalidateQueries({ queryKey: savedMessagesQuery.queryKey }));
  }, [isLoaded, local, client]);
  const attempt = async (act: () => Promise<unknown>): Promise<string | null> => {
    try {
      await act();
      return null;
    } catch (problem) {
      return messageOf(problem);
    } finally {
      await reload();
    }
  };
  return {
    templates: (data?.items ?? []).map(({ name, content }) => ({ name, draft: readDraft(content) })),
    failure: error === null ? null : messageOf(error),
    save: (name, draft) =>
      attempt(() => saveMessage({ name, content: draft, expectedRevision: revisionOf(data?.items ?? [], name) })),
    remove: (name) => attempt(() => removeMessage({ name, expectedRevision: revisionOf(data?.items ?? [], name) })),
  };
}

function revisionOf(items: readonly SavedMessage[], name: string): number {
  return items.find((item) => item.name === name)?.revision ?? 0;
}

/** One that the server has under the same name stays as it is there. What cannot be moved now is tried again at the next look. */
async function moveOld(local: SavedMessages): Promise<void> {
  for (const { name, draft } of local.oldTemplates()) {
    try {
      await saveMessage({ name, content: draft, expectedRevision: 0 });
    } catch (error) {
      if (!(error instanceof ApiFailure && error.code === 'conflict')) return;
    }
    local.forgetOldTemplate(name);
  }
}
