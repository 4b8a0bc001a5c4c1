/** `/api/saved-messages`: what somebody keeps under a name in the workbench, one's own only. The audit log gets names, never contents. */
import type { SavedMessage } from '@sluice/protocol/console';
import {
  removeMessageSchema,
  savedMessageListSchema,
  savedMessageSchema,
  saveMessageSchema,
} from '@sluice/protocol/console/schemas';
import type { Console } from '../../console.ts';
import { type ApiRoute, defineRoute } from '../define-route.ts';

/** The longest payload with every character escaped, headers, and a little room. */
const BODY_LIMIT_BYTES = 2_621_440;

export function savedMessageRoutes(services: Console): ApiRoute[] {
  return [listMessages, saveMessage, removeMessage].map((route) => route(services));
}

function listMessages({ store }: Console): ApiRoute {
  return defineRoute({
    method: 'GET',
    url: '/api/saved-messages',
    role: 'operator',
    summary: "One's own saved messages, in order of name",
    returns: '{ items: SavedMessage[] }',
    answer: savedMessageListSchema,
    handler: async ({ session }) => ({ items: await store.messages.of(session.username) }),
  });
}

function saveMessage({ store, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'PUT',
    url: '/api/saved-messages',
    role: 'operator',
    summary: 'Save a message under a name, over the revision that is expected there',
    body: saveMessageSchema,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    returns: 'SavedMessage',
    answer: savedMessageSchema,
    handler: async ({ body, session, actor }): Promise<SavedMessage> => {
      const { name, content, expectedRevision } = body;
      const saved = await store.messages.save(session.username, name, content, expectedRevision);
      await audit.record(actor, {
        action: 'message.save',
        target: name,
        detail: `saved a message as revision ${saved.revision}`,
      });
      return saved;
    },
  });
}

function removeMessage({ store, audit }: Console): ApiRoute {
  return defineRoute({
    method: 'DELETE',
    url: '/api/saved-messages',
    role: 'operator',
    summary: 'Delete a saved message',
    query: removeMessageSchema,
    status: 204,
    returns: 'nothing',
    handler: async ({ query, session, actor }) => {
      await store.messages.remove(session.username, query.name, query.expectedRevision);
      await audit.record(actor, { action: 'message.delete', target: query.name, detail: 'deleted a saved message' });
    },
  });
}
