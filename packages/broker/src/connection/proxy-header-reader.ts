/**
 * One PROXY header as it arrives, whatever transport brings its bytes: how long each part of it is waited for, and what the log says when
 * it does not come. Source: nats-server server/client_proxyproto.go readProxyProtoHeader, and 2.15.1 with and without TLS.
 */
import type { Clock, Timer } from '../env/env.ts';
import type { Transport } from '../env/net.ts';
import type { SecureUpgrade } from '../env/tls.ts';
import { DETECTION_BYTES, type ProxyHeader, readProxyHeader } from './proxy-header.ts';

/** Time for the first bytes, for the rest of those that tell whether there is a header, and for a header. */
const PART_TIMEOUT_MS = 5000;

/** What a connection began with. */
export type ProxyStart = Extract<ProxyHeader, { kind: 'absent' | 'header' }>;

export class ProxyHeaderReader {
  private readonly transport: Transport;
  private readonly clock: Clock;
  private readonly onFail: (error: string) => void;
  private head: Buffer = Buffer.alloc(0);
  private timer: Timer | null = null;
  /** The header has been read or given up. */
  isDone = false;

  /** Starts to wait. `onFail` is called at most once, with the words of the log; the connection is then to be closed. */
  constructor(transport: Transport, clock: Clock, onFail: (error: string) => void) {
    this.transport = transport;
    this.clock = clock;
    this.onFail = onFail;
    this.wait(() => {
      // Nothing has come: as nats-server, this is the end of the input. Otherwise the rest has as long again.
      if (this.head.length === 0) this.failWith('EOF');
      else this.wait(() => this.failWith(this.timeoutText()));
    });
  }

  /** Looks at all bytes that have come so far; undefined while they do not tell, and after a failure. */
  take(head: Buffer): ProxyStart | undefined {
    if (this.isDone) return undefined;
    const wasDetected = this.head.length >= DETECTION_BYTES;
    this.head = head;
    const result = readProxyHeader(head, head.length);
    switch (result.kind) {
      case 'incomplete':
        if (!wasDetected && head.length >= DETECTION_BYTES) this.wait(() => this.failWith(this.timeoutText()));
        return undefined;
      case 'invalid':
        this.fail(result.error);
        return undefined;
      default:
        this.finish();
        return result;
    }
  }

  /** The connection has gone. */
  end(): void {
    const result = readProxyHeader(this.head, this.head.length);
    this.failWith(result.kind === 'incomplete' && result.isBegun ? 'unexpected EOF' : 'EOF');
  }

  private wait(then: () => void): void {
    this.timer?.cancel();
    this.timer = this.clock.setTimer(PART_TIMEOUT_MS, then);
  }

  private failWith(why: string): void {
    const result = readProxyHeader(this.head, this.head.length);
    if (result.kind === 'incomplete') this.fail(`failed to ${result.doing}: ${why}`);
  }

  private fail(error: string): void {
    if (this.isDone) return;
    this.finish();
    this.onFail(error);
  }

  private finish(): void {
    this.isDone = true;
    this.timer?.cancel();
    this.head = Buffer.alloc(0);
  }

  private timeoutText(): string {
    const { peer, local = '' } = this.transport;
    const { address, port } = peer.via ?? peer;
    return `read tcp ${local}->${address}:${port}: i/o timeout`;
  }
}

/** Takes the header off a connection on which a TLS handshake follows. Rejects with the words of the log when it is wrong or never comes. */
export function takeProxyHeader(transport: Transport, secure: SecureUpgrade, clock: Clock): Promise<ProxyStart> {
  return new Promise((resolve, reject) => {
    const reader = new ProxyHeaderReader(transport, clock, (error) => reject(new Error(error)));
    const take = (head: Buffer): number | undefined => {
      const start = reader.take(head);
      // After a failure nothing is kept of what still comes.
      if (start === undefined) return reader.isDone ? head.length : undefined;
      resolve(start);
      return start.kind === 'header' ? start.lengthBytes : 0;
    };
    secure.readHead(take).catch(() => reader.end());
  });
}
