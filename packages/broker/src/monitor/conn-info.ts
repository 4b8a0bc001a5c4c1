/** One connection as `/connz` shows it. Source: nats-server server/monitor.go ConnInfo.fill. */
import { type ConnInfo, formatDuration, formatUptime, type SubDetail, usToTimestamp } from '@sluice/protocol';
import { ClientConnection } from '../client/client-connection.ts';
import { type ClosedClient, claimedUser } from '../client/client-registry.ts';
import type { TlsSession } from '../env/tls.ts';
import { fromWireText } from './wire-text.ts';

/** How much of a connection is told. */
export interface ConnInfoDetail {
  readonly withAuth: boolean;
  readonly withSubscriptions: boolean;
  readonly withSubscriptionDetail: boolean;
}

/** What subscriptions of open and closed connections have in common. */
interface ListedSubscription {
  readonly subject: string;
  readonly queue: string;
  readonly sid: string;
  readonly deliveredCount: number;
  /** Absent for closed connections: nats-server does not tell it either. */
  readonly maxCount?: number;
}

/** An open connection at `nowUs`. */
export function openInfo(client: ClientConnection, detail: ConnInfoDetail, nowUs: number): ConnInfo {
  const lastUs = client.lastActivityMs * 1000;
  const connect = client.connectOptions;
  return {
    ...peerOf(client),
    start: usToTimestamp(client.startUs),
    last_activity: usToTimestamp(lastUs),
    ...rttOf(client.rttUs),
    uptime: formatUptime((nowUs - client.startUs) * 1000),
    idle: formatUptime(Math.max(0, nowUs - lastUs) * 1000),
    pending_bytes: client.outbound.pendingBytes,
    ...trafficOf(client),
    subscriptions: client.subscriptions.size,
    ...namesOf(connect?.name, connect?.lang, connect?.version),
    ...tlsOf(client.peer.tls),
    ...(detail.withAuth ? authOf(rawUser(client), client.account?.name ?? '') : {}),
    ...subscriptionsOf(client.subscriptions.values(), detail, { cid: client.cid, closedAccount: '' }),
  };
}

/** A closed connection; uptime and idle time end with it. */
export function closedInfo(closed: ClosedClient, detail: ConnInfoDetail): ConnInfo {
  const lastUs = closed.lastActivityMs * 1000;
  return {
    ...peerOf({ cid: closed.cid, peer: { kind: closed.kind, address: closed.address, port: closed.port } }),
    start: usToTimestamp(closed.startUs),
    last_activity: usToTimestamp(lastUs),
    stop: usToTimestamp(closed.stopUs),
    reason: closed.reason,
    ...rttOf(closed.rttUs),
    uptime: formatUptime((closed.stopUs - closed.startUs) * 1000),
    idle: formatUptime(Math.max(0, closed.stopUs - lastUs) * 1000),
    pending_bytes: closed.pendingBytes,
    ...trafficOf(closed),
    subscriptions: closed.subscriptionCount,
    ...namesOf(closed.name, closed.lang, closed.version),
    ...(detail.withAuth ? authOf(closed.user, closed.account) : {}),
    ...subscriptionsOf(closed.subscriptions.values(), detail, { cid: closed.cid, closedAccount: closed.account }),
  };
}

/** The name a client came with, whether it was let in or not. */
export function rawUser(connection: ClientConnection | ClosedClient): string {
  if (!(connection instanceof ClientConnection)) return connection.user;
  return connection.identity?.user || claimedUser(connection.connectOptions);
}

function peerOf(client: { cid: number; peer: { kind: string; address: string; port: number } }) {
  const { cid, peer } = client;
  return { cid, kind: 'Client', type: peer.kind === 'websocket' ? 'websocket' : 'nats', ip: peer.address, port: peer.port };
}

function rttOf(rttUs: number): { rtt?: string } {
  return rttUs > 0 ? { rtt: formatDuration(rttUs * 1000) } : {};
}

function trafficOf(counts: { inMessages: number; outMessages: number; inBytes: number; outBytes: number }) {
  return { in_msgs: counts.inMessages, out_msgs: counts.outMessages, in_bytes: counts.inBytes, out_bytes: counts.outBytes };
}

function namesOf(name = '', lang = '', version = ''): { name?: string; lang?: string; version?: string } {
  return { ...(name === '' ? {} : { name }), ...(lang === '' ? {} : { lang }), ...(version === '' ? {} : { version }) };
}

/** The handshake of a secured connection. */
function tlsOf(
  session: TlsSession | undefined,
): Pick<ConnInfo, 'tls_version' | 'tls_cipher_suite' | 'tls_peer_certs' | 'tls_first'> {
  if (session === undefined) return {};
  const certificates = session.certificates.map(({ subject, spkiSha256, certSha256 }) => ({
    subject,
    spki_sha256: spkiSha256,
    cert_sha256: certSha256,
  }));
  return {
    tls_version: session.version,
    tls_cipher_suite: session.cipherSuite,
    ...(certificates.length === 0 ? {} : { tls_peer_certs: certificates }),
    ...(session.isFirst ? { tls_first: true } : {}),
  };
}

function authOf(user: string, account: string): { authorized_user?: string; account?: string; name_tag?: string } {
  return { ...(user === '' ? {} : { authorized_user: user }), ...(account === '' ? {} : { account, name_tag: account }) };
}

/** nats-server names the account beside each subscription of a closed connection only. */
function subscriptionsOf(
  subscriptions: Iterable<ListedSubscription>,
  detail: ConnInfoDetail,
  { cid, closedAccount }: { readonly cid: number; readonly closedAccount: string },
): { subscriptions_list?: string[]; subscriptions_list_detail?: SubDetail[] } {
  if (detail.withSubscriptionDetail) {
    const owner = closedAccount === '' ? {} : { account: closedAccount, account_tag: closedAccount };
    const list = Array.from(subscriptions, (subscription) => ({ ...owner, ...subDetail(subscription, cid) }));
    return list.length > 0 ? { subscriptions_list_detail: list } : {};
  }
  if (!detail.withSubscriptions) return {};
  const list = Array.from(subscriptions, (subscription) => fromWireText(subscription.subject));
  return list.length > 0 ? { subscriptions_list: list } : {};
}

/** One subscription, without its account. */
export function subDetail(subscription: ListedSubscription, cid: number): SubDetail {
  const { maxCount = 0 } = subscription;
  return {
    subject: fromWireText(subscription.subject),
    ...(subscription.queue === '' ? {} : { qgroup: fromWireText(subscription.queue) }),
    sid: fromWireText(subscription.sid),
    msgs: subscription.deliveredCount,
    ...(maxCount > 0 ? { max: maxCount } : {}),
    cid,
  };
}
