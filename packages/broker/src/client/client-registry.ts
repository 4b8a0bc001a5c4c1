/** Who is connected, and who was: the open connections by id, and a bounded ring of the last closed ones with their reasons. */

import type { ClosedReason, ConnectOptions } from '@sluice/protocol';
import type { IdentityClaims } from '../auth/authenticator.ts';
import type { ClientConnection } from './client-connection.ts';

/** Subscriptions that a closed connection is remembered with. */
const REMEMBERED_SUBSCRIPTIONS = 64;

/** What is left of a subscription of a closed connection. */
export interface ClosedSubscription {
  readonly subject: string;
  readonly queue: string;
  readonly sid: string;
  readonly deliveredCount: number;
}

/** What is left of a closed connection. */
export interface ClosedClient {
  readonly cid: number;
  readonly kind: 'tcp' | 'websocket';
  readonly address: string;
  readonly port: number;
  readonly startUs: number;
  readonly lastActivityMs: number;
  readonly stopUs: number;
  readonly reason: ClosedReason | '';
  readonly rttUs: number;
  readonly inMessages: number;
  readonly outMessages: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly pendingBytes: number;
  readonly subscriptionCount: number;
  /** The first 64 of them. */
  readonly subscriptions: readonly ClosedSubscription[];
  readonly name: string;
  readonly lang: string;
  readonly version: string;
  readonly user: string;
  readonly account: string;
  /** What the account is called beside its name. */
  readonly accountTag: string;
  /** The JWT that it has shown in operator mode, and what that said if it was let in. */
  readonly jwt: string;
  readonly claims: IdentityClaims | undefined;
}

export class ClientRegistry {
  private readonly open: Map<number, ClientConnection> = new Map();
  private readonly ring: ClosedClient[] = [];
  private ringStart = 0;
  private readonly maxClosed: number;
  private lastCid = 0;
  /** Connections that have ended since start. */
  closedCount = 0;

  constructor(maxClosed: number) {
    this.maxClosed = maxClosed;
  }

  get size(): number {
    return this.open.size;
  }

  /** Ids grow from 1 and are never used twice. */
  nextCid(): number {
    return ++this.lastCid;
  }

  add(client: ClientConnection): void {
    this.open.set(client.cid, client);
  }

  get(cid: number): ClientConnection | undefined {
    return this.open.get(cid);
  }

  values(): IterableIterator<ClientConnection> {
    return this.open.values();
  }

  /** Takes a closed connection over into the ring. */
  remove(client: ClientConnection): void {
    this.open.delete(client.cid);
    this.closedCount++;
    if (this.maxClosed <= 0) return;
    const record = recordOf(client);
    if (this.ring.length < this.maxClosed) {
      this.ring.push(record);
      return;
    }
    this.ring[this.ringStart] = record;
    this.ringStart = (this.ringStart + 1) % this.maxClosed;
  }

  /** The remembered closed connections, oldest first. */
  closed(): ClosedClient[] {
    return [...this.ring.slice(this.ringStart), ...this.ring.slice(0, this.ringStart)];
  }
}

/** The user that a CONNECT named, whether it was let in or not; a token is not told. */
export function claimedUser(connect: ConnectOptions | null): string {
  if (connect === null) return '';
  return connect.nkey || connect.user || (connect.auth_token ? '[REDACTED]' : '');
}

function recordOf(client: ClientConnection): ClosedClient {
  const subscriptions: ClosedSubscription[] = [];
  for (const { subject, queue, sid, deliveredCount } of client.subscriptions.values()) {
    if (subscriptions.length >= REMEMBERED_SUBSCRIPTIONS) break;
    subscriptions.push({ subject, queue, sid, deliveredCount });
  }
  return {
    cid: client.cid,
    kind: client.peer.kind === 'websocket' ? 'websocket' : 'tcp',
    address: client.peer.address,
    port: client.peer.port,
    startUs: client.startUs,
    lastActivityMs: client.lastActivityMs,
    stopUs: client.stopUs,
    reason: client.closedReason,
    rttUs: client.rttUs,
    inMessages: client.inMessages,
    outMessages: client.outMessages,
    inBytes: client.inBytes,
    outBytes: client.outBytes,
    pendingBytes: client.outbound.pendingBytes,
    subscriptionCount: client.subscriptions.size,
    subscriptions,
    name: client.connectOptions?.name ?? '',
    lang: client.connectOptions?.lang ?? '',
    version: client.connectOptions?.version ?? '',
    user: client.identity?.user || claimedUser(client.connectOptions),
    account: client.account?.name ?? '',
    accountTag: client.account?.limits.displayName ?? client.account?.name ?? '',
    jwt: client.server.known === undefined ? '' : (client.connectOptions?.jwt ?? ''),
    claims: client.identity?.claims,
  };
}
