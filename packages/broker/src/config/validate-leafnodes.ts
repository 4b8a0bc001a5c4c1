/** What only shows of leaf nodes and JetStream domains when all settings are together. Source: nats-server server/leafnode.go validateLeafNode. */
import { decodePublicNkey, isValidSubject } from '@sluice/protocol';
import { GLOBAL_ACCOUNT } from './accounts.ts';
import type { LeafNodeSettings, LeafRemoteSettings } from './feature-settings.ts';
import { quoted } from './report.ts';
import type { ServerSettings } from './settings.ts';
import { systemAccountOf } from './to-options.ts';

/** The first thing that is wrong with leaf nodes, or undefined. */
export function leafProblem(settings: ServerSettings): string | undefined {
  const { leafnodes } = settings.features;
  if (leafnodes === undefined) return undefined;
  const remoteProblem = leafRemotesProblem(leafnodes.remotes ?? []);
  if (remoteProblem !== undefined) return remoteProblem;
  const { operators = [], trustedKeys = [] } = settings.features;
  if (operators.length > 0 || trustedKeys.length > 0) return operatorLeafProblem(leafnodes);
  const known = new Set([GLOBAL_ACCOUNT, '', systemAccountOf(settings), ...settings.accounts.map(({ name }) => name)]);
  const missing = (name: string | undefined, kind: string) =>
    known.has(name ?? '') ? undefined : `cannot find local account ${quoted(name ?? '')} specified in leafnode ${kind}`;
  const names = [leafnodes.account, ...(leafnodes.users ?? []).map(({ account }) => account)];
  const problems = [
    ...names.map((name) => missing(name, 'authorization')),
    ...(leafnodes.remotes ?? []).map(({ account }) => missing(account, 'remote')),
  ];
  const problem = problems.find((text) => text !== undefined);
  if (problem !== undefined) return problem;
  const { gateway } = settings.features;
  const hasGateway = (gateway?.name ?? '') !== '' || (gateway?.port ?? 0) !== 0;
  return (leafnodes.port ?? 0) !== 0 && hasGateway && (settings.systemAccount ?? '') === ''
    ? 'leaf nodes and gateways (both being defined) require a system account to also be configured'
    : undefined;
}

/** One of two remotes that are the same, or URLs of two kinds. */
function leafRemotesProblem(remotes: readonly LeafRemoteSettings[]): string | undefined {
  const seen = new Set<string>();
  for (const { urls, account = '', credentials = '' } of remotes) {
    const kinds = new Set(urls.map((url) => /^wss?:/i.test(url)));
    if (kinds.size > 1) {
      return `remote leaf node configuration cannot have a mix of websocket and non-websocket urls: ${quoted(urls.join(' '))}`;
    }
    const name = JSON.stringify([urls, account || GLOBAL_ACCOUNT, credentials]);
    if (seen.has(name)) {
      const shown = urls.map((url) => quoted(withoutLogin(url))).join(' ');
      const login = credentials === '' ? '' : `, credentials=${quoted(credentials)}`;
      return `duplicate remote urls=[${shown}], account=${quoted(account || GLOBAL_ACCOUNT)}${login}`;
    }
    seen.add(name);
  }
  return undefined;
}

function withoutLogin(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

function operatorLeafProblem({ users = [], remotes = [], account = '', port = 0 }: LeafNodeSettings): string | undefined {
  if (users.length > 0) return 'operator mode does not allow specifying users in leafnode config';
  if (remotes.some((remote) => !isAccountKey(remote.account ?? ''))) {
    return (
      'operator mode requires account nkeys in remotes. Please add an `account` key to each remote in your `leafnodes` section, to ' +
      "assign it to an account. Each account value should be a 56 character public key, starting with the letter 'A'"
    );
  }
  return port !== 0 && account !== '' && !isAccountKey(account)
    ? 'operator mode and non account nkeys are incompatible'
    : undefined;
}

function isAccountKey(text: string): boolean {
  return decodePublicNkey(text)?.kind === 'account';
}

/** Source: nats-server server/jetstream.go validateJetStreamOptions. */
export function defaultDomainProblem(settings: ServerSettings): string | undefined {
  const domains = Object.entries(settings.features.defaultJetStreamDomain ?? {});
  const { operators = [], accountJetStream = {} } = settings.features;
  const systemName = settings.systemAccount || '$SYS';
  for (const [name, domain] of domains) {
    const isKnown = name === GLOBAL_ACCOUNT || name === '$SYS' || settings.accounts.some((account) => account.name === name);
    if (operators.length > 0) {
      if (!isAccountKey(name))
        return `default_js_domain contains account name ${quoted(name)}, which is not a valid public account nkey`;
    } else if (!isKnown) {
      return `in non operator mode, \`default_js_domain\` references non existing account ${quoted(name)}`;
    } else if (domain !== '' && accountJetStream[name] !== undefined) {
      return `default_js_domain contains account name ${quoted(name)} with enabled JetStream`;
    }
    if (name === systemName) return `system account ${quoted(name)} can not be in default_js_domain`;
    if (domain !== '' && !isValidSubject(`$JS.${domain}.API.>`)) {
      return `default_js_domain contains account ${quoted(name)} with invalid domain name ${quoted(domain)}`;
    }
  }
  return undefined;
}
