/**
 * People who may use the console; not the users of NATS clients, which are configuration.
 *
 *   GET    /api/users             admin   → Page<ConsoleUser>; sort: username, role, createdAtMs, lastLoginAtMs; q: username
 *   POST   /api/users             admin   CreateUserRequest → ConsoleUser (201)
 *   PATCH  /api/users/:username   admin   UpdateUserRequest → ConsoleUser; every change ends the user's sessions
 *   DELETE /api/users/:username   admin   RemoveUserQuery → 204
 *
 * The last enabled administrator cannot be removed, disabled or demoted (409). So does a change that expects another revision.
 */
import type { Role } from './common.ts';

export interface ConsoleUser {
  username: string;
  role: Role;
  isDisabled: boolean;
  createdAtMs: number;
  updatedAtMs: number;
  lastLoginAtMs: number | null;
  activeSessions: number;
  /** Rises with every change of password, role or state; a login leaves it alone. Send it back with a change. */
  revision: number;
}

export interface CreateUserRequest {
  /** 1 to 64 characters of letters, digits, `.`, `_`, `-`, `@`. */
  username: string;
  /** 12 to 256 characters. */
  password: string;
  role: Role;
}

export interface UpdateUserRequest {
  password?: string;
  role?: Role;
  isDisabled?: boolean;
  /** Only over this revision of the user. */
  expectedRevision?: number;
}

export interface RemoveUserQuery {
  expectedRevision?: number;
}
