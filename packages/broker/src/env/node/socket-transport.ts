// hot path
/** What a TCP connection in the clear and one that may go on with TLS have in common: writing, holding back, ending. */
import type { Socket } from 'node:net';
import type { TransportHandler } from '../net.ts';

/** How long an ended connection may take to go away by itself. */
const LINGER_MS = 2000;

export abstract class SocketTransport {
  protected socket: Socket;
  protected handler: TransportHandler | null = null;
  private isEnding = false;
  /** Writes whose callback is still to come; callbacks of writes that the kernel took at once come a tick later. */
  private openWrites = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get local(): string {
    return `${plainAddress(this.socket.localAddress ?? '')}:${this.socket.localPort ?? 0}`;
  }

  /** As libuv counts them, which Node only shows on the handle. */
  get queuedBytes(): number | undefined {
    const { _handle: handle } = this.socket as unknown as { _handle?: { writeQueueSize?: number } | null };
    return handle?.writeQueueSize;
  }

  write(bytes: Uint8Array): boolean {
    this.openWrites++;
    this.socket.write(bytes, this.onWritten);
    return this.socket.writableLength === 0;
  }

  private readonly onWritten = (error?: Error | null): void => {
    this.openWrites--;
    if (!error && this.openWrites === 0) this.handler?.onWritten();
  };

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.socket.end();
    const timer = setTimeout(() => this.socket.destroy(), LINGER_MS);
    timer.unref();
  }

  destroy(): void {
    this.isEnding = true;
    this.socket.destroy();
  }
}

/** IPv4 peers of a dual-stack listener come as `::ffff:1.2.3.4`. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
