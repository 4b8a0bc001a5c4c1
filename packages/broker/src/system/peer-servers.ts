/**
 * Other servers, by what they say of themselves on the system account. Without routes nobody does, and the count is one: this server.
 * The subjects are subscribed to all the same, so that interest is what a tool or a peer of nats-server finds.
 */
import type { Account } from '../account/account.ts';
import type { ReceivedMessage } from '../account/internal-subscriber.ts';
import type { Server } from '../server.ts';

/** A server that was silent for three of its ten-second reports is gone. */
const FORGET_AFTER_MS = 30_000;
const MAX_PEERS = 1024;

export class PeerServers {
  private readonly server: Server;
  private readonly lastSeenMs: Map<string, number> = new Map();

  constructor(server: Server) {
    this.server = server;
  }

  /** Subscribes where servers talk to one another. Source: nats-server server/events.go initEventTracking. */
  subscribe(account: Account): (() => void)[] {
    const token = this.server.id.slice(-8);
    const noReply = (): void => this.forgetSilent();
    return [
      account.subscribe(`$SYS._INBOX.${token}.*`, noReply),
      account.subscribe('$SYS.SERVER.ACCOUNT.*.CONNS', noReply),
      account.subscribe(`$SYS._INBOX_.${this.server.id}`, noReply),
      account.subscribe('$SYS.SERVER.*.STATSZ', (message) => this.noteAlive(message)),
      account.subscribe('$SYS.SERVER.*.SHUTDOWN', (message) => this.noteGone(message)),
      account.subscribe('$SYS.SERVER.*.LAMEDUCK', noReply),
      account.subscribe('$SYS.ACCOUNT.*.LEAFNODE.CONNECT', noReply),
      account.subscribe(`$SYS.LATENCY.M2.${token}`, noReply),
    ];
  }

  /** This server and those that were heard of lately. */
  activeCount(): number {
    this.forgetSilent();
    return this.lastSeenMs.size + 1;
  }

  private noteAlive(message: ReceivedMessage): void {
    const id = serverIdOf(message);
    if (id === this.server.id || message.cid !== 0) return;
    if (this.lastSeenMs.size < MAX_PEERS || this.lastSeenMs.has(id)) this.lastSeenMs.set(id, this.nowMs());
  }

  private noteGone(message: ReceivedMessage): void {
    this.lastSeenMs.delete(serverIdOf(message));
  }

  private forgetSilent(): void {
    const oldest = this.nowMs() - FORGET_AFTER_MS;
    for (const [id, seenMs] of this.lastSeenMs) if (seenMs < oldest) this.lastSeenMs.delete(id);
  }

  private nowMs(): number {
    return this.server.env.clock.monotonicMs();
  }
}

/** `$SYS.SERVER.<id>.…` */
function serverIdOf(message: ReceivedMessage): string {
  return message.subject.split('.')[2] ?? '';
}
