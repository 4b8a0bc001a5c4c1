// hot path
/**
 * One TCP connection. All connections of a process read into ONE buffer, which saves an allocation and a copy per read (pub 1 KiB:
 * 67 % of the CPU). Node offers this (`onread`) only for sockets it is told about when they are made, so the accepted handle is moved
 * into a new socket: the one private surface in the broker, `_handle`. Where a socket has none, 'data' events take its place.
 */
import { connect, Socket } from 'node:net';
import { SlackBuffer } from '@sluice/protocol/wire';
import type { ConnectOptions, Peer, Transport, TransportHandler } from '../net.ts';

const READ_BYTES = 262_144;
/** How long an ended connection may take to go away by itself. */
const LINGER_MS = 2000;

/** The read buffer that all connections of one `Net` share. */
export class ReadBuffer {
  readonly memory: SlackBuffer = new SlackBuffer(READ_BYTES);
  /** The part that a read may fill; the slack behind it stays untouched. */
  readonly readable: Uint8Array = this.memory.bytes.subarray(0, READ_BYTES);
}

interface SocketWithHandle {
  _handle: object | null;
}

/** Undefined when the peer is gone already. */
export function openTransport(accepted: Socket, readBuffer: ReadBuffer): Transport | undefined {
  const peer = peerOf(accepted);
  const inner = accepted as unknown as SocketWithHandle;
  const handle = inner._handle;
  if (handle === null || accepted.destroyed) {
    accepted.destroy();
    return undefined;
  }
  if (handle === undefined) return new TcpTransport(accepted, peer, undefined);
  inner._handle = null;
  accepted.destroy();
  return TcpTransport.fromHandle(handle, peer, readBuffer);
}

/** Connects; rejects with the system's error. */
export function connectTransport(options: ConnectOptions, readBuffer: ReadBuffer): Promise<Transport> {
  const { bytes, view } = readBuffer.memory;
  const link: { target: TcpTransport | null } = { target: null };
  const onread = {
    buffer: readBuffer.readable,
    callback: (count: number): boolean => {
      link.target?.receive(bytes, view, count);
      return true;
    },
  };
  return connectSocket(connect({ host: options.host, port: options.port, noDelay: true, onread }), options).then(
    (socket) => new TcpTransport(socket, peerOf(socket), link),
  );
}

/** Resolves when the socket has connected, not reading yet. */
export function connectSocket(socket: Socket, { timeoutMs }: ConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new Error('i/o timeout')), timeoutMs);
    timer.unref();
    socket.once('error', reject);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', reject);
      // Between now and `start` nobody else listens: an error must not end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

export class TcpTransport implements Transport {
  readonly peer: Peer;
  private readonly socket: Socket;
  private handler: TransportHandler | null = null;
  private isEnding = false;
  /** Writes whose callback is still to come; callbacks of writes that the kernel took at once come a tick later. */
  private openWrites = 0;
  /** True when the socket reads into the shared buffer by itself. */
  private readonly readsShared: boolean;

  constructor(socket: Socket, peer: Peer, shared: { target: TcpTransport | null } | undefined) {
    this.socket = socket;
    this.peer = peer;
    this.readsShared = shared !== undefined;
    if (shared !== undefined) shared.target = this;
  }

  static fromHandle(handle: object, peer: Peer, readBuffer: ReadBuffer): TcpTransport {
    const { bytes, view } = readBuffer.memory;
    const link: { target: TcpTransport | null } = { target: null };
    const onread = {
      buffer: readBuffer.readable,
      callback: (count: number): boolean => {
        link.target?.receive(bytes, view, count);
        return true;
      },
    };
    // `handle` and `onread` are accepted by the constructor, but only `onread` of `connect` is in the published types.
    const socket = new Socket({ handle, onread } as unknown as ConstructorParameters<typeof Socket>[0]);
    return new TcpTransport(socket, peer, link);
  }

  get local(): string {
    return `${plainAddress(this.socket.localAddress ?? '')}:${this.socket.localPort ?? 0}`;
  }

  start(handler: TransportHandler): void {
    const { socket } = this;
    this.handler = handler;
    socket.setNoDelay(true);
    let error: Error | undefined;
    socket.on('error', (cause) => {
      error = cause;
    });
    socket.on('end', () => this.destroy());
    socket.on('close', () => handler.onClose(error));
    if (!this.readsShared) socket.on('data', (chunk) => this.takeChunk(chunk));
    socket.resume();
  }

  /** The shared buffer holds `count` bytes for this connection. */
  receive(bytes: Buffer, view: DataView, count: number): void {
    this.handler?.onBytes(bytes, view, count);
  }

  /** 'data' events bring a buffer without slack. */
  private takeChunk(chunk: Buffer): void {
    const copy = new SlackBuffer(chunk.length);
    chunk.copy(copy.bytes, 0);
    this.handler?.onBytes(copy.bytes, copy.view, chunk.length);
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

/** Who is at the other end of an accepted socket. */
export function peerOf(socket: Socket): Peer {
  return { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0, kind: 'tcp', isTls: false };
}

/** IPv4 peers of a dual-stack listener come as `::ffff:1.2.3.4`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
