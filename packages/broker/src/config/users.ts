/** Lists of users, in `authorization` and in accounts. Source: nats-server server/opts.go parseUsers. */
import { decodePublicNkey } from '@sluice/protocol';
import type { ConfigNode } from '@sluice/protocol/config';
import type { Permissions, UserOptions } from '../options.ts';
import { boolean, defineFields, readFields, readStrings, text } from './fields.ts';
import { goText } from './go-values.ts';
import { readPermissions } from './permissions.ts';
import { type ConfigReport, quoted } from './report.ts';

/** Kinds of connections, as a user may be limited to them. */
const CONNECTION_TYPES: ReadonlySet<string> = new Set([
  'STANDARD',
  'WEBSOCKET',
  'LEAFNODE',
  'LEAFNODE_WS',
  'MQTT',
  'MQTT_WS',
  'IN_PROCESS',
]);

interface UserDraft {
  user: string;
  password: string;
  nkey: string;
  permissions?: Permissions;
  allowedConnectionTypes?: string[];
  proxyRequired?: boolean;
}

const userFields = defineFields<UserDraft>({
  nkey: text((draft, value) => {
    draft.nkey = value;
  }),
  'user username': text((draft, value) => {
    draft.user = value;
  }),
  'pass password': text((draft, value) => {
    draft.password = value;
  }),
  'permission permissions authorization': (node, draft, report) => {
    const permissions = readPermissions(node, report);
    if (permissions !== undefined) draft.permissions = permissions;
  },
  'allowed_connection_types connection_types clients': (node, draft, report) => {
    const types = readConnectionTypes(node, report);
    if (types !== undefined) draft.allowedConnectionTypes = types;
  },
  proxy_required: boolean((draft, value) => {
    draft.proxyRequired = value;
  }),
});

function readConnectionTypes(node: ConfigNode, report: ConfigReport): string[] | undefined {
  const types = readStrings(node, 'allowed connection types', report)?.map((type) => type.toUpperCase());
  const unknown = types?.filter((type) => !CONNECTION_TYPES.has(type)) ?? [];
  if (unknown.length > 0) report.error(node, `invalid connection types [${unknown.map(quoted).join(' ')}]`);
  return types;
}

/**
 * The users of a list, without account; undefined when it is no list or an entry is useless. An error about
 * the list itself names its place unless `hasPlace` is false.
 */
export function readUsers(node: ConfigNode, report: ConfigReport, hasPlace = true): UserOptions[] | undefined {
  if (node.value.kind !== 'array') {
    report.error(hasPlace ? node : undefined, `Expected users field to be an array, got ${goText(node.value)}`);
    return undefined;
  }
  const users: UserOptions[] = [];
  for (const item of node.value.items) {
    if (item.value.kind !== 'map') {
      report.error(item, `Expected user entry to be a map/struct, got ${goText(item.value)}`);
      continue;
    }
    const draft: UserDraft = { user: '', password: '', nkey: '' };
    const wrongTypeCount = report.wrongTypeCount;
    readFields(userFields, item.value, draft, report);
    if (report.wrongTypeCount > wrongTypeCount) return undefined;
    // The error stands where the last key of the entry does.
    const last = [...item.value.entries.values()].at(-1) ?? item;
    const problem = userProblem(draft);
    if (problem !== undefined) {
      report.error(last, problem);
      return undefined;
    }
    users.push(toUser(draft));
  }
  return users;
}

function userProblem(draft: UserDraft): string | undefined {
  if (draft.nkey === '') return draft.user === '' ? 'User entry requires a user' : undefined;
  if (decodePublicNkey(draft.nkey)?.kind !== 'user') return 'Not a valid public nkey for a user';
  return draft.user !== '' || draft.password !== '' ? 'Nkey users do not take usernames or passwords' : undefined;
}

function toUser(draft: UserDraft): UserOptions {
  const { permissions, allowedConnectionTypes, proxyRequired } = draft;
  const name = draft.nkey === '' ? { user: draft.user, password: draft.password } : { user: draft.nkey, nkey: draft.nkey };
  return {
    ...name,
    ...(permissions === undefined ? {} : { permissions }),
    ...(allowedConnectionTypes === undefined ? {} : { allowedConnectionTypes }),
    ...(proxyRequired === undefined ? {} : { proxyRequired }),
  };
}

/** Users without permissions of their own get the default ones. */
export function withDefaultPermissions(users: readonly UserOptions[], permissions: Permissions | undefined): UserOptions[] {
  return users.map((user) => (permissions === undefined || user.permissions !== undefined ? user : { ...user, permissions }));
}

/** Adds users, whose names must be new; `node` is where an error is shown. */
export function addUsers(known: UserOptions[], added: readonly UserOptions[], node: ConfigNode, report: ConfigReport): void {
  const names = new Set(known.map(({ user }) => user));
  for (const user of added) {
    if (names.has(user.user)) {
      report.error(node, `Duplicate ${user.nkey === undefined ? 'user' : 'nkey'} ${quoted(user.user)} detected`);
      continue;
    }
    names.add(user.user);
    known.push(user);
  }
}
