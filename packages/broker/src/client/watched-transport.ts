/**
 * A transport that tells the log what goes through it: that a client came and went (debug), and every frame (trace). Put around a
 * connection when it is accepted while the log wants either; all others have nothing in between.
 */
import { SlackBuffer } from '@sluice/protocol/wire';
import type { Log } from '../env/log.ts';
import type { Peer, Transport, TransportHandler } from '../env/net.ts';
import type { SecureUpgrade } from '../env/tls.ts';
import { clientLabel, type LabelledClient } from './client-label.ts';
import { type TraceLimits, WireTrace } from './wire-trace.ts';

/** What is known about the client behind a transport at the time of a line. */
export interface WatchedClient extends LabelledClient {
  readonly closedReason: string;
  /** Sends what is ready now, not at the end of the turn: answers are to be shown where they belong. */
  settleOutput(): void;
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

  constructor(inner: Transport, log: Log, limits: TraceLimits) {
    this.inner = inner;
    if (inner.secure !== undefined) this.secure = inner.secure;
    this.log = log;
    const write = (text: string) => log.write('TRC', `${this.label()} - ${text}`);
    this.input = new WireTrace(true, limits, write);
    this.output = new WireTrace(false, limits, write);
  }

  get peer(): Peer {
    return this.inner.peer;
  }

  start(handler: TransportHandler): void {
    this.log.write('DBG', `${this.label()} - Client connection created`);
    const watched: TransportHandler = {
      onBytes: (bytes, view, count) => {
        if (!this.log.isTrace) return handler.onBytes(bytes, view, count);
        this.input.push(bytes.subarray(0, count), (start, end) => this.passOn(handler, bytes.subarray(start, end)));
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

  /** Hands over one operation, or a part of one, and lets its answer out; false when that was the end. */
  private passOn(handler: TransportHandler, piece: Uint8Array): boolean {
    const copy = new SlackBuffer(piece.length);
    copy.bytes.set(piece, 0);
    handler.onBytes(copy.bytes, copy.view, piece.length);
    this.client?.settleOutput();
    return !this.isEnded;
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

  end(statusText?: string, leavesUnread?: boolean): void {
    this.inner.end(statusText, leavesUnread);
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
