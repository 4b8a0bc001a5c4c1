/**
 * Logins of NATS clients that the server refused, so that "why can this client not connect?" has an answer. Tries of the same
 * user, client and address are one row.
 *
 *   GET /api/auth-failures   viewer   PageQuery → AuthFailuresPage; sort: lastAtMs (default, newest first), tries, user, name, address
 */
import type { Page } from './common.ts';

export const authFailureSortKeys = ['lastAtMs', 'tries', 'user', 'name', 'address'] as const;
export type AuthFailureSortKey = (typeof authFailureSortKeys)[number];

export interface AuthFailureRow {
  /** Stable while the row exists. */
  id: string;
  /** User or NKey that the client said it is; null: it named none. */
  user: string | null;
  /** Name that the client gave itself. */
  name: string | null;
  address: string;
  /** For example `nats.js 3.4.0`; null: not told. */
  client: string | null;
  tries: number;
  firstAtMs: number;
  lastAtMs: number;
  /** What the server said of the newest try. */
  reason: string;
  /** What the configuration says of it, and what would help; null where nothing is known. */
  hint: string | null;
}

export interface AuthFailuresPage extends Page<AuthFailureRow> {
  /** Since when the console listens; earlier ones are known only as far as the server remembers them. */
  sinceMs: number;
}
