/** Options become the state that everything in one server shares. Nothing listens yet, and nothing has been read from disk. */
import { SlackBuffer } from '@sluice/protocol/wire';
import { Accounts, GLOBAL_ACCOUNT } from './account/accounts.ts';
import { Callouts } from './auth/callout/callouts.ts';
import { GuessLimiter } from './auth/guess-limiter.ts';
import { KnownAccounts } from './auth/jwt/known-accounts.ts';
import { withOperator } from './auth/jwt/operator-options.ts';
import type { ResolverParts } from './auth/jwt/resolver.ts';
import { makeAuthenticator } from './auth/make-authenticator.ts';
import { applyClaims, watchActivations } from './client/apply-claims.ts';
import { ClientRegistry } from './client/client-registry.ts';
import { describeRequester } from './client/describe-requester.ts';
import { OutputTurn } from './connection/output-turn.ts';
import type { Env } from './env/env.ts';
import { makeServerIdentity } from './identity.ts';
import type { ResolvedOptions } from './options.ts';
import { Message } from './routing/message.ts';
import { Router } from './routing/router.ts';
import { authenticatorParts, inboxPrefix, type Server, type ServerCounters, type ServerHooks } from './server.ts';
import { RecentLines } from './util/recent-lines.ts';
import { reportedVersion } from './version.ts';

/** Random bytes behind a reply subject that stands for another account's. */
const REPLY_TOKEN_BYTES = 12;

/** @throws what is wrong with options that contradict themselves. */
export function buildServer(given: ResolvedOptions, env: Env): Server {
  const identity = makeServerIdentity(env.random);
  const parts: ResolverParts = { env, systemAccount: () => server.systemAccount, inboxPrefix: inboxPrefix(identity.id) };
  const { options, operated } = withOperator(given, parts);
  const known = operated === undefined ? undefined : new KnownAccounts(operated.trust, operated.resolver, env);
  const turn = new OutputTurn(env.clock);
  const router = new Router(env.random.uint32());
  const clients = new ClientRegistry(options.maxClosedClients);
  const accounts = new Accounts(turn, router, {
    newReplyToken: () => Buffer.from(env.random.bytes(REPLY_TOKEN_BYTES)).toString('base64url'),
    describeRequester: (importer, cid, isShared) => describeRequester(clients.get(cid), importer, isShared),
  });
  accounts.configure(options);
  const callouts = new Callouts({
    env,
    identity,
    accounts,
    inboxPrefix: inboxPrefix(identity.id),
    describe: () => describeServer(server),
    timeoutMs: () => server.options.auth.timeoutMs,
  });
  const blank = new SlackBuffer(0);
  const nowUs = env.clock.nowUs();
  const server: Server = {
    env,
    id: identity.id,
    name: options.serverName ?? identity.id,
    xkey: identity.xkey,
    hasJetStream: options.jetstream !== undefined,
    jetstream: undefined,
    cluster: undefined,
    leafs: undefined,
    startUs: nowUs,
    configLoadUs: nowUs,
    options,
    host: options.host,
    port: options.port,
    websocketPort: undefined,
    isLameDuck: false,
    tlsContext: undefined,
    monitorTlsContext: undefined,
    websocketTlsContext: undefined,
    handshakes: { second: 0, count: 0 },
    turn,
    router,
    message: new Message(blank.bytes, blank.view),
    accounts,
    globalAccount: accounts.ensure(GLOBAL_ACCOUNT),
    systemAccount: options.systemAccount === undefined ? undefined : accounts.ensure(options.systemAccount),
    clients,
    callouts,
    known,
    authenticator: makeAuthenticator(options, authenticatorParts({ env, callouts, known, accounts })),
    recentLines: new RecentLines(env.clock),
    guesses: new GuessLimiter(env.clock, env.random),
    counters: noCounters(),
    hooks: noHooks(),
  };
  if (known !== undefined) {
    known.onLearned = (id, jwt) => applyClaims(server, known, id, jwt);
    for (const { id } of known.trust.all()) watchActivations(server, known, id);
  }
  return server;
}

function describeServer({ name, options }: Server) {
  return { name, host: options.host, version: reportedVersion, tags: options.serverTags };
}

/** Of a server that has just started. */
function noCounters(): ServerCounters {
  return {
    totalConnections: 0,
    inMessages: 0,
    inBytes: 0,
    outMessages: 0,
    outBytes: 0,
    slowConsumers: 0,
    staleConnections: 0,
    routeSlowConsumers: 0,
    routeStaleConnections: 0,
    leafSlowConsumers: 0,
    leafStaleConnections: 0,
    stalledClients: 0,
    authErrors: 0,
  };
}

/** Nobody observes yet. */
function noHooks(): ServerHooks {
  return {
    onClientConnected: null,
    onClientClosed: null,
    onAuthError: null,
    onSlowConsumer: null,
    onAccountsChanged: null,
    onAuthChanged: null,
    onLeafChanged: null,
    onTraced: null,
  };
}
