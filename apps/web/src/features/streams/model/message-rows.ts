/** The rows of a list of messages: what was read, and between it what was deleted. Pure. */
import type { StoredMessage } from '@sluice/protocol/console';

export type MessageRow =
  | { readonly kind: 'message'; readonly message: StoredMessage }
  | { readonly kind: 'gap'; readonly fromSeq: number; readonly toSeq: number };

export function rowKeyOf(row: MessageRow): string {
  return row.kind === 'message' ? String(row.message.seq) : `gap ${row.fromSeq}`;
}

/**
 * Rows of `messages`, which run either way. Sequences that are missing between two neighbours were deleted, unless a filter
 * `isFiltered` left them out.
 */
export function messageRows(messages: readonly StoredMessage[], isFiltered: boolean): MessageRow[] {
  const rows: MessageRow[] = [];
  let before: StoredMessage | undefined;
  for (const message of messages) {
    const missing = before === undefined ? 0 : Math.abs(message.seq - before.seq) - 1;
    if (!isFiltered && missing > 0 && before !== undefined) {
      const low = Math.min(before.seq, message.seq);
      rows.push({ kind: 'gap', fromSeq: low + 1, toSeq: low + missing });
    }
    rows.push({ kind: 'message', message });
    before = message;
  }
  return rows;
}

/** Sequence of the message `step` rows after the one of `seq`; null past an end. */
export function neighbour(messages: readonly StoredMessage[], seq: number, step: 1 | -1): number | null {
  const index = messages.findIndex((message) => message.seq === seq);
  return index < 0 ? null : (messages[index + step]?.seq ?? null);
}
