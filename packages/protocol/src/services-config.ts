/**
 * Shapes of the CONFIG services (`$SYS.REQ.SERVER.<id>.CONFIG[.CHECK|.APPLY]`): the running configuration, a change to it, and
 * what a change did or would do. Values are what is in force; secrets never leave the server. A change is an override on top of
 * file and command line: the broker forgets it when it ends, so whoever applies it keeps it and hands it over at the next start.
 */

/** Where a value comes from, weakest first. */
export type ConfigOrigin = 'default' | 'file' | 'command_line' | 'override';

/** `live`: at once, nobody is disconnected. `reload`: at once, clients may be dropped. `restart`: only a new start takes it. */
export type ConfigEffectName = 'live' | 'reload' | 'restart';

export type ConfigValue = string | number | boolean | null;

export interface ConfigEntry {
  /** As the configuration language spells it, dots between blocks: `max_payload`, `authorization.timeout`. */
  key: string;
  value: ConfigValue;
  default: ConfigValue;
  unit: 'bytes' | 'ms' | 'count' | 'none';
  /** Bounds of a number; absent when there is none. */
  min?: number;
  max?: number;
  origin: ConfigOrigin;
  effect: ConfigEffectName;
  /** True when CONFIG.APPLY takes this key. */
  editable: boolean;
}

export interface ConfigSubjectRules {
  allow: string[];
  deny: string[];
}

export interface ConfigPermissions {
  publish?: ConfigSubjectRules;
  subscribe?: ConfigSubjectRules;
  /** `max` -1 is unlimited; `expires_ms` 0 is never. */
  allow_responses?: { max: number; expires_ms: number };
}

export interface ConfigUser {
  user: string;
  account: string;
  has_password: boolean;
  origin: ConfigOrigin;
  permissions?: ConfigPermissions;
}

export interface RunningConfig {
  /** 1 at start, plus one with every applied change. */
  revision: number;
  /** Microseconds since the epoch. */
  loaded_us: number;
  config_file?: string;
  config_digest: string;
  entries: ConfigEntry[];
  /** Users of the system account are left out. */
  users: ConfigUser[];
  no_auth_user?: string;
  /** True when a client without credentials is let in. */
  anonymous: boolean;
}

export interface ConfigUserChange {
  user: string;
  /** Plain or bcrypt; absent keeps the present one. */
  password?: string;
  account?: string;
  /** `null` removes the user's own permissions; absent keeps them. */
  permissions?: ConfigPermissions | null;
}

export interface ConfigChange {
  /** Refused with a problem at `/revision` when it is not the running one; absent skips the check. */
  revision?: number;
  /** Key → value; `null` goes back to file, command line or default. */
  set?: Record<string, ConfigValue>;
  users?: ConfigUserChange[];
  remove_users?: string[];
}

export interface ConfigReport {
  valid: boolean;
  applied: boolean;
  revision: number;
  /** `path` is a JSON pointer into the ConfigChange. */
  problems: { path: string; message: string }[];
  changes: { path: string; before: unknown; after: unknown; effect: ConfigEffectName; consequence: string }[];
  /** At most 500; `dropped_total` is the true count. */
  dropped: { cid: number; name?: string; user?: string; why: string }[];
  dropped_total: number;
}
