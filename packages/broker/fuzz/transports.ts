/** A network without sockets: transports that are fed by hand, so that a million frames cost no system call. */

import { SlackBuffer } from '@sluice/protocol/wire';
import type { Listener, ListenOptions, Net, Peer, Transport, TransportHandler } from '../src/env/net.ts';

const READ_BYTES = 65_536;
/** What a transport remembers of its output; the fuzzer only looks for short answers. */
const KEPT_OUTPUT_BYTES = 4096;

export class FedTransport implements Transport {
  readonly peer: Peer = { address: '127.0.0.1', port: 1, kind: 'tcp', isTls: false };
  output = '';
  /** What is remembered of the output, in bytes. */
  keptBytes = KEPT_OUTPUT_BYTES;
  isEnded = false;
  private handler: TransportHandler | null = null;
  private isPaused = false;
  private readonly waiting: Uint8Array[] = [];
  private readonly memory: SlackBuffer;

  constructor(memory: SlackBuffer) {
    this.memory = memory;
  }

  start(handler: TransportHandler): void {
    this.handler = handler;
  }

  /** Gives one chunk as the network would: in a buffer that is shared and overwritten. */
  feed(chunk: Uint8Array): void {
    if (this.isEnded) return;
    if (this.isPaused) {
      this.waiting.push(chunk);
      return;
    }
    for (let start = 0; start < chunk.length && !this.isEnded; start += READ_BYTES) {
      const part = chunk.subarray(start, start + READ_BYTES);
      this.memory.bytes.set(part, 0);
      this.handler?.onBytes(this.memory.bytes, this.memory.view, part.length);
    }
  }

  write(bytes: Uint8Array): boolean {
    if (this.isEnded) return true;
    this.output = (this.output + Buffer.from(bytes).toString('latin1')).slice(-this.keptBytes);
    return true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    for (const chunk of this.waiting.splice(0)) this.feed(chunk);
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    setImmediate(() => this.handler?.onClose(undefined));
  }
}

/** Listeners in the order in which they were asked for; each hands out fed transports. */
export class FedNet implements Pick<Net, 'listen'> {
  private readonly accepts: ((transport: Transport) => void)[] = [];
  private readonly memory = new SlackBuffer(READ_BYTES);

  listen(options: ListenOptions, onTransport: (transport: Transport) => void): Promise<Listener> {
    this.accepts.push(onTransport);
    return Promise.resolve({ host: options.host, port: this.accepts.length, close: () => Promise.resolve() });
  }

  /** A new connection to the listener of that number, from 0. */
  connect(listener: number): FedTransport {
    const transport = new FedTransport(this.memory);
    const accept = this.accepts[listener];
    if (accept === undefined) throw new Error(`there is no listener ${listener}`);
    accept(transport);
    return transport;
  }
}
