/** SUBJECTZ and INTEREST: subjects that are published or subscribed, and who would receive one. */
import type { Subjectz } from '@sluice/protocol';
import type { Account } from '../../account/account.ts';
import { answer, type Result, refusal } from '../../monitor/result.ts';
import { SubscriptionKind } from '../../routing/subscription.ts';
import type { Server } from '../../server.ts';
import { subscribeJsonService } from '../json-service.ts';
import type { Speaker } from '../speaker.ts';
import { buildInterest } from './interest.ts';
import { SubjectStatistics } from './subject-statistics.ts';
import { buildSubjectz } from './subjectz.ts';
import { checkSubjectz } from './subjectz-request.ts';

/** Accounts with statistics at one time; each takes some ten MiB. */
const MAX_ACCOUNTS = 8;
/** Subscribed subjects that are listed beside the published ones. */
const MAX_SUBSCRIBED = 100_000;

/** The distinct subscribed subjects of an account, kept until its subscriptions change. */
interface SubscribedSubjects {
  readonly changes: number;
  readonly subjects: ReadonlySet<string>;
}

/** Subscribes both services; the returned functions end them, the last one all statistics. */
export function subscribeSubjectServices(server: Server, speaker: Speaker): (() => void)[] {
  const running = new Map<Account, SubjectStatistics>();
  const known = new WeakMap<Account, SubscribedSubjects>();
  const subjectz = (value: unknown): Result<Subjectz> => {
    const request = checkSubjectz(value);
    if (!request.ok) return request;
    const account = server.accounts.get(request.value.account);
    if (account === undefined) return refusal(`account ${JSON.stringify(request.value.account)} does not exist`);
    const statistics = running.get(account) ?? start(server, account, running);
    if (statistics === undefined) return refusal(`statistics of ${MAX_ACCOUNTS} accounts are running already`);
    statistics.renew();
    return answer(buildSubjectz(statistics, subscribedSubjects(account, known), request.value));
  };
  return [
    subscribeJsonService(server, speaker, { name: 'SUBJECTZ', handle: subjectz }),
    subscribeJsonService(server, speaker, { name: 'INTEREST', handle: (value) => buildInterest(server, value) }),
    () => {
      for (const statistics of [...running.values()]) statistics.end();
    },
  ];
}

function start(server: Server, account: Account, running: Map<Account, SubjectStatistics>): SubjectStatistics | undefined {
  if (running.size >= MAX_ACCOUNTS) return undefined;
  const statistics = new SubjectStatistics(account, server.env.clock, () => running.delete(account));
  running.set(account, statistics);
  return statistics;
}

function subscribedSubjects(account: Account, known: WeakMap<Account, SubscribedSubjects>): ReadonlySet<string> {
  const { sublist } = account;
  const changes = sublist.inserts + sublist.removes;
  const remembered = known.get(account);
  if (remembered !== undefined && remembered.changes === changes) return remembered.subjects;
  const subjects = new Set<string>();
  sublist.forEach((subscription) => {
    if (subscription.kind === SubscriptionKind.client && subjects.size < MAX_SUBSCRIBED) subjects.add(subscription.subject);
  });
  known.set(account, { changes, subjects });
  return subjects;
}
