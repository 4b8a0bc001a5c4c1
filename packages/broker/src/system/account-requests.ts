/** `$SYS.REQ.ACCOUNT.<account>.<X>` and what else a system user asks about accounts. Source: nats-server server/events.go. */
import type { Account } from '../account/account.ts';
import type { ReceivedMessage } from '../account/internal-subscriber.ts';
import { buildJsz } from '../monitor/absent-features.ts';
import { accountInfo, buildAccountStatz } from '../monitor/accountz.ts';
import { buildConnz } from '../monitor/connz.ts';
import type { MonitorFacts } from '../monitor/facts.ts';
import { buildLeafz } from '../monitor/leafz.ts';
import { answer, type Result, refusal } from '../monitor/result.ts';
import { buildSubsz } from '../monitor/subsz.ts';
import type { SystemEvents } from './events.ts';
import { countSubscribers } from './interest-count.ts';
import { RequestBody } from './request-body.ts';
import { isForThisServer } from './request-filter.ts';
import { connzOptions, jszOptions, leafzOptions, subszOptions } from './server-requests.ts';
import type { Speaker } from './speaker.ts';

/** Builds the data for one account; undefined leaves the request unanswered. */
type AccountService = (account: string, body: RequestBody) => Result<unknown> | undefined;

/** Token of the subject that names the account. */
const ACCOUNT_TOKEN = 3;

export class AccountRequests {
  private readonly facts: MonitorFacts;
  private readonly speaker: Speaker;
  private readonly events: SystemEvents;

  constructor(facts: MonitorFacts, speaker: Speaker, events: SystemEvents) {
    this.facts = facts;
    this.speaker = speaker;
    this.events = events;
  }

  subscribe(account: Account): (() => void)[] {
    const { facts } = this;
    const { server } = facts;
    const services: Record<string, AccountService> = {
      SUBSZ: (name, body) => buildSubsz(server, { ...subszOptions(body), withSubscriptions: true, account: name }),
      CONNZ: (name, body) => buildConnz(server, { ...connzOptions(body), account: name }),
      LEAFZ: (name, body) => answer(buildLeafz(server, { ...leafzOptions(body), account: name })),
      JSZ: (name, body) => {
        const isKnown = server.jetstream?.hasAccount(name) === true;
        return isKnown ? answer(buildJsz(server, { ...jszOptions(body), account: name })) : refusal('jetstream not enabled');
      },
      INFO: (name) => this.info(name),
      STATZ: (name, body) => this.statz([name], body),
    };
    return [
      ...Object.entries(services).map(([name, service]) =>
        account.subscribe(`$SYS.REQ.ACCOUNT.*.${name}`, (request) => this.answer(request, name, service)),
      ),
      account.subscribe('$SYS.REQ.ACCOUNT.*.CONNS', (request) => this.answerConns(request)),
      account.subscribe('$SYS.REQ.ACCOUNT.PING.STATZ', (request) => this.answerPingStatz(request)),
      account.subscribe('$SYS.REQ.ACCOUNT.NSUBS', (request) => this.answerSubscriberCount(request)),
      account.subscribe('$SYS.DEBUG.SUBSCRIBERS', (request) => this.answerDebugSubscribers(request)),
    ];
  }

  private answer(request: ReceivedMessage, name: string, service: AccountService): void {
    const body = new RequestBody(request.payload, `${name.charAt(0)}${name.slice(1).toLowerCase()}EventOptions`);
    if (body.error === undefined && !isForThisServer(this.facts.server, body)) return;
    const result = body.error === undefined ? service(tokenOf(request), body) : undefined;
    if (result === undefined && body.error === undefined) return;
    const server = this.speaker.identity();
    if (body.error !== undefined || result === undefined) {
      return this.speaker.reply(request, { server, error: { code: 400, description: body.error ?? '' } });
    }
    const error = result.ok ? undefined : { code: 500, description: result.error };
    this.speaker.reply(
      request,
      error === undefined ? { server, data: result.ok ? result.value : null } : { server, data: null, error },
    );
  }

  private info(name: string): Result<unknown> {
    const { server } = this.facts;
    const account = server.accounts.get(name);
    return account === undefined ? refusal(`Account ${name} does not exist`) : answer(accountInfo(server, account));
  }

  /** Whoever has nobody to tell of says nothing. */
  private statz(accounts: string[], body: RequestBody): Result<unknown> | undefined {
    const includeUnused = body.boolean('include_unused');
    const statz = buildAccountStatz(this.facts, { accounts, includeUnused });
    return statz.account_statz.length === 0 && !includeUnused ? undefined : answer(statz);
  }

  private answerConns(request: ReceivedMessage): void {
    const name = tokenOf(request);
    const body = new RequestBody(request.payload, 'accNumConnsReq');
    const asked = body.text('acc');
    const account = this.facts.server.accounts.get(name);
    if (body.error !== undefined || (asked !== '' && asked !== name) || account === undefined) return;
    if (account.clientIds.size + account.leafCount > 0) this.speaker.reply(request, this.events.connectionsEvent(account));
  }

  private answerPingStatz(request: ReceivedMessage): void {
    const body = new RequestBody(request.payload, 'AccountStatzEventOptions');
    if (body.error === undefined && !isForThisServer(this.facts.server, body)) return;
    const statz = this.statz(body.texts('accounts'), body);
    if (body.error === undefined && statz === undefined) return;
    const server = this.speaker.identity();
    if (body.error !== undefined) {
      return this.speaker.reply(request, { server, error: { code: 400, description: body.error } });
    }
    this.speaker.reply(request, { server, data: statz?.ok === true ? statz.value : null });
  }

  /** A bare number: subscriptions of an account that a subject reaches. */
  private answerSubscriberCount(request: ReceivedMessage): void {
    const body = new RequestBody(request.payload, 'accNumSubsReq');
    const account = this.facts.server.accounts.get(body.text('acc'));
    if (body.error !== undefined || account === undefined) return;
    this.speaker.reply(request, String(countSubscribers(account, body.text('subject'), body.text('queue'))));
  }

  /** `subject [queue]` as text: how many subscriptions of the asking account it reaches. */
  private answerDebugSubscribers(request: ReceivedMessage): void {
    const [subject = '', queue = ''] = Buffer.from(request.payload).toString('utf8').trim().split(/\s+/);
    this.speaker.reply(request, String(countSubscribers(this.speaker.account, subject, queue)));
  }
}

function tokenOf(request: ReceivedMessage): string {
  return request.subject.split('.')[ACCOUNT_TOKEN] ?? '';
}
