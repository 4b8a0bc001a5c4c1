/** `auth_callout`: an outside service that decides who clients are. Source: nats-server server/opts.go parseAuthCallout. */
import { decodePublicNkey } from '@sluice/protocol';
import type { ConfigNode } from '@sluice/protocol/config';
import type { CalloutOptions } from '../options.ts';
import { GLOBAL_ACCOUNT } from './accounts.ts';
import { defineFields, type FieldReader, text, wrongType } from './fields.ts';
import { goText } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';

interface CalloutDraft {
  issuer: string;
  account: string;
  users: string[];
  xkey: string;
  allowedAccounts: string[];
}

/** The block, or undefined when something is wrong with it. */
export function readCallout(node: ConfigNode, report: ConfigReport): CalloutOptions | undefined {
  if (node.value.kind !== 'map') {
    report.error(node, `Expected authorization callout to be a map/struct, got ${goText(node.value)}`);
    return undefined;
  }
  const draft: CalloutDraft = { issuer: '', account: GLOBAL_ACCOUNT, users: [], xkey: '', allowedAccounts: [] };
  const errorCount = report.errors.length;
  for (const [key, child] of node.value.entries) {
    const reader = calloutFields.get(key.toLowerCase());
    if (reader !== undefined) reader(child, draft, report, key);
    else if (!child.isUsedVariable) report.error(child, `Unknown field ${quoted(key)} parsing authorization callout`);
    if (reader !== undefined && report.errors.length > errorCount) return undefined;
  }
  const last = [...node.value.entries.values()].at(-1) ?? node;
  const { issuer, account, users, xkey, allowedAccounts } = draft;
  if (issuer === '') report.error(last, 'Authorization callouts require an issuer to be specified');
  else if (users.length === 0) report.error(last, 'Authorization callouts require authorized users to be specified');
  else return { issuer, account: account || GLOBAL_ACCOUNT, users, allowedAccounts, ...(xkey === '' ? {} : { xkey }) };
  return undefined;
}

const names = (what: string, set: (draft: CalloutDraft, names: string[]) => void): FieldReader<CalloutDraft> => {
  return (node, draft, report) => {
    if (node.value.kind !== 'array') return report.error(node, `Expected ${what} field to be an array, got *conf.token`);
    const found: string[] = [];
    for (const item of node.value.items) {
      if (item.value.kind === 'string') found.push(item.value.text);
      else wrongType(item, 'string', report);
    }
    set(draft, found);
  };
};

const calloutFields = defineFields<CalloutDraft>({
  issuer: (node, draft, report) => {
    text<CalloutDraft>((target, value) => {
      target.issuer = value;
      if (decodePublicNkey(value)?.kind === 'account') return;
      report.error(node, `Expected callout user to be a valid public account nkey, got ${quoted(value)}`);
    })(node, draft, report, 'issuer');
  },
  'account acc': text((draft, value) => {
    draft.account = value;
  }),
  'auth_users users': names('auth_users', (draft, users) => {
    draft.users = users;
  }),
  'xkey key': (node, draft, report) => {
    text<CalloutDraft>((target, value) => {
      target.xkey = value;
      if (decodePublicNkey(value)?.kind === 'curve') return;
      report.error(node, `Expected callout xkey to be a valid public xkey, got ${quoted(value)}`);
    })(node, draft, report, 'xkey');
  },
  allowed_accounts: names('allowed accounts', (draft, allowed) => {
    draft.allowedAccounts = allowed;
  }),
});
