/**
 * A transport that tells the log what goes through it: that a client came and went (debug), and every frame (trace). Put around a
 * connection when it is accepted while the log wants either; all others have nothing in between.
 */
import type { Log } from '../env/log.ts';
import type { Peer, Transport, TransportHandler } from '../env/net.ts';
import type { SecureUpgrade } from '../env/tls.ts';
import { clientLabel, type LabelledClient } from './client-label.ts';
import { WireTrace } from './wire-trace.ts';

/** What is known about the client behind a transport at the time of a line. */
export interface WatchedClient extends LabelledClient {
  readonly closedReason: string;
}

export class WatchedTransport implements Transport {
  /** Set as soon as there is one. */
  client: WatchedClient | undefined;
  readonly secure?: SecureUpgrade;
  private readonly inner: Transport;
  private readonly log: Log;
  private readonly input: WireTrace;
  private readonly output: WireTrace;
  private isEnded = false;

  /** `maxPayload` is the most bytes of a payload that are shown; 0 shows all. */
  constructor(inner: Transport, log: Log, maxPayload: number) {
    this.inner = inner;
    if (inner.secure !== undefined) this.secure = inner.secure;
    this.log = log;
    const write = (text: string) => log.write('TRC', `${this.label()} - ${text}`);
    this.input = new WireTrace(true, maxPayload, write);
    this.output = new WireTrace(false, maxPayload, write);
  }

  get peer(): Peer {
    return this.inner.peer;
  }

  start(handler: TransportHandler): void {
    this.log.write('DBG', `${this.label()} - Client connection created`);
    const watched: TransportHandler = {
      onBytes: (bytes, view, count) => {
        if (this.log.isTrace) this.input.push(bytes.subarray(0, count));
        handler.onBytes(bytes, view, count);
      },
      onWritten: () => handler.onWritten(),
      onClose: (error) => {
        handler.onClose(error);
        this.noteEnd();
      },
    };
    const { isTrusted } = handler;
    this.inner.start(isTrusted === undefined ? watched : { ...watched, isTrusted: () => isTrusted.call(handler) });
  }

  write(bytes: Uint8Array): boolean {
    if (this.log.isTrace) this.output.push(bytes);
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
    this.noteEnd();
  }

  destroy(): void {
    this.inner.destroy();
    this.noteEnd();
  }

  private noteEnd(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.log.write('DBG', `${this.label()} - Client connection closed: ${this.client?.closedReason ?? ''}`);
  }

  private label(): string {
    return clientLabel(this.client, this.peer);
  }
}
