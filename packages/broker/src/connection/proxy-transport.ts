/**
 * A transport whose peer may be a proxy that says first for whom it speaks. Until the first bytes have come, nothing is known of the
 * client; a client without a header is served as it is.
 */
import { SlackBuffer } from '@sluice/protocol/wire';
import type { Clock, Timer } from '../env/env.ts';
import type { Peer, Transport, TransportHandler } from '../env/net.ts';
import type { SecureUpgrade } from '../env/tls.ts';
import { DETECTION_BYTES, readProxyHeader } from './proxy-header.ts';

/** Time for the first bytes, for the rest of those that tell whether there is a header, and for a header. */
const HEADER_TIMEOUT_MS = 5000;

export interface ProxyEvents {
  readonly clock: Clock;
  /** The header is wrong; the connection must be closed as a protocol violation. */
  readonly onInvalid: (error: string) => void;
}

export class ProxyTransport implements Transport, TransportHandler {
  peer: Peer;
  private readonly inner: Transport;
  private readonly events: ProxyEvents;
  private handler: TransportHandler | null = null;
  private head: Buffer = Buffer.alloc(0);
  private isOpen = false;
  private timer: Timer | null = null;

  constructor(inner: Transport, events: ProxyEvents) {
    this.inner = inner;
    this.events = events;
    this.peer = { ...inner.peer, isUnnamed: true };
  }

  start(handler: TransportHandler): void {
    this.handler = handler;
    this.wait(() => {
      // Nothing has come: as nats-server, this is the end of the input. Otherwise the rest has as long again.
      if (this.head.length === 0) this.fail('EOF');
      else this.wait(() => this.fail(this.timeoutText()));
    });
    this.inner.start(this);
  }

  private wait(then: () => void): void {
    this.timer?.cancel();
    this.timer = this.events.clock.setTimer(HEADER_TIMEOUT_MS, then);
  }

  onBytes(bytes: Buffer, view: DataView, count: number): void {
    if (this.isOpen) this.handler?.onBytes(bytes, view, count);
    else this.takeHead(Buffer.concat([this.head, bytes.subarray(0, count)]));
  }

  private takeHead(head: Buffer): void {
    const wasDetected = this.head.length >= DETECTION_BYTES;
    this.head = head;
    const result = readProxyHeader(head, head.length);
    switch (result.kind) {
      case 'incomplete':
        if (!wasDetected && head.length >= DETECTION_BYTES) this.wait(() => this.fail(this.timeoutText()));
        return;
      case 'invalid':
        this.finish();
        return this.events.onInvalid(result.error);
      case 'absent':
        this.finish();
        this.peer = this.inner.peer;
        // In two pieces, as nats-server reads them: its log tells where in a piece an error is.
        this.passOn(head.subarray(0, DETECTION_BYTES));
        return this.passOn(head.subarray(DETECTION_BYTES));
      case 'header': {
        this.finish();
        const { address, port } = this.inner.peer;
        this.peer =
          result.source === undefined ? this.inner.peer : { ...this.inner.peer, ...result.source, via: { address, port } };
        this.passOn(head.subarray(result.lengthBytes));
      }
    }
  }

  private finish(): void {
    this.isOpen = true;
    this.head = Buffer.alloc(0);
    this.timer?.cancel();
  }

  private passOn(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const copy = new SlackBuffer(bytes.length);
    bytes.copy(copy.bytes, 0);
    this.handler?.onBytes(copy.bytes, copy.view, bytes.length);
  }

  /** The header never became whole. */
  private fail(why: string): void {
    if (this.isOpen) return;
    const result = readProxyHeader(this.head, this.head.length);
    this.finish();
    if (result.kind === 'incomplete') this.events.onInvalid(`failed to ${result.doing}: ${why}`);
  }

  private timeoutText(): string {
    const { address, port } = this.inner.peer;
    return `read tcp ${this.inner.local ?? ''}->${address}:${port}: i/o timeout`;
  }

  onWritten(): void {
    this.handler?.onWritten();
  }

  onClose(error: Error | undefined): void {
    this.timer?.cancel();
    const result = readProxyHeader(this.head, this.head.length);
    if (!this.isOpen && result.kind === 'incomplete') this.fail(result.isBegun ? 'unexpected EOF' : 'EOF');
    this.handler?.onClose(error);
  }

  write(bytes: Uint8Array): boolean {
    return this.inner.write(bytes);
  }

  pause(): void {
    this.inner.pause();
  }

  resume(): void {
    this.inner.resume();
  }

  end(statusText?: string): void {
    this.inner.end(statusText);
  }

  destroy(): void {
    this.inner.destroy();
  }
}

/**
 * The same where a TLS handshake follows: takes the header off the connection, which goes on as the client's, or as `peer` without one.
 * Resolves false when nothing has come in `waitMs`.
 * @throws what is wrong with the header, or with the connection.
 */
export function takeProxyHeader(secure: SecureUpgrade, peer: Peer, waitMs: number): Promise<boolean> {
  const take = (head: Buffer): number | undefined => {
    const result = readProxyHeader(head, head.length);
    switch (result.kind) {
      case 'incomplete':
        return undefined;
      case 'invalid':
        throw new Error(result.error);
      case 'absent':
        secure.speakFor(peer);
        return 0;
      case 'header':
        secure.speakFor(result.source ?? peer);
        return result.lengthBytes;
    }
  };
  return secure.readHead(take, { waitMs, restMs: HEADER_TIMEOUT_MS });
}
