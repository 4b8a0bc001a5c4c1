/** Reads drafts from outside: URL, local storage. Whatever does not fit becomes its default; nothing throws. */
import {
  type Draft,
  EMPTY_DRAFT,
  HEADERS_MAX,
  REPEAT_MAX_COUNT,
  REPEAT_MAX_PER_SECOND,
  REPLIES_MAX,
  TIMEOUT_MAX_MS,
  TIMEOUT_MIN_MS,
} from './draft.ts';

/** Longest payload that is read back, in characters. */
const PAYLOAD_MAX_CHARS = 8_388_608;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown, maxChars: number): string {
  return typeof value === 'string' && value.length <= maxChars ? value : '';
}

function whole(value: unknown, min: number, max: number, usual: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : usual;
}

function pairs(value: unknown): Draft['headers'] {
  if (!Array.isArray(value)) return [];
  const headers: Draft['headers'] = [];
  for (const entry of value.slice(0, HEADERS_MAX)) {
    if (Array.isArray(entry) && typeof entry[0] === 'string' && typeof entry[1] === 'string') headers.push([entry[0], entry[1]]);
  }
  return headers;
}

function repeatOf(value: unknown): Draft['repeat'] {
  if (!isRecord(value)) return null;
  const count = whole(value['count'], 1, REPEAT_MAX_COUNT, 0);
  const perSecond = whole(value['perSecond'], 1, REPEAT_MAX_PER_SECOND, 0);
  return count > 0 && perSecond > 0 ? { count, perSecond } : null;
}

export function readDraft(value: unknown): Draft {
  if (!isRecord(value)) return EMPTY_DRAFT;
  return {
    mode: value['mode'] === 'request' ? 'request' : 'publish',
    subject: text(value['subject'], 4096),
    reply: text(value['reply'], 4096),
    headers: pairs(value['headers']),
    payload: text(value['payload'], PAYLOAD_MAX_CHARS),
    encoding: value['encoding'] === 'base64' ? 'base64' : 'utf8',
    timeoutMs: whole(value['timeoutMs'], TIMEOUT_MIN_MS, TIMEOUT_MAX_MS, EMPTY_DRAFT.timeoutMs),
    maxReplies: whole(value['maxReplies'], 1, REPLIES_MAX, EMPTY_DRAFT.maxReplies),
    repeat: repeatOf(value['repeat']),
  };
}
