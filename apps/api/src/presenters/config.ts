/** RunningConfig and ConfigReport of the broker → the console's shapes, and changes the other way. */
import type { ConfigChange, ConfigPermissions } from '@sluice/protocol';
import type {
  ConfigChangeReport,
  ConfigChangeRequest,
  ConfigEffect,
  ConfigScalar,
  ConfigSetting,
  ConfigSource,
  ConsoleConfig,
  NatsUser,
  NatsUserPermissions,
} from '@sluice/protocol/console';
import {
  booleanAt,
  type JsonRecord,
  numberAt,
  numberOrNull,
  recordAt,
  recordsAt,
  stringAt,
  stringsAt,
  textOrNull,
} from '../nats/json-fields.ts';
import { settingText } from './setting-texts.ts';

/** What the broker does not tell itself. */
export interface ConfigSurroundings {
  /** Null: not known. */
  connectionsOf(username: string): number | null;
  /** Path of the file the broker was started with, or null. */
  readonly configFile: string | null;
}

export function presentConfig(config: JsonRecord, { connectionsOf, configFile }: ConfigSurroundings): ConsoleConfig {
  return {
    revision: numberAt(config, 'revision'),
    loadedAtMs: numberAt(config, 'loaded_us') / 1000,
    configFile: configFile,
    configDigest: stringAt(config, 'config_digest'),
    settings: recordsAt(config, 'entries').map(presentSetting),
    users: recordsAt(config, 'users').map((user) => presentUser(user, connectionsOf)),
    noAuthUser: textOrNull(config, 'no_auth_user'),
    isAnonymousAllowed: booleanAt(config, 'anonymous'),
  };
}

function presentSetting(entry: JsonRecord): ConfigSetting {
  const key = stringAt(entry, 'key');
  const unit = stringAt(entry, 'unit');
  return {
    key,
    ...settingText(key),
    value: scalar(entry['value']),
    defaultValue: scalar(entry['default']),
    unit: unit === 'bytes' || unit === 'ms' || unit === 'count' ? unit : 'none',
    min: numberOrNull(entry, 'min'),
    max: numberOrNull(entry, 'max'),
    source: sourceOf(stringAt(entry, 'origin')),
    effect: effectOf(stringAt(entry, 'effect')),
    isEditable: booleanAt(entry, 'editable'),
  };
}

function presentUser(user: JsonRecord, connectionsOf: (username: string) => number | null): NatsUser {
  const username = stringAt(user, 'user');
  return {
    username,
    account: stringAt(user, 'account', '$G'),
    hasPassword: booleanAt(user, 'has_password'),
    source: sourceOf(stringAt(user, 'origin')),
    permissions: 'permissions' in user ? presentPermissions(recordAt(user, 'permissions')) : null,
    connections: connectionsOf(username),
  };
}

export function presentPermissions(permissions: JsonRecord): NatsUserPermissions {
  const rules = (key: string): { allow: string[]; deny: string[] } => {
    const record = recordAt(permissions, key);
    return { allow: stringsAt(record, 'allow'), deny: stringsAt(record, 'deny') };
  };
  const responses = recordAt(permissions, 'allow_responses');
  return {
    ...('publish' in permissions ? { publish: rules('publish') } : {}),
    ...('subscribe' in permissions ? { subscribe: rules('subscribe') } : {}),
    ...('allow_responses' in permissions
      ? { responses: { maxCount: numberAt(responses, 'max'), expiresMs: numberAt(responses, 'expires_ms') } }
      : {}),
  };
}

/** A change as the broker takes it. Passwords are hashed by the caller. */
export function toConfigChange(request: ConfigChangeRequest): ConfigChange {
  return {
    revision: request.revision,
    ...(request.settings === undefined ? {} : { set: request.settings }),
    ...(request.users === undefined
      ? {}
      : {
          users: request.users.map((user) => ({
            user: user.username,
            ...(user.password === undefined ? {} : { password: user.password }),
            ...(user.account === undefined ? {} : { account: user.account }),
            ...(user.permissions === undefined
              ? {}
              : { permissions: user.permissions === null ? null : toPermissions(user.permissions) }),
          })),
        }),
    ...(request.removeUsers === undefined ? {} : { remove_users: request.removeUsers }),
  };
}

function toPermissions(permissions: NatsUserPermissions): ConfigPermissions {
  const { publish, subscribe, responses } = permissions;
  return {
    ...(publish === undefined ? {} : { publish }),
    ...(subscribe === undefined ? {} : { subscribe }),
    ...(responses === undefined ? {} : { allow_responses: { max: responses.maxCount, expires_ms: responses.expiresMs } }),
  };
}

export function presentReport(report: JsonRecord): ConfigChangeReport {
  const isValid = booleanAt(report, 'valid');
  const isApplied = booleanAt(report, 'applied');
  const changes = recordsAt(report, 'changes').map((change) => ({
    path: changedName(stringAt(change, 'path'), change),
    before: change['before'] ?? null,
    after: change['after'] ?? null,
    effect: effectOf(stringAt(change, 'effect')),
    consequence: stringAt(change, 'consequence'),
  }));
  const droppedTotal = numberAt(report, 'dropped_total');
  return {
    isValid,
    isApplied,
    revision: numberAt(report, 'revision'),
    problems: recordsAt(report, 'problems').map((problem) => ({
      path: requestPath(stringAt(problem, 'path')),
      message: stringAt(problem, 'message'),
    })),
    changes,
    droppedClients: recordsAt(report, 'dropped').map((client) => ({
      cid: numberAt(client, 'cid'),
      name: textOrNull(client, 'name'),
      user: textOrNull(client, 'user'),
      why: stringAt(client, 'why'),
    })),
    droppedTotal,
    message: reportMessage(isValid, isApplied, changes, droppedTotal),
  };
}

function reportMessage(
  isValid: boolean,
  isApplied: boolean,
  changes: readonly { effect: ConfigEffect }[],
  dropped: number,
): string {
  if (!isValid) return 'The change has problems; nothing was changed.';
  if (changes.length === 0) return 'Nothing would change.';
  const waiting = changes.filter((change) => change.effect === 'restart').length;
  const now = changes.length - waiting;
  const parts = [`${count(now, 'value')} ${isApplied ? 'changed now' : 'would change at once'}`];
  if (waiting > 0) parts.push(`${count(waiting, 'value')} at the next restart`);
  if (dropped > 0) parts.push(`${count(dropped, 'client')} ${isApplied ? 'disconnected' : 'would be disconnected'}`);
  return `${parts.join(', ')}.`;
}

function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}

/** JSON pointers of the broker's shape in the words of the request. */
function requestPath(path: string): string {
  return path
    .replace(/^\/set\b/, '/settings')
    .replace(/^\/remove_users\b/, '/removeUsers')
    .replace(/^(\/users\/\d+)\/user\b/, '$1/username');
}

/** What was changed, as the page calls it: a key, or `users[name]`. */
function changedName(path: string, change: JsonRecord): string {
  const key = /^\/set\/(.+)$/.exec(path)?.[1];
  if (key !== undefined) return key.replaceAll('~1', '/').replaceAll('~0', '~');
  if (!/^\/(users|remove_users)\//.test(path)) return path;
  const user = textOrNull(recordAt(change, 'after'), 'user') ?? textOrNull(recordAt(change, 'before'), 'user');
  return user === null ? path : `users[${user}]`;
}

function sourceOf(origin: string): ConfigSource {
  switch (origin) {
    case 'file':
    case 'command_line':
      return origin;
    case 'override':
      return 'console';
    default:
      return 'default';
  }
}

function effectOf(effect: string): ConfigEffect {
  return effect === 'live' || effect === 'reload' ? effect : 'restart';
}

function scalar(value: unknown): ConfigScalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
