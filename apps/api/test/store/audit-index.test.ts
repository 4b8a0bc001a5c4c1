/** The index of the audit log finds what reading through everything would find. */
import type { AuditEntry, AuditOutcome } from '@sluice/protocol/console';
import { describe, expect, it } from 'vitest';
import { AuditIndex } from '../../src/store/audit-index.ts';
import type { AuditFilter } from '../../src/store/console-store.ts';

const outcomes: readonly AuditOutcome[] = ['ok', 'denied', 'failed'];
const actors = ['kim', 'lee', 'Zoë', '-'];
const actions = ['user.create', 'user', 'users.list', 'connection.kick', 'kv.put'];

/** More than two blocks, with holes between the sequences as unreadable messages leave them. */
const entries = Array.from({ length: 9000 }, (_, index): { entry: AuditEntry; streamSeq: number } => ({
  streamSeq: index * 2 + 5,
  entry: {
    seq: index + 1,
    atMs: 1_000_000 + index * 10,
    actor: actors[index % 4] ?? '',
    address: '10.0.0.1',
    action: actions[index % 5] ?? '',
    target: `Truck ${index % 97}`,
    outcome: outcomes[index % 3] ?? 'ok',
    detail: index % 1000 === 7 ? 'kicked ÜBER Truck' : `changed ${index}`,
    hash: index.toString(16).padStart(64, '0'),
  },
}));

function filled(): AuditIndex {
  const index = new AuditIndex();
  for (const { entry, streamSeq } of entries) index.add(entry, streamSeq);
  return index;
}

/** The same by looking at each entry. */
function fits(
  entry: AuditEntry,
  { actor, action, outcome, fromMs = 0, toMs = Number.MAX_VALUE, text = '' }: AuditFilter,
): boolean {
  const isAction = action === undefined || entry.action === action || entry.action.startsWith(`${action}.`);
  const isOther = (actor !== undefined && actor !== entry.actor) || (outcome !== undefined && outcome !== entry.outcome);
  const fields = [entry.actor, entry.action, entry.target, entry.detail].map((field) => field.toLowerCase());
  const hasText = fields.some((field) => field.includes(text.toLowerCase()));
  return isAction && !isOther && hasText && entry.atMs >= fromMs && entry.atMs <= toMs;
}

describe('the index of the audit log', () => {
  const index = filled();
  it.each<[string, AuditFilter]>([
    ['everything', {}],
    ['an actor', { actor: 'lee' }],
    ['an actor nobody is', { actor: 'nobody' }],
    ['a whole action', { action: 'connection.kick' }],
    ['the beginning of an action, by words', { action: 'user' }],
    ['an outcome in a span of time', { outcome: 'denied', fromMs: 1_030_000, toMs: 1_060_000 }],
    ['a text, whatever its case', { text: 'tRuck 9' }],
    ['a text beyond ASCII', { text: 'über' }],
    ['a text that only some fields of neighbours make together', { text: 'kimuser' }],
    ['all of it at once', { actor: 'kim', action: 'kv', outcome: 'ok', text: 'changed 8' }],
  ])('finds %s on every page, in both directions', (_name, filter) => {
    const expected = entries.filter(({ entry }) => fits(entry, filter)).map(({ streamSeq }) => streamSeq);
    for (const isAscending of [true, false]) {
      const ordered = isAscending ? expected : expected.toReversed();
      const offsets = [0, 3, Math.floor(expected.length / 2), expected.length - 1, expected.length + 4].filter((at) => at >= 0);
      for (const offset of offsets) {
        const { hits, total } = index.find(filter, { offset, limit: 60, isAscending });
        expect(total).toBe(expected.length);
        expect(hits.map(({ streamSeq }) => streamSeq)).toEqual(ordered.slice(offset, offset + 60));
      }
    }
  });

  it('knows the hash before each entry, across blocks too', () => {
    const { hits } = index.find({}, { offset: 4094, limit: 4, isAscending: true });
    expect(hits.map(({ hashBefore }) => Number.parseInt(hashBefore ?? '', 16))).toEqual([4093, 4094, 4095, 4096]);
    expect(index.find({}, { offset: 0, limit: 1, isAscending: true }).hits[0]?.hashBefore).toBeUndefined();
  });

  it('finds what is added after a search, and not what the stream has let go of', () => {
    const other = new AuditIndex();
    for (const { entry, streamSeq } of entries.slice(0, 5000)) other.add(entry, streamSeq);
    expect(other.find({ text: 'changed 5000' }, { offset: 0, limit: 9, isAscending: true }).total).toBe(0);
    for (const { entry, streamSeq } of entries.slice(5000)) other.add(entry, streamSeq);
    expect(other.find({ text: 'changed 5000' }, { offset: 0, limit: 9, isAscending: true }).total).toBe(1);
    for (const gone of [10, 4095, 4096, 6000]) {
      other.dropBefore(entries[gone]?.streamSeq ?? 0);
      expect(other.count).toBe(entries.length - gone);
      const { hits, total } = other.find({}, { offset: 0, limit: 1, isAscending: true });
      expect([hits[0]?.streamSeq, total]).toEqual([entries[gone]?.streamSeq, entries.length - gone]);
      const last = { fromMs: entries[gone - 1]?.entry.atMs ?? 0, toMs: entries[gone - 1]?.entry.atMs ?? 0, text: 'changed' };
      expect(other.find(last, { offset: 0, limit: 1, isAscending: true }).hits).toEqual([]);
    }
  });
});
