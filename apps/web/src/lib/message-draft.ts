/**
 * Hands a message from one page to another (tap → workbench) without the two knowing each other, and without squeezing megabytes
 * into a URL. Lives as long as the page; a few at most.
 */
import type { EncodedPayload, HeaderPairs } from '@sluice/protocol/console';

export interface MessageDraft extends EncodedPayload {
  subject: string;
  reply: string;
  headers: HeaderPairs;
}

const DRAFTS_MAX = 4;
const drafts = new Map<string, MessageDraft>();
let nextNumber = 1;

/** Keeps `draft` and returns the key to put into the URL. */
export function putMessageDraft(draft: MessageDraft): string {
  const key = String(nextNumber++);
  drafts.set(key, draft);
  const oldest = drafts.keys().next();
  if (drafts.size > DRAFTS_MAX && oldest.done !== true) drafts.delete(oldest.value);
  return key;
}

/** The draft of that key, or undefined when it is gone (after a reload, say). */
export function readMessageDraft(key: string): MessageDraft | undefined {
  return drafts.get(key);
}
