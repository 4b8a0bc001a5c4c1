/** The draft in the URL: short ones whole, so that a link carries the message; a long payload stays with this browser tab. */
import { type Draft, EMPTY_DRAFT } from './draft.ts';
import { readDraft } from './draft-json.ts';

/** Characters of a payload that still go into the URL. */
export const URL_PAYLOAD_MAX_CHARS = 1500;

/** The query for `draft`; defaults stay out. `payload` is left out when it is too long. */
export function draftQuery(draft: Draft): Record<string, string> {
  const query: Record<string, string> = {};
  const put = (name: string, value: string, usual: string) => {
    if (value !== usual) query[name] = value;
  };
  put('mode', draft.mode, EMPTY_DRAFT.mode);
  put('subject', draft.subject, '');
  put('reply', draft.reply, '');
  if (draft.payload.length <= URL_PAYLOAD_MAX_CHARS) put('payload', draft.payload, '');
  put('encoding', draft.encoding, EMPTY_DRAFT.encoding);
  put('timeout', String(draft.timeoutMs), String(EMPTY_DRAFT.timeoutMs));
  put('replies', String(draft.maxReplies), String(EMPTY_DRAFT.maxReplies));
  const headers = draft.headers.filter(([name]) => name !== '');
  if (headers.length > 0) {
    const text = JSON.stringify(headers);
    if (text.length <= URL_PAYLOAD_MAX_CHARS) query['headers'] = text;
  }
  if (draft.repeat !== null) query['repeat'] = `${draft.repeat.count}:${draft.repeat.perSecond}`;
  return query;
}

/** Reads a draft from a query, whatever it holds. */
export function parseDraftQuery(query: Record<string, unknown>): Draft {
  const repeat = /^(\d{1,7}):(\d{1,6})$/.exec(typeof query['repeat'] === 'string' ? query['repeat'] : '');
  return readDraft({
    ...query,
    subject: asText(query['subject']),
    reply: asText(query['reply']),
    payload: asText(query['payload']),
    timeoutMs: numberOf(query['timeout']),
    maxReplies: numberOf(query['replies']),
    headers: typeof query['headers'] === 'string' ? parseJson(query['headers']) : query['headers'],
    repeat: repeat === null ? null : { count: Number(repeat[1]), perSecond: Number(repeat[2]) },
  });
}

/** A router may have read `123` or `{"a":1}` as a value; the message holds its text. */
function asText(value: unknown): unknown {
  if (typeof value === 'string' || value === undefined) return value;
  return JSON.stringify(value);
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' ? Number(value) : value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
