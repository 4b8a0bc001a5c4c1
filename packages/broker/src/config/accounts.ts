/** The `accounts` block. Source: nats-server server/opts.go parseAccounts. */
import { decodePublicNkey, isLiteralSubject } from '@sluice/protocol';
import type { ConfigMap, ConfigNode } from '@sluice/protocol/config';
import type { AccountOptions, JetStreamAccountLimits, Permissions, UserOptions } from '../options.ts';
import { checkExchanges, readExports, readImports } from './account-exchange.ts';
import { readAccountJetStream } from './account-jetstream.ts';
import { defineFields, type FieldReader, readFields, readInteger, wrongType } from './fields.ts';
import { goText, goType } from './go-values.ts';
import { readMappings } from './mappings.ts';
import { readPermissions } from './permissions.ts';
import { type ConfigReport, quoted } from './report.ts';
import type { ServerSettings } from './settings.ts';
import { addUsers, readUsers, withDefaultPermissions } from './users.ts';

/** The account of everybody who is not bound to one; it may not be configured by name. */
export const GLOBAL_ACCOUNT = '$G';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface AccountDraft extends Mutable<AccountOptions> {
  users?: UserOptions[];
  usersNode?: ConfigNode;
  permissions?: Permissions;
}

/** Reads all accounts and their users into the settings. */
export function readAccounts(node: ConfigNode, settings: ServerSettings, report: ConfigReport): void {
  const { value } = node;
  if (value.kind === 'array') return readAccountNames(node, settings, report);
  if (value.kind !== 'map') return;
  const errorCount = report.errors.length;
  for (const [name, child] of value.entries) {
    // A key that served as a variable is no account.
    if (child.isUsedVariable) continue;
    if (child.value.kind !== 'map') report.error(child, 'Expected map entries for accounts');
    else if (name === GLOBAL_ACCOUNT) report.error(child, `${quoted(name)} is a Reserved Account`);
    else readAccount(name, child.value, settings, report);
  }
  if (report.errors.length === errorCount) checkExchanges(node, settings.accounts, report);
}

function readAccountNames(node: ConfigNode, settings: ServerSettings, report: ConfigReport): void {
  const names = new Set<string>();
  for (const item of node.value.kind === 'array' ? node.value.items : []) {
    if (item.value.kind !== 'string') {
      wrongType(item, 'string', report);
      continue;
    }
    const name = item.value.text;
    if (name === GLOBAL_ACCOUNT) report.error(item, `${quoted(name)} is a Reserved Account`);
    else if (names.has(name)) report.error(item, `Duplicate Account Entry: ${name}`);
    else settings.accounts.push({ name });
    names.add(name);
  }
}

function readAccount(name: string, block: ConfigMap, settings: ServerSettings, report: ConfigReport): void {
  const draft: AccountDraft = { name };
  readFields(accountFields, block, draft, report);
  const { users = [], usersNode, permissions, ...account } = draft;
  settings.accounts.push({ ...account, ...(permissions === undefined ? {} : { defaultPermissions: permissions }) });
  if (usersNode === undefined) return;
  const { user, token } = settings.authorization;
  if (users.length > 0 && user !== undefined) return report.error(usersNode, 'Can not have a single user/pass and accounts');
  if (users.length > 0 && token !== undefined) return report.error(usersNode, 'Can not have a token and accounts');
  settings.users ??= [];
  const own = withDefaultPermissions(users, permissions).map((entry) => ({ ...entry, account: name }));
  addUsers(settings.users, own, usersNode, report);
}

const limit = (set: (draft: AccountDraft, count: number) => void): FieldReader<AccountDraft> => {
  return (node, draft, report) => {
    const count = readInteger(node, report);
    // The server keeps these as int32; negative ones are unlimited.
    if (count !== undefined && count >= 0) set(draft, Math.min(count, 2 ** 31 - 1));
  };
};

const limitFields = defineFields<AccountDraft>({
  'max_connections max_conn': limit((draft, count) => {
    draft.maxConnections = count;
  }),
  'max_subscriptions max_subs': limit((draft, count) => {
    draft.maxSubscriptions = count;
  }),
  'max_payload max_pay': limit((draft, count) => {
    draft.maxPayloadBytes = count;
  }),
  'max_leafnodes max_leafs': limit((draft, count) => {
    draft.maxLeafNodes = count;
  }),
});

const accountFields = defineFields<AccountDraft>({
  nkey: (node, draft, report) => {
    const key = node.value.kind === 'string' ? node.value.text : undefined;
    if (key !== undefined && decodePublicNkey(key)?.kind === 'account') draft.nkey = key;
    else report.error(node, `Not a valid public nkey for an account: ${quoted(goText(node.value))}`);
  },
  imports: (node, draft, report) => {
    draft.imports = readImports(node, report);
  },
  exports: (node, draft, report) => {
    draft.exports = readExports(node, report);
  },
  jetstream: (node, draft, report) => {
    const limits: JetStreamAccountLimits | undefined = readAccountJetStream(node, report);
    if (limits === undefined) return;
    draft.jetstream = limits;
  },
  users: (node, draft, report) => {
    const users = readUsers(node, report, false);
    if (users === undefined) return;
    draft.users = users;
    draft.usersNode = node;
  },
  default_permissions: (node, draft, report) => {
    const permissions = readPermissions(node, report);
    if (permissions !== undefined) draft.permissions = permissions;
  },
  'mappings maps': (node, draft, report) => {
    draft.mappings = readMappings(node, report);
  },
  limits: (node, draft, report) => {
    if (node.value.kind !== 'map') {
      return report.error(node, `Expected account limits to be a map/struct, got ${goText(node.value)}`);
    }
    for (const [key, child] of node.value.entries) {
      const reader = limitFields.get(key.toLowerCase());
      if (reader !== undefined) reader(child, draft, report, key);
      else if (!child.isUsedVariable) report.error(child, `Unknown field ${quoted(key)} parsing account limits`);
    }
  },
  'msg_trace trace_dest': (node, draft, report, key) => readTraceDestination(node, draft, report, key),
});

function readTraceDestination(node: ConfigNode, draft: AccountDraft, report: ConfigReport, key: string): void {
  const { value } = node;
  if (value.kind !== 'string' && value.kind !== 'map') {
    return report.error(
      node,
      `Expected account message trace ${quoted(key)} to be a string or a map/struct, got ${goType(value)}`,
    );
  }
  let subject = '';
  let samplingPercent = 0;
  for (const [name, child] of value.kind === 'map' ? value.entries : new Map([['dest', node]])) {
    const lower = name.toLowerCase();
    const shownName = value.kind === 'map' ? name : key;
    if (lower === 'dest') {
      const problem = traceSubjectProblem(child, shownName);
      if (problem !== undefined) return report.error(child, problem);
      subject = goText(child.value);
    } else if (lower === 'sampling') {
      const sampling = readSampling(child, name);
      if (typeof sampling === 'string') return report.error(child, sampling);
      samplingPercent = sampling;
    } else if (!child.isUsedVariable) {
      return report.error(child, `Unknown field ${quoted(name)} parsing account message trace map/struct ${quoted(key)}`);
    }
  }
  if (subject === '' && samplingPercent > 0) {
    return report.warning(node, 'Trace destination sampling ignored since no destination was set');
  }
  if (subject === '') return;
  draft.traceDestination = { subject, samplingPercent: samplingPercent === 0 ? 100 : samplingPercent };
}

function traceSubjectProblem({ value }: ConfigNode, key: string): string | undefined {
  if (value.kind !== 'string') return `Field ${quoted(key)} should be a string, got ${goType(value)}`;
  return isLiteralSubject(value.text) ? undefined : `Trace destination ${quoted(value.text)} is not valid`;
}

function readSampling({ value }: ConfigNode, key: string): number | string {
  if (value.kind !== 'integer' && value.kind !== 'string') {
    return `Trace destination sampling field ${quoted(key)} should be an integer or a percentage, got ${goType(value)}`;
  }
  const written = value.kind === 'string' ? value.text.replace(/%$/, '') : String(value.value);
  if (!/^[+-]?\d{1,15}$/.test(written)) return `Invalid trace destination sampling value ${quoted(goText(value))}`;
  const percent = Number(written);
  if (percent > 0 && percent <= 100) return percent;
  return `Ttrace destination sampling value ${percent} is invalid, needs to be [1..100]`;
}
