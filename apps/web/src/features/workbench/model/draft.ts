/** The message being written: its fields, what is wrong with it, and the request it becomes. */
import type { HeaderPairs, PublishRequest, RequestRequest, RunAs } from '@sluice/protocol/console';
import { fillIn, tightenVariables, type VariableSources } from './template-variables.ts';

export type DraftMode = 'publish' | 'request';

export interface Draft {
  mode: DraftMode;
  subject: string;
  /** Only for publish. */
  reply: string;
  headers: HeaderPairs;
  payload: string;
  /** How `payload` is written: as text, or as base64 for any bytes. */
  encoding: 'utf8' | 'base64';
  /** Only for request. */
  timeoutMs: number;
  maxReplies: number;
  /** Only for publish; null sends one message. */
  repeat: { count: number; perSecond: number } | null;
}

export const EMPTY_DRAFT: Draft = {
  mode: 'publish',
  subject: '',
  reply: '',
  headers: [],
  payload: '',
  encoding: 'utf8',
  timeoutMs: 2000,
  maxReplies: 1,
  repeat: null,
};

export const HEADERS_MAX = 64;
export const REPEAT_MAX_COUNT = 1_000_000;
export const REPEAT_MAX_PER_SECOND = 100_000;
export const TIMEOUT_MIN_MS = 10;
export const TIMEOUT_MAX_MS = 30_000;
export const REPLIES_MAX = 1000;

/** Where a mistake is, and what it is. */
export interface DraftProblem {
  field: 'subject' | 'reply' | 'headers' | 'payload' | 'timeoutMs' | 'maxReplies' | 'repeat';
  message: string;
}

/** Everything that is wrong with `draft`; empty when it can be sent. `maxPayloadBytes`: the server's limit, null when not known. */
export function draftProblems(draft: Draft, maxPayloadBytes: number | null): DraftProblem[] {
  const problems: DraftProblem[] = [];
  const add = (field: DraftProblem['field'], message: string | null) => {
    if (message !== null) problems.push({ field, message });
  };
  add('subject', subjectProblem(draft.subject, 'Subject'));
  if (draft.mode === 'publish' && draft.reply !== '') add('reply', subjectProblem(draft.reply, 'Reply'));
  add('headers', headersProblem(draft.headers));
  add('payload', payloadProblem(draft, maxPayloadBytes));
  if (draft.mode === 'request') {
    add('timeoutMs', rangeProblem(draft.timeoutMs, TIMEOUT_MIN_MS, TIMEOUT_MAX_MS, 'The timeout', 'ms'));
    add('maxReplies', rangeProblem(draft.maxReplies, 1, REPLIES_MAX, 'The number of replies', ''));
  } else if (draft.repeat !== null) {
    add('repeat', rangeProblem(draft.repeat.count, 1, REPEAT_MAX_COUNT, 'The number of messages', ''));
    add('repeat', rangeProblem(draft.repeat.perSecond, 1, REPEAT_MAX_PER_SECOND, 'The rate', 'per second'));
  }
  return problems;
}

/** Why `subject` cannot be published to, or null. Templates count as a token. */
export function subjectProblem(subject: string, name: string): string | null {
  if (subject === '') return `${name} is empty.`;
  const filled = subject.replace(/\{\{[^}]*\}\}/g, 'x');
  if (/[\s\u0000-\u001f\u007f]/.test(filled)) return `${name} must not contain spaces.`;
  const tokens = filled.split('.');
  if (tokens.some((token) => token === '')) return `${name} has an empty token: two dots in a row, or one at an end.`;
  if (tokens.some((token) => token === '*' || token === '>'))
    return `${name} must not contain wildcards: messages go to one subject.`;
  return null;
}

function headersProblem(headers: HeaderPairs): string | null {
  const used = headers.filter(([name, value]) => name !== '' || value !== '');
  if (used.length > HEADERS_MAX) return `At most ${HEADERS_MAX} headers.`;
  for (const [name, value] of used) {
    if (!/^[!-9;-~]+$/.test(name)) return `Header name ${JSON.stringify(name)} must be printable ASCII without spaces or colons.`;
    if (/[\r\n]/.test(value)) return `The value of header ${name} must be one line.`;
  }
  return null;
}

function payloadProblem(draft: Draft, maxPayloadBytes: number | null): string | null {
  const sizeBytes = payloadSizeBytes(draft);
  if (sizeBytes === null) return 'The payload is not valid base64.';
  if (maxPayloadBytes === null || sizeBytes <= maxPayloadBytes) return null;
  return `The payload has ${sizeBytes.toLocaleString('en')} bytes; the server takes ${maxPayloadBytes.toLocaleString('en')}.`;
}

function rangeProblem(value: number, min: number, max: number, name: string, unit: string): string | null {
  if (Number.isInteger(value) && value >= min && value <= max) return null;
  return `${name} must be a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}${unit === '' ? '' : ` ${unit}`}.`;
}

/** Bytes of the payload as written (before variables), or null when base64 is damaged. */
export function payloadSizeBytes(draft: Pick<Draft, 'payload' | 'encoding'>): number | null {
  if (draft.encoding === 'utf8') return new TextEncoder().encode(draft.payload).length;
  const compact = draft.payload.replace(/\s+/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(compact)) return null;
  return (compact.length / 4) * 3 - (compact.endsWith('==') ? 2 : compact.endsWith('=') ? 1 : 0);
}

function filledHeaders(headers: HeaderPairs, fill: (text: string) => string): HeaderPairs {
  return headers.filter(([name]) => name !== '').map(([name, value]) => [name, fill(value)]);
}

function filledPayload(draft: Draft, fill: (text: string) => string): Pick<PublishRequest, 'payload' | 'encoding'> {
  if (draft.encoding === 'base64') return { encoding: 'base64', payload: draft.payload.replace(/\s+/g, '') };
  return { encoding: 'utf8', payload: fill(draft.payload) };
}

/** The publish request of `draft`. Variables are filled in here, or left to the server when it repeats. */
export function publishRequestOf(draft: Draft, runAs: RunAs, sources: VariableSources): PublishRequest {
  const fill = (text: string) => (draft.repeat === null ? fillIn(text, sources) : tightenVariables(text));
  const headers = filledHeaders(draft.headers, fill);
  return {
    subject: fill(draft.subject),
    ...(draft.reply === '' ? {} : { reply: fill(draft.reply) }),
    ...(headers.length === 0 ? {} : { headers }),
    ...filledPayload(draft, fill),
    runAs,
    ...(draft.repeat === null ? {} : { repeat: draft.repeat }),
  };
}

/** The request of `draft`, variables filled in. */
export function requestRequestOf(draft: Draft, runAs: RunAs, sources: VariableSources): RequestRequest {
  const fill = (text: string) => fillIn(text, sources);
  const headers = filledHeaders(draft.headers, fill);
  return {
    subject: fill(draft.subject),
    ...(headers.length === 0 ? {} : { headers }),
    ...filledPayload(draft, fill),
    runAs,
    timeoutMs: draft.timeoutMs,
    maxReplies: draft.maxReplies,
  };
}
