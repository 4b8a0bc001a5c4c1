/** One connection as `/connz` shows it. Source: nats-server server/monitor.go ConnInfo.fill. */
import { type ConnInfo, formatDuration, formatUptime, type SubDetail, usToTimestamp } from '@sluice/protocol';
import { GLOBAL_ACCOUNT } from '../account/accounts.ts';
import type { IdentityClaims } from '../auth/authenticator.ts';
import { asRecord, peekJwt } from '../auth/jwt/decode-jwt.ts';
import { ClientConnection } from '../client/client-connection.ts';
import { type ClosedClient, claimedUser } from '../client/client-registry.ts';
import type { TlsSession } from '../env/tls.ts';
import type { ListedLeaf } from './listed-leaf.ts';
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

/** What the answer needs of either kind of connection. */
interface Counted {
  readonly cid: number;
  readonly startUs: number;
  readonly lastActivityMs: number;
  readonly inMessages: number;
  readonly outMessages: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

/**
 * An open connection at `nowUs`. One object is filled in place, because an answer may have a hundred thousand of them, and in
 * nats-server's order of fields, because people compare the texts.
 */
export function openInfo(client: ClientConnection, detail: ConnInfoDetail, nowUs: number): ConnInfo {
  const info = commonInfo(client, client.peer, nowUs, rttOf(client.rttUs));
  info.pending_bytes = client.outbound.pendingBytes;
  info.subscriptions = client.subscriptions.size;
  const connect = client.connectOptions;
  if (connect !== null) addNames(info, connect);
  if (client.peer.tls !== undefined) addTls(info, client.peer.tls);
  if (client.identity?.proxyKey !== undefined) info.proxy = { key: client.identity.proxyKey };
  if (detail.withAuth) {
    addAuth(info, rawUser(client), client.account?.name ?? '');
    addClaims(info, client.identity?.claims);
  }
  addSubscriptions(info, client.subscriptions.values(), detail, '');
  if (detail.withAuth && client.account !== null) info.name_tag = client.account.limits.displayName ?? client.account.name;
  return info;
}

/** A closed connection; uptime and idle time end with it. */
export function closedInfo(closed: ClosedClient, detail: ConnInfoDetail): ConnInfo {
  const end = { stop: usToTimestamp(closed.stopUs), reason: closed.reason, ...rttOf(closed.rttUs) };
  const info = commonInfo(closed, closed, closed.stopUs, end);
  info.pending_bytes = closed.pendingBytes;
  info.subscriptions = closed.subscriptionCount;
  addNames(info, closed);
  if (detail.withAuth) {
    addAuth(info, closed.user, closed.account);
    addClaims(info, closed.claims);
    if (closed.claims === undefined && closed.jwt !== '' && !isBearer(closed.jwt)) info.jwt = closed.jwt;
  }
  addSubscriptions(info, closed.subscriptions, detail, closed.account);
  if (detail.withAuth && closed.account !== '') info.name_tag = closed.accountTag;
  return info;
}

/** A connection across a leaf node. */
export function leafConnInfo(leaf: ListedLeaf, detail: ConnInfoDetail, nowUs: number): ConnInfo {
  const { facts } = leaf;
  const common = commonInfo(leaf, { kind: '', address: facts.address, port: facts.port }, nowUs, rttOf(leaf.rttUs));
  const { type: _ofClients, ...rest } = common;
  const info: ConnInfo = { ...rest, kind: 'Leafnode', pending_bytes: leaf.pendingBytes, subscriptions: leaf.subscriptionCount };
  addNames(info, { name: facts.remoteName });
  if (detail.withAuth) addAuth(info, leaf.user, leaf.account);
  addSubscriptions(info, leaf.subscriptions, detail, '');
  if (detail.withAuth) info.name_tag = facts.account?.limits.displayName ?? leaf.account;
  return info;
}

function commonInfo(
  counted: Counted,
  peer: { readonly kind: string; readonly address: string; readonly port: number },
  untilUs: number,
  more: { readonly stop?: string; readonly reason?: string; readonly rtt?: string },
): ConnInfo {
  const lastUs = counted.lastActivityMs * 1000;
  return {
    cid: counted.cid,
    kind: 'Client',
    type: peer.kind === 'websocket' ? 'websocket' : 'nats',
    ip: peer.address,
    port: peer.port,
    start: usToTimestamp(counted.startUs),
    last_activity: usToTimestamp(lastUs),
    ...more,
    uptime: formatUptime((untilUs - counted.startUs) * 1000),
    idle: formatUptime(Math.max(0, untilUs - lastUs) * 1000),
    pending_bytes: 0,
    in_msgs: counted.inMessages,
    out_msgs: counted.outMessages,
    in_bytes: counted.inBytes,
    out_bytes: counted.outBytes,
    subscriptions: 0,
  };
}

function rttOf(rttUs: number): { rtt?: string } {
  return rttUs > 0 ? { rtt: formatDuration(rttUs * 1000) } : {};
}

/** The name a client came with, whether it was let in or not. */
export function rawUser(connection: ClientConnection | ClosedClient | ListedLeaf): string {
  if (!(connection instanceof ClientConnection)) return connection.user;
  return connection.identity?.user || claimedUser(connection.connectOptions);
}

function addNames(info: ConnInfo, names: { readonly name?: string; readonly lang?: string; readonly version?: string }): void {
  if (names.name) info.name = names.name;
  if (names.lang) info.lang = names.lang;
  if (names.version) info.version = names.version;
}

/** The handshake of a secured connection. */
function addTls(info: ConnInfo, session: TlsSession): void {
  info.tls_version = session.version;
  info.tls_cipher_suite = session.cipherSuite;
  if (session.isFirst) info.tls_first = true;
  if (session.certificates.length === 0) return;
  info.tls_peer_certs = session.certificates.map(({ subject, spkiSha256, certSha256 }) => ({
    subject,
    spki_sha256: spkiSha256,
    cert_sha256: certSha256,
  }));
}

function addAuth(info: ConnInfo, user: string, account: string): void {
  if (user !== '') info.authorized_user = user;
  // The global account is shown by its name tag alone.
  if (account === '') return;
  if (account !== GLOBAL_ACCOUNT) info.account = account;
}

/** Whoever has such a JWT may come in with it; what it says of itself is enough to hide it. */
function isBearer(jwt: string): boolean {
  return asRecord(peekJwt(jwt)?.['nats'])?.['bearer_token'] === true;
}

function addClaims(info: ConnInfo, claims: IdentityClaims | undefined): void {
  if (claims === undefined) return;
  if (claims.jwt !== '' && claims.isBearer !== true) info.jwt = claims.jwt;
  info.issuer_key = claims.issuerKey;
  if (claims.tags.length > 0) info.tags = [...claims.tags];
}

/** nats-server names the account beside each subscription of a closed connection only. */
function addSubscriptions(
  info: ConnInfo,
  subscriptions: Iterable<ListedSubscription>,
  detail: ConnInfoDetail,
  closedAccount: string,
): void {
  if (info.subscriptions === 0) return;
  if (detail.withSubscriptionDetail) {
    const owner = closedAccount === '' ? {} : { account: closedAccount, account_tag: closedAccount };
    info.subscriptions_list_detail = Array.from(subscriptions, (one) => ({ ...owner, ...subDetail(one, info.cid) }));
  } else if (detail.withSubscriptions) {
    info.subscriptions_list = Array.from(subscriptions, (one) => fromWireText(one.subject));
  }
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
