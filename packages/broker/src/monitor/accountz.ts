/** `/accountz` and `/accstatz`: the accounts, one in detail, and the traffic of each. */
import {
  type AccountInfo,
  type AccountStat,
  type AccountStatz,
  type AccountTrafficStat,
  type Accountz,
  usToTimestamp,
} from '@sluice/protocol';
import type { Account, TrafficCounter } from '../account/account.ts';
import type { Server } from '../server.ts';
import { exportsOf, importsOf, mappingsOf } from './account-exchange.ts';
import type { MonitorFacts } from './facts.ts';
import { answer, type Result, refusal } from './result.ts';
import { sublistStats } from './subsz.ts';

/** The names of all accounts, or one account in detail; refuses a name that no account has. */
export function buildAccountz(server: Server, name: string): Result<Accountz> {
  const head = {
    server_id: server.id,
    now: usToTimestamp(server.env.clock.nowUs()),
    ...(server.options.systemAccount === undefined ? {} : { system_account: server.options.systemAccount }),
  };
  if (name === '') return answer({ ...head, accounts: server.accounts.all().map((account) => account.name) });
  const account = server.accounts.get(name);
  if (account === undefined) return refusal(`Account ${name} does not exist`);
  return answer({ ...head, account_detail: accountInfo(server, account) });
}

/** One account as `/accountz` and `$SYS.REQ.ACCOUNT.<name>.INFO` tell it. */
export function accountInfo(server: Server, account: Account): AccountInfo {
  const isSystem = account === server.systemAccount;
  const mappings = account.allMappings();
  const { jetstream } = server;
  const exported = exportsOf(account.limits, isSystem, jetstream !== undefined);
  const imported = importsOf(account.limits, server.systemAccount?.name, jetstream?.answersIn(account.name) === true);
  return {
    account_name: account.name,
    update_time: usToTimestamp(server.configLoadUs),
    ...(isSystem ? { is_system: true } : {}),
    expired: false,
    complete: true,
    jetstream_enabled: jetstream?.hasAccount(account.name) === true,
    leafnode_connections: account.leafCount,
    client_connections: account.clientIds.size,
    subscriptions: account.sublist.count,
    ...(mappings.length > 0 ? { mappings: mappingsOf(mappings) } : {}),
    ...(exported.length > 0 ? { exports: exported } : {}),
    ...(imported.length > 0 ? { imports: imported } : {}),
    name_tag: account.name,
    sublist_stats: sublistStats([account]),
  };
}

/** Which accounts `/accstatz` tells of: those named, or all; without `includeUnused` only those with connections. */
export interface AccountStatzOptions {
  readonly accounts: readonly string[];
  readonly includeUnused: boolean;
}

/** Traffic of accounts. */
export function buildAccountStatz(facts: MonitorFacts, options: AccountStatzOptions): AccountStatz {
  const { server } = facts;
  facts.settleCounters();
  const isNamed = options.accounts.length > 0;
  const named = isNamed ? options.accounts.flatMap((name) => server.accounts.get(name) ?? []) : server.accounts.all();
  const accounts = named.filter((account) => options.includeUnused || account.clientIds.size + account.leafCount > 0);
  return {
    server_id: server.id,
    now: usToTimestamp(server.env.clock.nowUs()),
    account_statz: accounts.map(accountStat),
  };
}

/** Traffic of one account; counters must be settled. */
export function accountStat(account: Account): AccountStat {
  return {
    acc: account.name,
    name: account.name,
    conns: account.clientIds.size,
    leafnodes: account.leafCount,
    // nats-server reports clients and leaf nodes now, not the connections since start.
    total_conns: account.clientIds.size + account.leafCount,
    num_subscriptions: account.sublist.count,
    sent: trafficStat(account.sent, account.routed.sent, account.leafed.sent),
    received: trafficStat(account.received, account.routed.received, account.leafed.received),
    slow_consumers: account.slowConsumers,
  };
}

function trafficStat(all: TrafficCounter, routed: TrafficCounter, leafed: TrafficCounter): AccountTrafficStat {
  const shown = ({ messages, bytes }: TrafficCounter) => ({ msgs: messages, bytes });
  return { ...shown(all), gateways: { msgs: 0, bytes: 0 }, routes: shown(routed), leafs: shown(leafed) };
}
