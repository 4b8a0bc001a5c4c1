/**
 * Messages kept under a name in the workbench. They belong to the console user who saved them; nobody else sees them.
 *
 *   GET    /api/saved-messages   operator   → { items: SavedMessage[] } one's own, in order of name
 *   PUT    /api/saved-messages   operator   SaveMessageRequest → SavedMessage; 409 when `expectedRevision` is not what is there
 *   DELETE /api/saved-messages   operator   ?name= &expectedRevision= → 204; 404, 409
 */
import type { EncodedPayload } from './common.ts';
import type { HeaderPairs } from './workbench.ts';

/** Messages that one user may keep. */
export const SAVED_MESSAGES_MAX = 200;
/** Longest payload of one, in characters. */
export const SAVED_PAYLOAD_MAX_CHARS = 262_144;

/** A message as it was written, complete or not, with its variables. Never whose credentials it runs as. */
export interface SavedMessageContent extends EncodedPayload {
  mode: 'publish' | 'request';
  subject: string;
  reply: string;
  headers: HeaderPairs;
  timeoutMs: number;
  maxReplies: number;
  repeat: { count: number; perSecond: number } | null;
}

export interface SavedMessage {
  name: string;
  /** Rises with each save; for `expectedRevision`. */
  revision: number;
  content: SavedMessageContent;
}

export interface SaveMessageRequest {
  /** 1 to 80 characters. */
  name: string;
  content: SavedMessageContent;
  /** The revision this replaces; 0: there must be none of that name. Absent: whatever is there. */
  expectedRevision?: number;
}

export interface RemoveMessageQuery {
  name: string;
  expectedRevision?: number;
}
