/** `/subsz` and SUBSZ: subscriptions of all accounts or one, and the figures of their subject index. */
import { isLiteralSubject, matchesSubject, type SubDetail, type SublistStats, type Subsz, usToTimestamp } from '@sluice/protocol';
import type { Account } from '../account/account.ts';
import { SubscriptionKind } from '../routing/subscription.ts';
import type { Server } from '../server.ts';
import { subDetail } from './conn-info.ts';
import { answer, type Result, refusal } from './result.ts';

const DEFAULT_LIMIT = 1024;

export interface SubszOptions {
  readonly withSubscriptions: boolean;
  readonly offset: number;
  /** 0 and less is the default of 1024. */
  readonly limit: number;
  /** Empty is all accounts. */
  readonly account: string;
  /** A literal subject: only subscriptions that it reaches. */
  readonly test: string;
}

/** Refuses a test subject that nobody could publish to. */
export function buildSubsz(server: Server, options: SubszOptions): Result<Subsz> {
  if (options.test !== '' && !isLiteralSubject(options.test)) {
    return refusal(`invalid test subject, must be valid publish subject: ${options.test}`);
  }
  const accounts = server.accounts.all().filter((account) => options.account === '' || account.name === options.account);
  const offset = Math.max(0, options.offset);
  const limit = options.limit > 0 ? options.limit : DEFAULT_LIMIT;
  const { total, page } = options.withSubscriptions
    ? pick(accounts, { test: options.test, offset, limit })
    : { total: 0, page: [] };
  return answer({
    server_id: server.id,
    now: usToTimestamp(server.env.clock.nowUs()),
    ...sublistStats(accounts),
    total,
    offset,
    limit,
    ...(page.length > 0 ? { subscriptions_list: page } : {}),
  });
}

/** Counts all that match and describes those of the page; the order is that of the index and holds while nothing changes. */
function pick(
  accounts: readonly Account[],
  { test, offset, limit }: { readonly test: string; readonly offset: number; readonly limit: number },
): { total: number; page: SubDetail[] } {
  const page: SubDetail[] = [];
  let total = 0;
  for (const { name, sublist } of accounts) {
    sublist.forEach((subscription) => {
      if (subscription.kind === SubscriptionKind.tap || subscription.kind === SubscriptionKind.own) return;
      if (test !== '' && !matchesSubject(test, subscription.subject)) return;
      if (total >= offset && page.length < limit) {
        page.push({ account: name, account_tag: name, ...subDetail(subscription, subscription.cid) });
      }
      total++;
    });
  }
  return { total, page };
}

/** The figures of several subject indexes together. */
export function sublistStats(accounts: readonly Account[]): SublistStats {
  const sum = { count: 0, cacheSize: 0, inserts: 0, removes: 0, matches: 0, cacheHits: 0, maxFanout: 0, fanout: 0 };
  for (const account of accounts) {
    const one = account.sublist.statistics();
    sum.count += one.count;
    sum.cacheSize += one.cacheSize;
    sum.inserts += one.inserts;
    sum.removes += one.removes;
    sum.matches += one.matches;
    sum.cacheHits += one.cacheHits;
    sum.maxFanout = Math.max(sum.maxFanout, one.maxFanout);
    sum.fanout += one.totalFanout;
  }
  return {
    num_subscriptions: sum.count,
    num_cache: sum.cacheSize,
    num_inserts: sum.inserts,
    num_removes: sum.removes,
    num_matches: sum.matches,
    cache_hit_rate: sum.matches > 0 ? sum.cacheHits / sum.matches : 0,
    max_fanout: sum.maxFanout,
    avg_fanout: sum.cacheSize > 0 ? sum.fanout / sum.cacheSize : 0,
  };
}
