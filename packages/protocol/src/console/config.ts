/**
 * The running configuration and changes to it. Passwords never leave the server; `null` sets a value back to what the file,
 * the command line or the default says.
 *
 *   GET  /api/config         viewer     → ConsoleConfig
 *   POST /api/config/check   operator   ConfigChangeRequest → ConfigChangeReport; changes nothing
 *   POST /api/config/apply   operator   ConfigChangeRequest → ConfigChangeReport; kept across restarts; 409 when `revision` is old
 */
import type { SubjectRuleSet } from './connections.ts';

/** `live`: at once, for everybody. `reload`: at once, may disconnect clients. `restart`: the broker must start anew. */
export type ConfigEffect = 'live' | 'reload' | 'restart';

export type ConfigSource = 'default' | 'file' | 'command_line' | 'console';

export type ConfigScalar = string | number | boolean | null;

export interface ConfigSetting {
  /** As nats-server spells it: `max_payload`. */
  key: string;
  title: string;
  description: string;
  /** Heading it stands under. */
  section: string;
  value: ConfigScalar;
  defaultValue: ConfigScalar;
  unit: 'bytes' | 'ms' | 'count' | 'none';
  /** For numbers. */
  min: number | null;
  max: number | null;
  source: ConfigSource;
  effect: ConfigEffect;
  isEditable: boolean;
}

export interface NatsUserPermissions {
  publish?: SubjectRuleSet;
  subscribe?: SubjectRuleSet;
  /** `maxCount` -1 is unlimited, `expiresMs` 0 is never. */
  responses?: { maxCount: number; expiresMs: number };
}

export interface NatsUser {
  username: string;
  account: string;
  hasPassword: boolean;
  source: ConfigSource;
  permissions: NatsUserPermissions | null;
  connections: number | null;
}

export interface ConsoleConfig {
  /** Goes up with every applied change; send it back with a change. */
  revision: number;
  loadedAtMs: number;
  configFile: string | null;
  configDigest: string;
  settings: ConfigSetting[];
  users: NatsUser[];
  /** User that clients without credentials become; null: not set. */
  noAuthUser: string | null;
  /** True when a client without credentials is let in. */
  isAnonymousAllowed: boolean;
}

export interface NatsUserChange {
  username: string;
  /** Needed for a new user; absent keeps the old one. At most 256 characters. */
  password?: string;
  account?: string;
  permissions?: NatsUserPermissions | null;
}

export interface ConfigChangeRequest {
  revision: number;
  /** Key → value; null = back to file or default. At most 64. */
  settings?: Record<string, ConfigScalar>;
  /** Added or replaced; at most 1000. */
  users?: NatsUserChange[];
  removeUsers?: string[];
}

export interface ConfigProblem {
  /** JSON pointer into the request: `/settings/max_payload`, `/users/0/permissions/publish/allow/1`. */
  path: string;
  message: string;
}

export interface ConfigChangeLine {
  /** `max_payload` or `users[billing].permissions.publish`. */
  path: string;
  before: unknown;
  after: unknown;
  effect: ConfigEffect;
  /** What it means, in words. */
  consequence: string;
}

export interface ConfigDroppedClient {
  cid: number;
  name: string | null;
  user: string | null;
  why: string;
}

export interface ConfigChangeReport {
  isValid: boolean;
  isApplied: boolean;
  /** Revision after the change, or the present one. */
  revision: number;
  problems: ConfigProblem[];
  changes: ConfigChangeLine[];
  /** Cut at 500; `droppedTotal` is the true count. */
  droppedClients: ConfigDroppedClient[];
  droppedTotal: number;
  /** A sentence: what happened, or would. */
  message: string;
}
