/**
 * Events on the system account: clients come and go, logins fail, accounts change, the server's figures, lame duck and shutdown.
 * Source: nats-server server/events.go accountConnectEvent, accountDisconnectEvent, sendAuthErrorEvent, sendStatsz.
 */
import type { AccountConnectionsEvent, ClientConnectEvent, ClientDisconnectEvent, EventClient } from '@sluice/protocol';
import { usToTimestamp } from '@sluice/protocol';
import type { Account } from '../account/account.ts';
import { GLOBAL_ACCOUNT } from '../account/accounts.ts';
import type { AuthRefusal } from '../auth/authenticator.ts';
import type { ClientConnection } from '../client/client-connection.ts';
import { claimedUser } from '../client/client-registry.ts';
import type { LeafConnectionFacts } from '../cluster/facts.ts';
import type { Timer } from '../env/env.ts';
import { accountStat } from '../monitor/accountz.ts';
import type { MonitorFacts } from '../monitor/facts.ts';
import type { TraceReport } from '../server.ts';
import { encodeBody } from './encoding.ts';
import type { PeerServers } from './peer-servers.ts';
import type { RecentTroubles } from './recent.ts';
import { buildServerStats } from './server-stats.ts';
import type { Speaker } from './speaker.ts';

/** Where an account hears of refused logins. */
const ACCOUNT_AUTH_ERROR = '$SYS.ACCOUNT.CLIENT.AUTH.ERR';
/** How the server's own messages are framed. */
const OWN = { hasEmptyReply: true };
/** Figures go out when they changed, this often at most. */
const CHECK_MS = 1000;
/** Figures go out this often when nothing changed, in checks. */
const STATSZ_CHECKS = 10;
/** The connections of accounts are announced this often when nothing changed, in checks. */
const CONNS_CHECKS = 30;

export class SystemEvents {
  private readonly facts: MonitorFacts;
  private readonly speaker: Speaker;
  private readonly recent: RecentTroubles;
  private readonly peers: PeerServers;
  private timer: Timer | null = null;
  private checks = 0;
  private lastFigures = '';

  constructor(facts: MonitorFacts, speaker: Speaker, recent: RecentTroubles, peers: PeerServers) {
    this.facts = facts;
    this.speaker = speaker;
    this.recent = recent;
    this.peers = peers;
  }

  start(): void {
    const { hooks, env } = this.facts.server;
    hooks.onClientConnected = (client) => this.onConnected(client);
    hooks.onClientClosed = (client, reason) => this.onClosed(client, reason);
    hooks.onAuthError = (client, refusal) => this.onAuthError(client, refusal);
    hooks.onSlowConsumer = (client) => this.recent.noteSlowConsumer(client);
    hooks.onLeafChanged = (leaf, isConnected) => this.onLeafChanged(leaf, isConnected);
    hooks.onTraced = (account, destination, report) => this.onTraced(account, destination, report);
    this.timer = env.clock.setRepeatingTimer(CHECK_MS, () => this.check());
  }

  /** Says goodbye and falls silent. */
  stop(): void {
    const { hooks } = this.facts.server;
    hooks.onClientConnected = null;
    hooks.onClientClosed = null;
    hooks.onAuthError = null;
    hooks.onSlowConsumer = null;
    hooks.onLeafChanged = null;
    hooks.onTraced = null;
    this.timer?.cancel();
    this.timer = null;
    this.announceState('SHUTDOWN');
  }

  announceLameDuck(): void {
    this.announceState('LAMEDUCK');
  }

  private announceState(state: 'SHUTDOWN' | 'LAMEDUCK'): void {
    this.speaker.announce(`$SYS.SERVER.${this.facts.server.id}.${state}`, () => this.speaker.identity());
  }

  /** The publisher is answered first; then its account hears where the message went. */
  private onTraced(account: Account, destination: string, report: TraceReport): void {
    const body = Buffer.from(JSON.stringify({ server: this.speaker.identity(), ...report }), 'utf8');
    const { payload, headers } = encodeBody(body, report.request.header['Accept-Encoding']?.[0] ?? '');
    account.turn.defer(() => {
      account.publish(destination, payload, headers === undefined ? OWN : { ...OWN, headers });
    });
  }

  private onConnected(client: ClientConnection): void {
    const { account } = client;
    if (account === null) return;
    this.announceConnections(account);
    this.speaker.announce(`$SYS.ACCOUNT.${account.name}.CONNECT`, () => {
      const event: ClientConnectEvent = {
        type: 'io.nats.server.advisory.v1.client_connect',
        ...this.stamp(),
        client: eventClient(client),
      };
      return event;
    });
  }

  /** Leaf nodes count among the connections of their account. */
  private onLeafChanged(leaf: LeafConnectionFacts, isConnected: boolean): void {
    const { account } = leaf;
    if (account === null) return;
    this.announceConnections(account);
    const client = leafClient(leaf);
    if (isConnected) {
      this.speaker.announce(`$SYS.ACCOUNT.${account.name}.CONNECT`, () => ({
        type: 'io.nats.server.advisory.v1.client_connect',
        ...this.stamp(),
        client,
      }));
      return;
    }
    const stop = usToTimestamp(this.facts.server.env.clock.nowUs());
    this.speaker.announce(`$SYS.ACCOUNT.${account.name}.DISCONNECT`, () => ({
      type: 'io.nats.server.advisory.v1.client_disconnect',
      ...this.stamp(),
      client: { ...client, stop },
      sent: { msgs: leaf.inMessages, bytes: leaf.inBytes },
      received: { msgs: leaf.outMessages, bytes: leaf.outBytes },
      reason: leaf.closedReason,
    }));
  }

  /** The account still counts the client when it is told; the event must not. */
  private onClosed(client: ClientConnection, reason: string): void {
    const { account } = client;
    if (account !== null) {
      account.clientIds.delete(client.cid);
      this.announceConnections(account);
    }
    const subject = `$SYS.ACCOUNT.${account?.name ?? GLOBAL_ACCOUNT}.DISCONNECT`;
    this.speaker.announce(subject, () => this.disconnectEvent(client, reason));
  }

  /** The system account hears of it, and the account that the client would have belonged to, or whose service refused it. */
  private onAuthError(client: ClientConnection, { reason, closedReason, told }: AuthRefusal): void {
    const { server } = this.facts;
    this.recent.noteAuthError(client, reason);
    const end = closedReason ?? 'Authentication Failure';
    this.speaker.announce(`$SYS.SERVER.${server.id}.CLIENT.AUTH.ERR`, () => this.disconnectEvent(client, end));
    const account = told === undefined ? (client.account ?? server.globalAccount) : server.accounts.get(told.account);
    if (account === undefined || !account.hasInterest(ACCOUNT_AUTH_ERROR)) return;
    const event = this.disconnectEvent(client, told?.reason ?? end);
    const body = { ...event, client: { ...event.client, acc: account.name } };
    account.publish(ACCOUNT_AUTH_ERROR, Buffer.from(JSON.stringify(body), 'utf8'), OWN);
  }

  private disconnectEvent(client: ClientConnection, reason: string): ClientDisconnectEvent {
    const stopUs = client.stopUs > 0 ? client.stopUs : this.facts.server.env.clock.nowUs();
    return {
      type: 'io.nats.server.advisory.v1.client_disconnect',
      ...this.stamp(),
      client: eventClient(client, stopUs),
      sent: { msgs: client.inMessages, bytes: client.inBytes },
      received: { msgs: client.outMessages, bytes: client.outBytes },
      reason,
    };
  }

  /** On the subject of today and the one that older tools listen to. */
  private announceConnections(account: Account): void {
    for (const subject of [`$SYS.SERVER.ACCOUNT.${account.name}.CONNS`, `$SYS.ACCOUNT.${account.name}.SERVER.CONNS`]) {
      this.speaker.announce(subject, () => this.connectionsEvent(account));
    }
  }

  /** The connections and traffic of one account; also the answer to `$SYS.REQ.ACCOUNT.<name>.CONNS`. */
  connectionsEvent(account: Account): AccountConnectionsEvent {
    this.facts.settleCounters();
    return { type: 'io.nats.server.advisory.v1.account_connections', ...this.stamp(), ...accountStat(account) };
  }

  private stamp() {
    return { id: this.speaker.nextId(), timestamp: this.speaker.now(), server: this.speaker.identity() };
  }

  /** Once a second: figures that changed, or that are due. */
  private check(): void {
    this.checks++;
    const subject = `$SYS.SERVER.${this.facts.server.id}.STATSZ`;
    const { server } = this.facts;
    const figures = `${server.clients.size} ${server.counters.totalConnections} ${server.counters.slowConsumers}`;
    const isDue = this.checks % STATSZ_CHECKS === 0;
    if (isDue || figures !== this.lastFigures) {
      this.lastFigures = figures;
      this.speaker.announce(subject, () => ({
        server: this.speaker.identity(),
        statsz: buildServerStats(this.facts, this.peers),
      }));
    }
    if (this.checks % CONNS_CHECKS === 0) for (const account of this.facts.activeAccounts()) this.announceConnections(account);
  }
}

/** A leaf node connection as events name it. */
function leafClient(leaf: LeafConnectionFacts): EventClient {
  const { account, accountName, remoteName, userName } = leaf;
  return {
    start: usToTimestamp(leaf.startUs),
    host: leaf.address,
    id: leaf.cid,
    acc: accountName,
    ...(userName === '' ? {} : { user: userName }),
    ...(remoteName === '' ? {} : { name: remoteName }),
    name_tag: account?.limits.displayName ?? accountName,
    kind: 'Leafnode',
  };
}

/** A client as events name it; with `stopUs` it is one that has gone. */
export function eventClient(client: ClientConnection, stopUs?: number): EventClient {
  const account = client.account?.name ?? GLOBAL_ACCOUNT;
  const user = client.identity?.user || claimedUser(client.connectOptions);
  const { name = '', lang = '', version = '' } = client.connectOptions ?? {};
  return {
    start: usToTimestamp(client.startUs),
    host: client.peer.address,
    id: client.cid,
    acc: account,
    ...(user === '' ? {} : { user }),
    ...(name === '' ? {} : { name }),
    ...(lang === '' ? {} : { lang }),
    ...(version === '' ? {} : { ver: version }),
    ...(stopUs === undefined || client.rttUs === 0 ? {} : { rtt: client.rttUs * 1000 }),
    ...(stopUs === undefined ? {} : { stop: usToTimestamp(stopUs) }),
    ...claimsOf(client),
    name_tag: client.account?.limits.displayName ?? account,
    kind: 'Client',
    client_type: client.peer.kind === 'websocket' ? 'websocket' : 'nats',
  };
}

/** The JWT that a client of operator mode has shown, and what is known of it. */
function claimsOf({ identity, connectOptions, server }: ClientConnection): Pick<EventClient, 'jwt' | 'issuer_key' | 'tags'> {
  const shown = server.options.operator === undefined ? '' : (connectOptions?.jwt ?? '');
  const { issuerKey = '', tags = [], jwt = shown } = identity?.claims ?? {};
  return {
    ...(jwt === '' ? {} : { jwt }),
    ...(issuerKey === '' ? {} : { issuer_key: issuerKey }),
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
  };
}
