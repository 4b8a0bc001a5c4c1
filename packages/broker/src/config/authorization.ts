/** The `authorization` block: one user, a token, a list of users, or an outside service. Source: nats-server server/opts.go parseAuthorization. */
import { NS_PER_SECOND, parseDuration } from '@sluice/protocol';
import type { ConfigNode } from '@sluice/protocol/config';
import type { CalloutOptions, Permissions, UserOptions } from '../options.ts';
import { readCallout } from './auth-callout.ts';
import { boolean, defineFields, type FieldReader, readFields, text, wrongType } from './fields.ts';
import { goText } from './go-values.ts';
import { readPermissions } from './permissions.ts';
import type { ConfigReport } from './report.ts';
import type { ServerSettings } from './settings.ts';
import { addUsers, readUsers, withDefaultPermissions } from './users.ts';

/** A longer time to authenticate is taken, but is most likely a duration without quotes. */
const LONG_TIMEOUT_SECONDS = 60;

export interface AuthorizationDraft {
  user: string;
  password: string;
  token: string;
  timeoutMs?: number;
  users?: UserOptions[];
  defaultPermissions?: Permissions;
  hasCallout: boolean;
  callout?: CalloutOptions;
  proxyRequired: boolean;
}

/** Seconds as a number, or a duration; `what` begins the error texts. */
export function timeoutField<D>(what: string, set: (draft: D, ms: number) => void): FieldReader<D> {
  return (node, draft, report, key) => {
    const seconds = readSeconds(node, what, report);
    if (seconds === undefined) return;
    if (seconds > LONG_TIMEOUT_SECONDS) {
      const why =
        `timeout of ${goText(node.value)} (${seconds.toFixed(6)} seconds) is high, consider keeping it under 60 seconds. ` +
        "possibly caused by unquoted duration; use '1m' instead of 1m, for example";
      report.misuse(node, key, why);
    }
    set(draft, seconds * 1000);
  };
}

/** Seconds of a timeout. */
export function readSeconds(node: ConfigNode, what: string, report: ConfigReport): number | undefined {
  const { value } = node;
  if (value.kind === 'integer' || value.kind === 'float') return Number(value.value);
  if (value.kind !== 'string') {
    report.error(node, `error parsing ${what}, 'timeout' wrong type`);
    return undefined;
  }
  const parsed = parseDuration(value.text);
  if (parsed.ok) return parsed.ns / NS_PER_SECOND;
  report.error(node, `error parsing ${what}, 'timeout' ${parsed.error}`);
  return undefined;
}

const authorizationFields = defineFields<AuthorizationDraft>({
  'user username': text((draft, value) => {
    draft.user = value;
  }),
  'pass password': text((draft, value) => {
    draft.password = value;
  }),
  token: text((draft, value) => {
    draft.token = value;
  }),
  timeout: timeoutField('authorization config', (draft, ms) => {
    draft.timeoutMs = ms;
  }),
  users: (node, draft, report) => {
    const users = readUsers(node, report);
    if (users !== undefined) draft.users = users;
  },
  'default_permission default_permissions permissions': (node, draft, report) => {
    const permissions = readPermissions(node, report);
    if (permissions !== undefined) draft.defaultPermissions = permissions;
  },
  'auth_callout auth_hook': (node, draft, report) => {
    draft.hasCallout = true;
    const callout = readCallout(node, report);
    if (callout !== undefined) draft.callout = callout;
  },
  proxy_required: boolean((draft, value) => {
    draft.proxyRequired = value;
  }),
});

/** The block as it stands, users with default permissions filled in; undefined when it is no block. */
export function readAuthorization(node: ConfigNode, report: ConfigReport): AuthorizationDraft | undefined {
  if (node.value.kind !== 'map') {
    wrongType(node, 'map[string]interface {}', report);
    return undefined;
  }
  const draft: AuthorizationDraft = { user: '', password: '', token: '', hasCallout: false, proxyRequired: false };
  readFields(authorizationFields, node.value, draft, report);
  if (draft.users !== undefined) draft.users = withDefaultPermissions(draft.users, draft.defaultPermissions);
  return draft;
}

/** The block at the top level, which shares its users with the accounts. */
export function readTopAuthorization(node: ConfigNode, settings: ServerSettings, report: ConfigReport): void {
  const draft = readAuthorization(node, report);
  // Go goes on with what it has not got, and says so.
  if (draft === undefined) return report.error(node, 'runtime error: invalid memory address or nil pointer dereference');
  const { user, password, token, timeoutMs, users } = draft;
  settings.authorization = {
    ...(user === '' ? {} : { user }),
    ...(password === '' ? {} : { password }),
    ...(token === '' ? {} : { token }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(draft.callout === undefined ? {} : { callout: draft.callout }),
  };
  if ((user !== '' || password !== '') && token !== '') return report.error(node, 'Cannot have a user/pass and token');
  const known = settings.users ?? [];
  if (users === undefined && known.length === 0) return;
  if (user !== '') return report.error(node, 'Can not have a single user/pass and a users array');
  if (token !== '') return report.error(node, 'Can not have a token and a users array');
  addUsers(known, users ?? [], node, report);
  settings.users = known;
}
