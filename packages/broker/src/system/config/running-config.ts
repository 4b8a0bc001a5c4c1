/** CONFIG: what is in force, readable and without secrets. */
import type { ConfigEntry, ConfigOrigin, ConfigPermissions, ConfigUser, RunningConfig } from '@sluice/protocol';
import { DEFAULT_SYSTEM_ACCOUNT, GLOBAL_ACCOUNT } from '../../account/accounts.ts';
import { defaultOptions, type Permissions, type ResolvedOptions, type SubjectRules, type UserOptions } from '../../options.ts';
import type { Server } from '../../server.ts';
import { type ConfigKey, configKeys } from './config-keys.ts';
import type { ConfigState } from './config-state.ts';

/** Every key that can be shown, with the value in force and where it comes from. */
export function buildRunningConfig(server: Server, state: ConfigState): RunningConfig {
  const { options } = server;
  return {
    revision: state.revision,
    loaded_us: server.configLoadUs,
    config_digest: options.configDigest,
    entries: configKeys.map((key) => entryOf(key, options, state)),
    users: visibleUsers(options).map((user) => userOf(user, options, state)),
    ...(options.auth.noAuthUser === undefined ? {} : { no_auth_user: options.auth.noAuthUser }),
    anonymous: !server.authenticator.isRequired || options.auth.noAuthUser !== undefined,
  };
}

/** Users that an operator may see and change: all but those of the system account and hidden ones. */
export function visibleUsers(options: ResolvedOptions): UserOptions[] {
  const system = options.systemAccount ?? DEFAULT_SYSTEM_ACCOUNT;
  return options.auth.users.filter((user) => user.account !== system && user.isHidden !== true);
}

function entryOf(key: ConfigKey, options: ResolvedOptions, state: ConfigState): ConfigEntry {
  return {
    key: key.key,
    value: key.read(options),
    default: key.read(defaultOptions),
    unit: key.unit,
    ...(key.min === undefined ? {} : { min: key.min }),
    ...(key.max === undefined ? {} : { max: key.max }),
    origin: state.overriddenKeys.has(key.key) ? 'override' : originOf(key, state.base),
    effect: key.effect,
    editable: key.write !== undefined,
  };
}

/** The options do not say where a value came from; a value that is not the default was given, in a file if there is one. */
function originOf(key: ConfigKey, base: ResolvedOptions): ConfigOrigin {
  return key.read(base) === key.read(defaultOptions) ? 'default' : givenOrigin(base);
}

function givenOrigin(base: ResolvedOptions): ConfigOrigin {
  return base.configDigest === '' ? 'command_line' : 'file';
}

function userOf(user: UserOptions, options: ResolvedOptions, state: ConfigState): ConfigUser {
  const permissions = configPermissions(user.permissions ?? options.auth.defaultPermissions);
  return {
    user: user.user,
    account: user.account ?? GLOBAL_ACCOUNT,
    has_password: user.password !== undefined,
    origin: state.overriddenUsers.has(user.user) ? 'override' : givenOrigin(state.base),
    ...(permissions === undefined ? {} : { permissions }),
  };
}

/** Permissions in the words of the configuration services. */
export function configPermissions(permissions: Permissions | undefined): ConfigPermissions | undefined {
  if (permissions === undefined) return undefined;
  const { publish, subscribe, allowResponses } = permissions;
  return {
    ...(publish === undefined ? {} : { publish: rulesOf(publish) }),
    ...(subscribe === undefined ? {} : { subscribe: rulesOf(subscribe) }),
    ...(allowResponses === undefined
      ? {}
      : { allow_responses: { max: allowResponses.maxCount, expires_ms: allowResponses.expiresMs } }),
  };
}

function rulesOf(rules: SubjectRules): { allow: string[]; deny: string[] } {
  return { allow: [...rules.allow], deny: [...rules.deny] };
}
