/**
 * What any user may ask about the own account: its connections, its traffic, and who one is. In nats-server these are services of the
 * system account that every account imports. Source: nats-server server/accounts.go addAllServiceImportSub, server/events.go.
 */
import type { UserInfo } from '@sluice/protocol';
import type { Account } from '../account/account.ts';
import type { ReceivedMessage } from '../account/internal-subscriber.ts';
import { buildAccountStatz } from '../monitor/accountz.ts';
import { buildConnz } from '../monitor/connz.ts';
import type { MonitorFacts } from '../monitor/facts.ts';
import { answer, type Result } from '../monitor/result.ts';
import type { Permissions, SubjectRules } from '../options.ts';
import { RequestBody } from './request-body.ts';
import { isForThisServer } from './request-filter.ts';
import { connzOptions } from './server-requests.ts';
import type { Speaker } from './speaker.ts';

const NS_PER_MS = 1_000_000;
const NS_PER_SECOND = 1_000_000_000;

export class OwnAccountRequests {
  private readonly facts: MonitorFacts;
  private readonly speaker: Speaker;

  constructor(facts: MonitorFacts, speaker: Speaker) {
    this.facts = facts;
    this.speaker = speaker;
  }

  /** The system account needs only USER.INFO: the others it asks by the account's name. */
  subscribe(account: Account): (() => void)[] {
    const userInfo = (): (() => void)[] => [
      // Only the server that a client is connected to knows who it is.
      account.subscribe('$SYS.REQ.USER.INFO', (request) => this.answerUserInfo(account, request), { isLocal: true }),
    ];
    if (account === this.speaker.account) {
      return [
        ...userInfo(),
        account.subscribe('$SYS.REQ.USER.*.INFO', (request) => this.answer(account, request, () => answer(nobody)), {
          isLocal: true,
        }),
      ];
    }
    const connz = (request: ReceivedMessage): void =>
      this.answer(account, request, (body) => buildConnz(this.facts.server, { ...connzOptions(body), account: account.name }));
    const statz = (request: ReceivedMessage): void =>
      this.answer(account, request, () =>
        answer(buildAccountStatz(this.facts, { accounts: [account.name], includeUnused: true })),
      );
    return [
      account.subscribe('$SYS.REQ.ACCOUNT.PING.CONNZ', connz),
      account.subscribe('$SYS.REQ.SERVER.PING.CONNZ', connz),
      account.subscribe('$SYS.REQ.ACCOUNT.PING.STATZ', statz),
      ...userInfo(),
    ];
  }

  private answer(account: Account, request: ReceivedMessage, build: (body: RequestBody) => Result<unknown>): void {
    const body = new RequestBody(request.payload, 'ConnzEventOptions');
    if (body.error === undefined && !isForThisServer(this.facts.server, body)) return;
    const result = body.error === undefined ? build(body) : undefined;
    const server = this.speaker.identity();
    if (body.error !== undefined || result === undefined) {
      return this.speaker.reply(request, { server, error: { code: 400, description: body.error ?? '' } }, account);
    }
    const answered = result.ok ? { data: result.value } : { data: null, error: { code: 500, description: result.error } };
    this.speaker.reply(request, { server, ...answered }, account);
  }

  /** Whatever else the request says. */
  private answerUserInfo(account: Account, request: ReceivedMessage): void {
    const data = this.userInfo(request);
    this.speaker.replyImported(request, { server: this.speaker.identity(), data }, account);
  }

  /** Who published the request, as the server knows it. */
  private userInfo(request: ReceivedMessage): UserInfo {
    const client = this.facts.server.clients.get(request.cid);
    if (client === undefined || client.account === null) return nobody;
    const { permissions, claims, userExpiryMs = Number.POSITIVE_INFINITY } = client.identity ?? {};
    const { name = '' } = claims ?? {};
    const remainingS = Math.floor((userExpiryMs - client.server.env.clock.nowMs()) / 1000);
    return {
      user: client.identity?.user ?? '',
      account: client.account.name,
      account_name: client.account.limits.displayName ?? client.account.name,
      ...(name === '' ? {} : { user_name: name }),
      ...(permissions === undefined ? {} : { permissions: permissionsOf(permissions) }),
      ...(Number.isFinite(remainingS) && remainingS > 0 ? { expires: remainingS * NS_PER_SECOND } : {}),
    };
  }
}

/** Asked for somebody else's account, without being an import of it: nobody. */
const nobody: UserInfo = { user: '', account: '' };

function permissionsOf(permissions: Permissions): NonNullable<UserInfo['permissions']> {
  const { publish, subscribe, allowResponses } = permissions;
  return {
    publish: rulesOf(publish),
    subscribe: rulesOf(subscribe),
    ...(allowResponses === undefined
      ? {}
      : { responses: { max: allowResponses.maxCount, ttl: allowResponses.expiresMs * NS_PER_MS } }),
  };
}

/** Both directions are told, even where only one has rules. */
function rulesOf(rules: SubjectRules | undefined): { allow?: string[]; deny?: string[] } {
  if (rules === undefined) return {};
  return {
    ...(rules.allow.length > 0 ? { allow: [...rules.allow] } : {}),
    ...(rules.deny.length > 0 ? { deny: [...rules.deny] } : {}),
  };
}
