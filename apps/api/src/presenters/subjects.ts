/** SUBJECTZ statistics and SUBSZ subscriptions → rows of the subject tree. */
import type { SubjectRow } from '@sluice/protocol/console';
import { booleanAt, type JsonRecord, numberAt, numberOrNull, stringAt } from '../nats/json-fields.ts';

/** A counted subject, or a node of the tree. */
export function presentSubject(entry: JsonRecord, isTree: boolean): SubjectRow {
  const subject = stringAt(entry, 'subject');
  const subjects = numberAt(entry, 'subjects', 1);
  const publishers = entry['publishers'];
  const lastSeenUs = numberOrNull(entry, 'last_seen_us');
  const hasChildren = isTree && (subjects > 1 || booleanAt(entry, 'has_children'));
  return {
    subject,
    token: subject.slice(subject.lastIndexOf('.') + 1),
    subjects,
    hasChildren,
    isLeaf: !hasChildren,
    messages: numberAt(entry, 'messages'),
    bytes: numberAt(entry, 'bytes'),
    msgsPerS: numberAt(entry, 'messages_per_s'),
    bytesPerS: numberAt(entry, 'bytes_per_s'),
    publishers: Array.isArray(publishers) ? publishers.length : null,
    hasMorePublishers: booleanAt(entry, 'publishers_more'),
    subscribers: numberAt(entry, 'subscribers'),
    lastSeenAtMs: lastSeenUs === null ? null : lastSeenUs / 1000,
    isEstimate: booleanAt(entry, 'is_estimate'),
  };
}

/** A subject known from subscriptions only. */
export function interestRow(
  subject: string,
  subjects: number,
  subscribers: number,
  isTree: boolean,
  isLeaf: boolean,
): SubjectRow {
  return {
    subject,
    token: subject.slice(subject.lastIndexOf('.') + 1),
    subjects,
    hasChildren: isTree && (subjects > 1 || !isLeaf),
    isLeaf,
    messages: null,
    bytes: null,
    msgsPerS: null,
    bytesPerS: null,
    publishers: null,
    hasMorePublishers: false,
    subscribers,
    lastSeenAtMs: null,
    isEstimate: false,
  };
}
