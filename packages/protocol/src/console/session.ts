/**
 * Who is logged in. The session itself is an opaque cookie; the page holds only the CSRF token, which goes into the header
 * `x-csrf-token` of every request that is not GET or HEAD.
 *
 *   GET    /api/setup             public   → SetupState
 *   POST   /api/setup             public   SetupRequest → SessionInfo (201); the token of the one-time link, used up by it
 *   GET    /api/session           viewer   → SessionInfo, or 401
 *   POST   /api/session           public   LoginRequest → SessionInfo; 401 for any wrong pair, 429 while backing off
 *   DELETE /api/session           viewer   → 204
 *   POST   /api/session/password  viewer   PasswordChange → 204; every other session of the user ends
 *   GET    /api/sessions          viewer   → { items: SessionRow[] } one's own; `?all=true` everyone's (admin)
 *   DELETE /api/sessions/:id      viewer   → 204; one's own, or anyone's as admin
 */
import type { Role } from './common.ts';

/** Header that carries the CSRF token. */
export const CSRF_HEADER = 'x-csrf-token';

export interface SetupState {
  /** True until the first administrator exists. */
  isRequired: boolean;
}

export interface SetupRequest {
  /** From the one-time link: `/setup#<token>`. */
  token: string;
  username: string;
  /** 12 to 256 characters. */
  password: string;
}

export interface LoginRequest {
  username: string;
  password: string;
}

export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
}

export interface SessionInfo {
  username: string;
  role: Role;
  csrfToken: string;
  /** Without a request for this long the session ends. Live sockets do not count as requests. */
  idleTimeoutMs: number;
  /** The session ends then at the latest. */
  expiresAtMs: number;
  serverTimeMs: number;
}

export interface SessionRow {
  /** Public id, not the secret in the cookie. */
  id: string;
  username: string;
  role: Role;
  isCurrent: boolean;
  address: string;
  userAgent: string;
  createdAtMs: number;
  lastSeenAtMs: number;
  expiresAtMs: number;
  liveSockets: number;
}
