/** The monitoring paths: query → options → the same builder that answers over NATS → response. */
import { goJson } from '@sluice/protocol/jetstream';
import type { HttpResponse } from '../env/net.ts';
import { buildGatewayz, buildIpQueuesz, buildJsz, NO_RAFT_NODES } from './absent-features.ts';
import { buildAccountStatz, buildAccountz } from './accountz.ts';
import { buildConnz, type ConnzOptions } from './connz.ts';
import { buildExpvarz } from './expvarz.ts';
import type { MonitorFacts } from './facts.ts';
import { buildHealthz } from './healthz.ts';
import { buildLeafz } from './leafz.ts';
import type { Query } from './query.ts';
import { answer, type Result } from './result.ts';
import { buildRoutez } from './routez.ts';
import { buildSubsz } from './subsz.ts';
import { buildVarz } from './varz.ts';

const JSON_HEADERS = { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'application/json' };
const TEXT_HEADERS = { 'Content-Type': 'text/plain; charset=utf-8' };

export interface Endpoint {
  /** Key under which `/varz` counts its requests; absent when it does not count them. */
  readonly countedAs?: string;
  /** Requests with wrong parameters do not count. */
  readonly countsOnlyRight?: boolean;
  handle(facts: MonitorFacts, query: Query): HttpResponse;
}

/** By path below the base path. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['/varz', counted('/varz', (facts) => json(buildVarz(facts)))],
  [
    '/connz',
    countedWhenRight('/connz', (facts, query) =>
      checked(query, connzOptions(query), (options) => buildConnz(facts.server, options)),
    ),
  ],
  ['/subsz', counted('/subsz', subsz)],
  ['/subscriptionsz', counted('/subsz', subsz)],
  ['/healthz', counted('/healthz', healthz)],
  [
    '/accountz',
    counted('/accountz', (facts, query) => checked(query, query.text('acc'), (name) => buildAccountz(facts.server, name))),
  ],
  ['/accstatz', counted('/accstatz', accstatz)],
  [
    '/routez',
    countedWhenRight('/routez', (facts, query) =>
      checked(query, query.subscriptions(), (options) => answer(buildRoutez(facts.server, options))),
    ),
  ],
  ['/gatewayz', counted('/gatewayz', gatewayz)],
  [
    '/leafz',
    counted('/leafz', (facts, query) =>
      checked(query, { withSubscriptions: query.boolean('subs'), account: query.text('acc') }, (options) =>
        answer(buildLeafz(facts.server, options)),
      ),
    ),
  ],
  ['/jsz', counted('/jsz', jsz)],
  ['/raftz', { handle: () => text(404, NO_RAFT_NODES) }],
  ['/ipqueuesz', { handle: (_facts, query) => checked(query, query.boolean('all'), () => answer(buildIpQueuesz()), 3) }],
  ['/stacksz', { handle: () => ({ status: 200, headers: JSON_HEADERS, body: stack() }) }],
  ['/debug/vars', { handle: (facts) => expvar(facts) }],
]);

function counted(path: string, handle: Endpoint['handle']): Endpoint {
  return { countedAs: path, handle };
}

function countedWhenRight(path: string, handle: Endpoint['handle']): Endpoint {
  return { countedAs: path, countsOnlyRight: true, handle };
}

function json(value: unknown, indent = 2): HttpResponse {
  return { status: 200, headers: JSON_HEADERS, body: goJson(value, indent) };
}

/** A plain text answer, as nats-server refuses. */
export function text(status: number, body: string): HttpResponse {
  return { status, headers: TEXT_HEADERS, body };
}

/** Builds unless a parameter was wrong; a refusal of the builder is a 400 too. */
function checked<Options>(
  query: Query,
  options: Options,
  build: (options: Options) => Result<unknown>,
  indent = 2,
): HttpResponse {
  if (query.error !== undefined) return text(400, query.error);
  const result = build(options);
  return result.ok ? json(result.value, indent) : text(400, result.error);
}

function connzOptions(query: Query): ConnzOptions {
  return {
    sort: query.text('sort'),
    withAuth: query.boolean('auth'),
    ...query.subscriptions(),
    offset: query.int('offset'),
    limit: query.int('limit'),
    cid: query.uint('cid'),
    state: query.state(),
    user: query.text('user'),
    account: query.text('acc'),
    // Over HTTP nothing is asked by subject.
    filterSubject: '',
    mqttClient: query.text('mqtt_client'),
  };
}

function subsz(facts: MonitorFacts, query: Query): HttpResponse {
  const options = {
    withSubscriptions: query.boolean('subs'),
    offset: query.int('offset'),
    limit: query.int('limit'),
    account: query.text('acc'),
    test: query.text('test'),
  };
  return checked(query, options, (checkedOptions) => buildSubsz(facts.server, checkedOptions));
}

function accstatz(facts: MonitorFacts, query: Query): HttpResponse {
  const includeUnused = query.boolean('unused');
  return checked(query, { accounts: [], includeUnused }, (options) => answer(buildAccountStatz(facts, options)));
}

function gatewayz(facts: MonitorFacts, query: Query): HttpResponse {
  query.subscriptions();
  return checked(query, query.boolean('accs'), () => answer(buildGatewayz(facts.server)));
}

const JSZ_BOOLEANS = [
  'accounts',
  'streams',
  'consumers',
  'direct-consumers',
  'config',
  'leader-only',
  'stream-leader-only',
  'raft',
];

function jsz(facts: MonitorFacts, query: Query): HttpResponse {
  for (const name of JSZ_BOOLEANS) query.boolean(name);
  const options = {
    account: query.text('acc'),
    hasAccounts: query.boolean('accounts'),
    hasStreams: query.boolean('streams'),
    hasConsumers: query.boolean('consumers'),
    hasDirectConsumers: query.boolean('direct-consumers'),
    hasConfig: query.boolean('config'),
    hasRaft: query.boolean('raft'),
    offset: query.int('offset'),
    limit: query.int('limit'),
  };
  return checked(query, options, (checkedOptions) => answer(buildJsz(facts.server, checkedOptions)));
}

/** With one of these nothing is asked about accounts; what there is of JetStream runs when the server answers. */
const SERVER_ONLY = ['js-enabled', 'js-enabled-only', 'js-server-only'] as const;

function healthz(facts: MonitorFacts, query: Query): HttpResponse {
  const isServerOnly = SERVER_ONLY.map((name) => query.boolean(name)).includes(true);
  query.boolean('js-meta-only');
  const hasDetails = query.boolean('details');
  if (query.error !== undefined) return text(400, query.error);
  const asked = { account: query.text('account'), stream: query.text('stream'), consumer: query.text('consumer') };
  const options = { ...asked, hasDetails, isServerOnly };
  const { status, statusCode } = buildHealthz(options, facts.server.jetstream);
  return { status: statusCode, headers: JSON_HEADERS, body: goJson(status) };
}

function expvar(facts: MonitorFacts): HttpResponse {
  const { cmdline, memstats } = buildExpvarz(facts.server.env);
  const body = `{\n"cmdline": ${JSON.stringify(cmdline)},\n"memstats": ${JSON.stringify(memstats)}\n}\n`;
  return { status: 200, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body };
}

/** There is one thread of JavaScript: its stack here and now. */
function stack(): string {
  return `event loop [running]:\n${new Error('stacksz').stack ?? ''}\n`;
}
