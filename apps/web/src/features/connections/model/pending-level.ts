/**
 * How bad waiting output is. A busy client always has a few bytes on their way, which is no finding; what matters is how near it
 * is to the limit at which the server cuts it off. Pure.
 */
import type { ConnectionRow } from '@sluice/protocol/console';

export type PendingLevel = 'none' | 'warn' | 'bad';

/** nats-server's default for `max_pending`, where the server does not tell its own. Bytes. */
export const MAX_PENDING_DEFAULT_BYTES = 67_108_864;
const WARN_SHARE = 0.02;
const BAD_SHARE = 0.5;

/** `warn` from 2 % of the limit, `bad` from half of it. */
export function pendingLevel(row: Pick<ConnectionRow, 'pendingBytes'>, maxPendingBytes: number | null): PendingLevel {
  const share = row.pendingBytes / (maxPendingBytes ?? MAX_PENDING_DEFAULT_BYTES);
  if (share >= BAD_SHARE) return 'bad';
  return share >= WARN_SHARE ? 'warn' : 'none';
}
