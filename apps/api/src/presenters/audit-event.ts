/** Entries of the audit log → events of the overview: what people did stands among what clients do. */
import type { AuditEntry } from '@sluice/protocol/console';
import type { NewEvent } from '../live/event-log.ts';
import { name, sentence } from './sentence.ts';

export function presentAuditEntry(entry: AuditEntry): NewEvent {
  const who = name(entry.actor === '-' ? 'Somebody' : entry.actor);
  const target = entry.target === entry.actor ? '' : ` (${entry.target})`;
  return {
    atMs: entry.atMs,
    kind: 'audit',
    severity: entry.outcome === 'ok' ? 'info' : 'warn',
    sentence: sentence`${who} ${entry.detail}${target}`,
    cid: null,
    account: null,
    link: { label: 'Audit', to: '/audit', search: { seq: String(entry.seq) } },
  };
}
