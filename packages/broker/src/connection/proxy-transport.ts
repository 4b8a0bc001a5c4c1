/**
 * A transport whose peer may be a proxy that says first for whom it speaks. Until the first bytes have come, nothing is known of the
 * client; a client without a header is served as it is.
 */
import { SlackBuffer } from '@sluice/protocol/wire';
import type { Clock, Timer } from '../env/env.ts';
import type { Peer, Transport, TransportHandler } from '../env/net.ts';
import type { SecureUpgrade } from '../env/tls.ts';
import { readProxyHeader } from './proxy-header.ts';

/** A header that was begun must be whole by then. */
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
  private head: Buffer | null = null;
  private isOpen = false;
  private timer: Timer | null = null;

  constructor(inner: Transport, events: ProxyEvents) {
    this.inner = inner;
    this.events = events;
    this.peer = { ...inner.peer, address: '', port: 0 };
  }

  start(handler: TransportHandler): void {
    this.handler = handler;
    this.inner.start(this);
  }

  onBytes(bytes: Buffer, view: DataView, count: number): void {
    if (this.isOpen) this.handler?.onBytes(bytes, view, count);
    else this.takeHead(bytes, view, count);
  }

  private takeHead(bytes: Buffer, view: DataView, count: number): void {
    const head = this.head === null ? bytes.subarray(0, count) : Buffer.concat([this.head, bytes.subarray(0, count)]);
    const result = readProxyHeader(head, head.length);
    switch (result.kind) {
      case 'incomplete':
        this.head = Buffer.from(head);
        this.timer ??= this.events.clock.setTimer(HEADER_TIMEOUT_MS, () =>
          this.events.onInvalid('failed to read v1 line: i/o timeout'),
        );
        return;
      case 'invalid':
        this.finish();
        return this.events.onInvalid(result.error);
      case 'absent':
        this.finish();
        this.peer = this.inner.peer;
        if (this.head === null) this.handler?.onBytes(bytes, view, count);
        else this.passOn(head, 0);
        return;
      case 'header':
        this.finish();
        this.peer = result.source === undefined ? this.inner.peer : { ...this.peer, ...result.source };
        if (head.length > result.lengthBytes) this.passOn(head, result.lengthBytes);
    }
  }

  private finish(): void {
    this.isOpen = true;
    this.timer?.cancel();
  }

  private passOn(head: Buffer, start: number): void {
    const rest = new SlackBuffer(head.length - start);
    head.copy(rest.bytes, 0, start);
    this.handler?.onBytes(rest.bytes, rest.view, head.length - start);
  }

  onWritten(): void {
    this.handler?.onWritten();
  }

  onClose(error: Error | undefined): void {
    this.timer?.cancel();
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
