/**
 * A transport whose peer may be a proxy that says first for whom it speaks. Until the first bytes have come, nothing is known of the
 * client; a client without a header is served as it is.
 */
import { SlackBuffer } from '@sluice/protocol/wire';
import type { Clock } from '../env/env.ts';
import type { Peer, Transport, TransportHandler } from '../env/net.ts';
import { DETECTION_BYTES } from './proxy-header.ts';
import { ProxyHeaderReader } from './proxy-header-reader.ts';

export interface ProxyEvents {
  readonly clock: Clock;
  /** Whom the connection is with is known now. */
  readonly onNamed: () => void;
  /** The header is wrong or never came; the connection must be closed as a protocol violation. */
  readonly onInvalid: (error: string) => void;
}

export class ProxyTransport implements Transport, TransportHandler {
  peer: Peer;
  private readonly inner: Transport;
  private readonly events: ProxyEvents;
  private handler: TransportHandler | null = null;
  private head: Buffer = Buffer.alloc(0);
  /** Null when the header has been read or given up. */
  private reader: ProxyHeaderReader | null = null;

  constructor(inner: Transport, events: ProxyEvents) {
    this.inner = inner;
    this.events = events;
    this.peer = { ...inner.peer, isUnnamed: true };
  }

  start(handler: TransportHandler): void {
    const { clock, onInvalid } = this.events;
    this.handler = handler;
    this.reader = new ProxyHeaderReader(this.inner, clock, (error) => {
      this.finish();
      onInvalid(error);
    });
    this.inner.start(this);
  }

  onBytes(bytes: Buffer, view: DataView, count: number): void {
    if (this.reader === null) this.handler?.onBytes(bytes, view, count);
    else this.takeHead(this.reader, Buffer.concat([this.head, bytes.subarray(0, count)]));
  }

  private takeHead(reader: ProxyHeaderReader, head: Buffer): void {
    this.head = head;
    const start = reader.take(head);
    if (start === undefined) return;
    this.finish();
    const { peer } = this.inner;
    const { address, port } = peer;
    const source = start.kind === 'header' ? start.source : undefined;
    this.peer = source === undefined ? peer : { ...peer, ...source, via: { address, port } };
    this.events.onNamed();
    if (start.kind === 'header') return this.passOn(head.subarray(start.lengthBytes));
    // In two pieces, as nats-server reads them: its log tells where in a piece an error is.
    this.passOn(head.subarray(0, DETECTION_BYTES));
    this.passOn(head.subarray(DETECTION_BYTES));
  }

  private finish(): void {
    this.reader = null;
    this.head = Buffer.alloc(0);
  }

  private passOn(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const copy = new SlackBuffer(bytes.length);
    bytes.copy(copy.bytes, 0);
    this.handler?.onBytes(copy.bytes, copy.view, bytes.length);
  }

  onWritten(): void {
    this.handler?.onWritten();
  }

  onClose(error: Error | undefined): void {
    this.reader?.end();
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

  end(statusText?: string, leavesUnread?: boolean): void {
    this.inner.end(statusText, leavesUnread);
  }

  destroy(): void {
    this.inner.destroy();
  }
}
