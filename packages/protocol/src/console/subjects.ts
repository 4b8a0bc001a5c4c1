/**
 * Subjects that are published (with rates, while statistics run) or subscribed.
 *
 *   GET /api/subjects          viewer   SubjectsQuery → SubjectsPage
 *   GET /api/subjects/detail   viewer   ?subject=&account= → SubjectDetail
 */
import type { Page, PageQuery } from './common.ts';

export const subjectSortKeys = ['msgsPerS', 'bytesPerS', 'messages', 'bytes', 'lastSeenAtMs', 'subject'] as const;
export type SubjectSortKey = (typeof subjectSortKeys)[number];

/**
 * `view: tree` gives the children of `prefix` (the roots when absent), one level, sorted; `flat` gives whole subjects.
 * `q` is a subject or a pattern with wildcards; plain text without dots matches subjects that contain it.
 */
export interface SubjectsQuery extends PageQuery {
  account?: string;
  view?: 'tree' | 'flat';
  /** Literal tokens, `orders.eu`. */
  prefix?: string;
  /** Show `$…` and `_INBOX.>`. Default false. */
  includeSystem?: boolean;
}

export interface SubjectRow {
  /** Whole subject, or in a tree the prefix up to and including this token. */
  subject: string;
  /** Last token. */
  token: string;
  /** Subjects below and including this one. */
  subjects: number;
  hasChildren: boolean;
  /** True when a subject of exactly this name is published or subscribed. */
  isLeaf: boolean;
  /** Null when the server keeps no statistics for published subjects. */
  messages: number | null;
  bytes: number | null;
  msgsPerS: number | null;
  bytesPerS: number | null;
  publishers: number | null;
  /** True: `publishers` is a lower bound. */
  hasMorePublishers: boolean;
  subscribers: number;
  lastSeenAtMs: number | null;
  /** Counts are an upper estimate. */
  isEstimate: boolean;
}

export interface SubjectsPage extends Page<SubjectRow> {
  asOfMs: number;
  account: string;
  /** `published`: counted by the server since `sinceMs`. `interest`: only what subscriptions tell. */
  source: 'published' | 'interest';
  sinceMs: number | null;
  tracked: number | null;
  trackedMax: number | null;
  /** Messages that were not counted subject by subject. */
  untrackedMessages: number | null;
}

export interface SubjectPublisher {
  cid: number;
  name: string | null;
  user: string | null;
}

export interface SubjectSubscriberGroup {
  /** Null: plain subscriptions. */
  queue: string | null;
  /** Pattern they subscribed. */
  subject: string;
  subscriptions: number;
  messages: number;
  members: { cid: number; name: string | null; user: string | null }[];
}

export interface SubjectDetail {
  asOfMs: number;
  row: SubjectRow;
  publishers: SubjectPublisher[];
  groups: SubjectSubscriberGroup[];
}
