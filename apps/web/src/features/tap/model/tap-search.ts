/** The state of the tap page, as it stands in the URL: a link to a tap opens the same tap. */
import type { TapOptions } from '@sluice/protocol/console';
import { parseFilter } from './filter-parser.ts';
import { serverFilterOf } from './filter-server.ts';

export type TapSampling = NonNullable<TapOptions['sampling']>;

export interface TapSearch {
  /** Empty: the usual one. */
  account: string;
  subjects: string[];
  exclude: string[];
  filter: string;
  sampling: TapSampling;
  /** Payload bytes kept per message. */
  maxPayloadBytes: number;
  /** Tab of the detail pane; absent: the one that fits the payload. */
  tab?: string;
}

export const TAP_MAX_SUBJECTS = 32;
/** What a tap shows unless told otherwise: enough to read, little enough for any browser. */
export const TAP_DEFAULT_SAMPLING: TapSampling = { mode: 'rate', perSecond: 2000 };
export const TAP_DEFAULT_PAYLOAD_BYTES = 16_384;
export const TAP_MAX_PAYLOAD_BYTES = 16_777_216;

/** Sampling in a URL: `all`, `rate:200`, `every:100`. */
export function samplingText(sampling: TapSampling): string {
  switch (sampling.mode) {
    case 'all':
      return 'all';
    case 'rate':
      return `rate:${sampling.perSecond}`;
    case 'every':
      return `every:${sampling.n}`;
  }
}

export function parseSampling(text: unknown): TapSampling {
  if (text === 'all') return { mode: 'all' };
  const match = typeof text === 'string' ? /^(rate|every):(\d{1,7})$/.exec(text) : null;
  const value = Number(match?.[2] ?? 0);
  if (match === null || value < 1) return TAP_DEFAULT_SAMPLING;
  return match[1] === 'rate' ? { mode: 'rate', perSecond: value } : { mode: 'every', n: value };
}

function subjectList(value: unknown): string[] {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  const subjects = list.filter((entry): entry is string => typeof entry === 'string' && entry.length > 0 && entry.length <= 1024);
  return [...new Set(subjects)].slice(0, TAP_MAX_SUBJECTS);
}

function payloadBytes(value: unknown): number {
  const bytes = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  return Number.isInteger(bytes) && bytes > 0 && bytes <= TAP_MAX_PAYLOAD_BYTES ? bytes : TAP_DEFAULT_PAYLOAD_BYTES;
}

/** Reads the query of the URL, whatever it holds. */
export function parseTapSearch(query: Record<string, unknown>): TapSearch {
  const tab = query['tab'];
  return {
    account: typeof query['account'] === 'string' ? query['account'].slice(0, 256) : '',
    subjects: subjectList(query['subjects'] ?? query['subject']),
    exclude: subjectList(query['exclude']),
    filter: typeof query['filter'] === 'string' ? query['filter'].slice(0, 1000) : '',
    sampling: parseSampling(query['sampling']),
    maxPayloadBytes: payloadBytes(query['payload']),
    ...(typeof tab === 'string' && tab !== '' ? { tab } : {}),
  };
}

/** The query of the URL; what is as it always is stays out. */
export function tapSearchQuery(search: TapSearch): Record<string, string> {
  const query: Record<string, string> = {};
  if (search.account !== '') query['account'] = search.account;
  if (search.subjects.length > 0) query['subjects'] = search.subjects.join(',');
  if (search.exclude.length > 0) query['exclude'] = search.exclude.join(',');
  if (search.filter !== '') query['filter'] = search.filter;
  const sampling = samplingText(search.sampling);
  if (sampling !== samplingText(TAP_DEFAULT_SAMPLING)) query['sampling'] = sampling;
  if (search.maxPayloadBytes !== TAP_DEFAULT_PAYLOAD_BYTES) query['payload'] = String(search.maxPayloadBytes);
  if (search.tab !== undefined) query['tab'] = search.tab;
  return query;
}

/** What the server is asked for. An invalid filter asks for no filtering; the page shows the mistake. */
export function tapOptionsOf(search: TapSearch): TapOptions {
  const filter = parseFilter(search.filter);
  const serverFilter = serverFilterOf(filter.ok ? filter.node : null);
  return {
    ...(search.account === '' ? {} : { account: search.account }),
    subjects: search.subjects,
    ...(search.exclude.length > 0 ? { exclude: search.exclude } : {}),
    sampling: search.sampling,
    ...(serverFilter === undefined ? {} : { filter: serverFilter }),
    maxPayloadBytes: search.maxPayloadBytes,
  };
}
