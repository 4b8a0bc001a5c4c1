/**
 * `$SYS.REQ.SERVER.PING[.<X>]`, which every server answers, and `$SYS.REQ.SERVER.<id>.<X>`, which one does. Options are JSON, with
 * filters beside them that keep a server silent. Source: nats-server server/events.go initEventTracking, filterRequest.
 */
import type { SluiceInfo, SluiceStats, SystemError } from '@sluice/protocol';
import { sluiceCapabilities } from '@sluice/protocol';
import type { Account } from '../account/account.ts';
import type { ReceivedMessage } from '../account/internal-subscriber.ts';
import type { JszOptions } from '../jetstream/facts.ts';
import { buildGatewayz, buildIpQueuesz, buildJsz } from '../monitor/absent-features.ts';
import { buildAccountz } from '../monitor/accountz.ts';
import { buildConnz, ConnState, type ConnzOptions } from '../monitor/connz.ts';
import { buildExpvarz } from '../monitor/expvarz.ts';
import type { MonitorFacts } from '../monitor/facts.ts';
import { buildHealthz } from '../monitor/healthz.ts';
import { buildLeafz, type LeafzOptions } from '../monitor/leafz.ts';
import { answer, type Result } from '../monitor/result.ts';
import { buildRoutez, type RoutezOptions } from '../monitor/routez.ts';
import { buildSubsz, type SubszOptions } from '../monitor/subsz.ts';
import { buildVarz } from '../monitor/varz.ts';
import type { Server } from '../server.ts';
import { sluiceVersion } from '../version.ts';
import type { PeerServers } from './peer-servers.ts';
import type { RecentTroubles } from './recent.ts';
import { RequestBody } from './request-body.ts';
import { isForThisServer } from './request-filter.ts';
import { buildServerStats } from './server-stats.ts';
import type { Speaker } from './speaker.ts';
import type { TapService } from './tap/tap-service.ts';

/** Reads options from the body and builds the data. A wrong body is noticed by the caller. */
type Service = (body: RequestBody) => Result<unknown>;

/** Who else is asked for figures. */
export interface RequestSources {
  readonly peers: PeerServers;
  readonly recent: RecentTroubles;
  readonly taps: TapService;
}

export class ServerRequests {
  private readonly facts: MonitorFacts;
  private readonly speaker: Speaker;
  private readonly sources: RequestSources;

  constructor(facts: MonitorFacts, speaker: Speaker, sources: RequestSources) {
    this.facts = facts;
    this.speaker = speaker;
    this.sources = sources;
  }

  subscribe(account: Account): (() => void)[] {
    const { server } = this.facts;
    const both = (name: string, handler: (request: ReceivedMessage) => void, isOwn = false) => [
      account.subscribe(`$SYS.REQ.SERVER.${server.id}.${name}`, handler, { isOwn }),
      account.subscribe(`$SYS.REQ.SERVER.PING.${name}`, handler, { isOwn }),
    ];
    const statsz = (request: ReceivedMessage): void => this.answerStatsz(request);
    return [
      account.subscribe('$SYS.REQ.SERVER.PING', statsz),
      ...both('STATSZ', statsz),
      // Whatever the request says.
      ...both('IDZ', (request) => this.speaker.replyUnpacked(request, this.speaker.id())),
      ...Object.entries(this.services()).flatMap(([name, service]) =>
        both(name, (request) => this.answer(request, name, service)),
      ),
      ...both('SLUICE', (request) => this.answer(request, 'SLUICE', () => answer(sluiceInfo())), true),
    ];
  }

  private services(): Record<string, Service> {
    const { facts } = this;
    const { server } = facts;
    return {
      VARZ: () => answer(buildVarz(facts)),
      SUBSZ: (body) => buildSubsz(server, subszOptions(body)),
      CONNZ: (body) => buildConnz(server, connzOptions(body)),
      ROUTEZ: (body) => answer(buildRoutez(server, routezOptions(body))),
      GATEWAYZ: () => answer(buildGatewayz(server)),
      LEAFZ: (body) => answer(buildLeafz(server, leafzOptions(body))),
      ACCOUNTZ: (body) => buildAccountz(server, body.text('account')),
      JSZ: (body) => answer(buildJsz(server, jszOptions(body))),
      HEALTHZ: (body) => answer(healthz(body, server)),
      EXPVARZ: () => answer(buildExpvarz(server.env)),
      IPQUEUESZ: (body) => answer(queuesOf(body.text('filter'))),
      RAFTZ: () => answer({}),
      PROFILEZ: (body) => answer({ profile: null, error: profileProblem(body.text('name')) }),
    };
  }

  /** The envelope with data, or with null and an error beside it. */
  private answer(request: ReceivedMessage, name: string, service: Service): void {
    const body = new RequestBody(request.payload, `${structName(name)}EventOptions`);
    if (body.error === undefined && !isForThisServer(this.facts.server, body)) return;
    const result = body.error === undefined ? service(body) : undefined;
    const server = this.speaker.identity();
    if (result === undefined || body.error !== undefined) {
      return this.speaker.reply(request, { server, error: problem(400, body.error ?? '') });
    }
    this.speaker.reply(
      request,
      result.ok ? { server, data: result.value } : { server, data: null, error: problem(500, result.error) },
    );
  }

  private answerStatsz(request: ReceivedMessage): void {
    const body = new RequestBody(request.payload, 'StatszEventOptions');
    if (body.error === undefined && !isForThisServer(this.facts.server, body)) return;
    const wantsOwn = body.boolean('sluice');
    const server = this.speaker.identity();
    if (body.error !== undefined) return this.speaker.reply(request, { server, error: problem(400, body.error) });
    const statsz = buildServerStats(this.facts, this.sources.peers);
    this.speaker.replyUnpacked(request, { server, statsz: wantsOwn ? { ...statsz, sluice: this.sluiceStats() } : statsz });
  }

  private sluiceStats(): SluiceStats {
    const { recent, taps } = this.sources;
    return {
      slow_consumers: recent.slowConsumers(),
      auth_errors: recent.authErrors(),
      auth_errors_total: this.facts.server.counters.authErrors,
      open_taps: taps.openCount,
      ...this.clientCounts(),
    };
  }

  /** One look at every connection, and only when asked. */
  private clientCounts(): Pick<SluiceStats, 'hidden_connections' | 'client_subscriptions'> {
    const { clients, systemAccount, options } = this.facts.server;
    const hidden = new Set(options.auth.users.filter((user) => user.isHidden === true).map((user) => user.user));
    const counts = { hidden_connections: 0, client_subscriptions: 0 };
    for (const client of clients.values()) {
      if (client.identity !== null && hidden.has(client.identity.user)) counts.hidden_connections++;
      else if (client.account !== systemAccount) counts.client_subscriptions += client.subscriptions.size;
    }
    return counts;
  }
}

/** `CONNZ` → `Connz`. */
function structName(name: string): string {
  return name.charAt(0) + name.slice(1).toLowerCase();
}

function problem(code: number, description: string): SystemError {
  return { code, description };
}

function sluiceInfo(): SluiceInfo {
  return { version: sluiceVersion.replace(/^sluice-/, ''), capabilities: [...sluiceCapabilities] };
}

/** The queue that this very request came through, and no other is there. */
function queuesOf(filter: string): object {
  const queues = { 'System recvQ': { pending: 0, in_progress: 1 }, ...buildIpQueuesz() };
  return Object.fromEntries(Object.entries(queues).filter(([name]) => name.includes(filter)));
}

function profileProblem(name: string): string {
  return name === '' ? 'Profile name not specified' : `Profile ${JSON.stringify(name)} not found`;
}

/** With one of these nothing is asked about accounts. */
const SERVER_ONLY = ['js-enabled', 'js-enabled-only', 'js-server-only'] as const;

function healthz(body: RequestBody, server: Server): object {
  const asked = { account: body.text('account'), stream: body.text('stream'), consumer: body.text('consumer') };
  const isServerOnly = SERVER_ONLY.map((name) => body.boolean(name)).includes(true);
  const options = { ...asked, isServerOnly, hasDetails: body.boolean('details') };
  const { status, statusCode } = buildHealthz(options, server.jetstream);
  const { status: word, ...problems } = status;
  return { status: word, status_code: statusCode, ...problems };
}

/** Options of JSZ. */
export function jszOptions(body: RequestBody): JszOptions {
  return {
    account: body.text('account'),
    hasAccounts: body.boolean('accounts'),
    hasStreams: body.boolean('streams'),
    hasConsumers: body.boolean('consumer'),
    hasDirectConsumers: body.boolean('direct_consumer'),
    hasConfig: body.boolean('config'),
    hasRaft: body.boolean('raft'),
    offset: body.int('offset'),
    limit: body.int('limit'),
  };
}

/** Options of CONNZ; `account` of a request overrides nothing here, see `own-account.ts`. */
export function connzOptions(body: RequestBody): ConnzOptions {
  const state = body.int('state', 'server.ConnState');
  const known = Object.values(ConnState).find((value) => value === state);
  return {
    sort: body.text('sort', 'server.SortOpt'),
    withAuth: body.boolean('auth'),
    withSubscriptions: body.boolean('subscriptions'),
    withSubscriptionDetail: body.boolean('subscriptions_detail'),
    offset: body.int('offset'),
    limit: body.int('limit'),
    cid: body.int('cid', 'uint64'),
    state: known ?? ConnState.none,
    user: body.text('user'),
    account: body.text('acc'),
    filterSubject: body.text('filter_subject'),
    mqttClient: body.text('mqtt_client'),
  };
}

/** Options of ROUTEZ. */
function routezOptions(body: RequestBody): RoutezOptions {
  return {
    withSubscriptions: body.boolean('subscriptions'),
    withSubscriptionDetail: body.boolean('subscriptions_detail'),
  };
}

/** Options of LEAFZ. */
export function leafzOptions(body: RequestBody): LeafzOptions {
  return { withSubscriptions: body.boolean('subscriptions'), account: body.text('account') };
}

/** Options of SUBSZ. */
export function subszOptions(body: RequestBody): SubszOptions {
  return {
    withSubscriptions: body.boolean('subscriptions'),
    offset: body.int('offset'),
    limit: body.int('limit'),
    account: body.text('account'),
    test: body.text('test'),
  };
}
