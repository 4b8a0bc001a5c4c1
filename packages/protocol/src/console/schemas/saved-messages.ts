/** Saved messages, in requests and answers alike. */
import Type, { type TUnsafe } from 'typebox';
import {
  type RemoveMessageQuery,
  SAVED_PAYLOAD_MAX_CHARS,
  type SavedMessage,
  type SavedMessageContent,
  type SaveMessageRequest,
} from '../saved-messages.ts';
import { nullable } from './parts.ts';
import { closed, schemaFor } from './schema-for.ts';

/** Lenient: what is saved need not be ready to be sent. */
const text = Type.String({ maxLength: 1024 });
const name = Type.String({ minLength: 1, maxLength: 80 });
const number = Type.Number({ minimum: 0, maximum: 1e9 });
const revision = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const savedMessageContentSchema: TUnsafe<SavedMessageContent> = schemaFor<SavedMessageContent>()(
  Type.Object(
    {
      mode: Type.Enum(['publish', 'request']),
      subject: text,
      reply: text,
      headers: Type.Array(Type.Tuple([text, Type.String({ maxLength: 8192 })]), { maxItems: 64 }),
      encoding: Type.Enum(['utf8', 'base64']),
      payload: Type.String({ maxLength: SAVED_PAYLOAD_MAX_CHARS }),
      timeoutMs: number,
      maxReplies: number,
      repeat: nullable(Type.Object({ count: number, perSecond: number }, closed)),
    },
    closed,
  ),
);

export const savedMessageSchema: TUnsafe<SavedMessage> = schemaFor<SavedMessage>()(
  Type.Object({ name, revision, content: savedMessageContentSchema }, closed),
);

export const savedMessageListSchema: TUnsafe<{ items: SavedMessage[] }> = schemaFor<{ items: SavedMessage[] }>()(
  Type.Object({ items: Type.Array(savedMessageSchema) }, closed),
);

export const saveMessageSchema: TUnsafe<SaveMessageRequest> = schemaFor<SaveMessageRequest>()(
  Type.Object({ name, content: savedMessageContentSchema, expectedRevision: Type.Optional(revision) }, closed),
);

export const removeMessageSchema: TUnsafe<RemoveMessageQuery> = schemaFor<RemoveMessageQuery>()(
  Type.Object({ name, expectedRevision: Type.Optional(revision) }, closed),
);
