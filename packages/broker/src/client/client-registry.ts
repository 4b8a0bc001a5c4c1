/** Who is connected, and who was: the open connections by id, and a bounded ring of the last closed ones with their reasons. */
import type { ClosedReason } from '@sluice/protocol';
import type { ClientConnection } from './client-connection.ts';

/** Subjects that a closed connection is remembered with. */
const REMEMBERED_SUBSCRIPTIONS = 256;

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
  readonly subjects: readonly string[];
  readonly name: string;
  readonly lang: string;
  readonly version: string;
  readonly user: string;
  readonly account: string;
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

function recordOf(client: ClientConnection): ClosedClient {
  const subjects: string[] = [];
  for (const subscription of client.subscriptions.values()) {
    if (subjects.length >= REMEMBERED_SUBSCRIPTIONS) break;
    subjects.push(subscription.subject);
  }
  return {
    cid: client.cid,
    kind: client.peer.kind,
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
    subjects,
    name: client.connectOptions?.name ?? '',
    lang: client.connectOptions?.lang ?? '',
    version: client.connectOptions?.version ?? '',
    user: client.identity?.user ?? '',
    account: client.account?.name ?? '',
  };
}
