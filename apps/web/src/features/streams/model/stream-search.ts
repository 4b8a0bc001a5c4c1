/** What the page of one stream keeps in its URL: the tab, where reading began, what is open. */
import { type ConsumerPreset, type ConsumerSortKey, consumerPresets, consumerSortKeys } from '@sluice/protocol/console';
import { parseDuration } from '../../../lib/duration.ts';
import { type RawSearch, searchNumber, searchOneOf, searchText } from '../../../lib/url-state.ts';

export const streamTabs = ['messages', 'subjects', 'consumers', 'config', 'operations'] as const;
export type StreamTab = (typeof streamTabs)[number];

/** Where the list of messages begins: at an end, at a sequence, at a moment. */
export const seekModes = ['newest', 'oldest', 'seq', 'time'] as const;
export type SeekMode = (typeof seekModes)[number];

export interface StreamSearch {
  readonly account: string;
  readonly tab: StreamTab;
  readonly seek: SeekMode;
  readonly seq: number | null;
  readonly atMs: number | null;
  /** `asc` runs to newer messages, `desc` to older ones. */
  readonly order: 'asc' | 'desc';
  /** Pattern; empty for all subjects. */
  readonly subject: string;
  /** Sequence of the message that is open. */
  readonly open: number | null;
  readonly consumer: string | null;
  /** The list of consumers: which, sorted how. */
  readonly consumers: {
    readonly preset: ConsumerPreset;
    readonly q: string;
    readonly sort: ConsumerSortKey;
    readonly order: 'asc' | 'desc';
  };
  readonly isEditing: boolean;
  /** Subject that the purge form begins with. */
  readonly purge: string;
}

export function parseStreamSearch(search: RawSearch): StreamSearch {
  const seek = searchOneOf(search, 'seek', seekModes) ?? 'newest';
  return {
    account: searchText(search, 'account') ?? '',
    tab: searchOneOf(search, 'tab', streamTabs) ?? 'messages',
    seek,
    seq: searchNumber(search, 'seq') ?? null,
    atMs: searchNumber(search, 'at') ?? null,
    order: orderOf(seek, searchOneOf(search, 'order', ['asc', 'desc'])),
    subject: searchText(search, 'subject') ?? '',
    open: searchNumber(search, 'open') ?? null,
    consumer: searchText(search, 'consumer') ?? null,
    consumers: {
      preset: searchOneOf(search, 'preset', consumerPresets) ?? 'all',
      q: searchText(search, 'q') ?? '',
      sort: searchOneOf(search, 'sort', consumerSortKeys) ?? 'lag',
      order: searchOneOf(search, 'order', ['asc', 'desc']) ?? 'desc',
    },
    isEditing: searchText(search, 'edit') === 'true',
    purge: searchText(search, 'purge') ?? '',
  };
}

/** From an end there is one way only. */
function orderOf(seek: SeekMode, chosen: 'asc' | 'desc' | undefined): 'asc' | 'desc' {
  if (seek === 'newest') return 'desc';
  if (seek === 'oldest') return 'asc';
  return chosen ?? 'asc';
}

/**
 * The moment that `text` names: so long ago (`15m`, `2h30m`, `1d ago`), or in UTC or local time `2026-11-24 14:05:12`, a date alone, or a clock
 * alone for today. Null: none.
 */
export function parseMoment(text: string, zone: 'utc' | 'local', nowMs: number): number | null {
  const agoNs = parseDuration(text.replace(/^\s*-|\s+ago\s*$/g, ''));
  if (agoNs !== null) return agoNs / 1e6 > nowMs ? null : Math.floor(nowMs - agoNs / 1e6);
  const match = /^(?:(\d{4}-\d\d-\d\d)[ T]?)?(?:(\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?)?$/.exec(text.trim());
  if (match === null || (match[1] === undefined && match[2] === undefined)) return null;
  const offsetMs = zone === 'utc' ? 0 : new Date(nowMs).getTimezoneOffset() * 60_000;
  const date = match[1] ?? new Date(nowMs - offsetMs).toISOString().slice(0, 10);
  const atMs = Date.parse(`${date}T${match[2] ?? '00:00'}${match[3] ?? ':00'}Z`);
  return Number.isNaN(atMs) || atMs + offsetMs < 0 ? null : atMs + offsetMs;
}
