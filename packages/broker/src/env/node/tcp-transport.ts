// hot path
/**
 * One TCP connection. All connections of a process read into ONE buffer, which saves an allocation and a copy per read (pub 1 KiB:
 * 67 % of the CPU). Node offers this (`onread`) only for sockets it is told about when they are made, so the accepted handle is moved
 * into a new socket: the one private surface in the broker, `_handle`. Where a socket has none, 'data' events take its place.
 */
import { connect, type OnReadOpts, Socket } from 'node:net';
import { SlackBuffer } from '@sluice/protocol/wire';
import type { ConnectOptions, Peer, Transport, TransportHandler } from '../net.ts';
import { plainAddress, SocketTransport } from './socket-transport.ts';

const READ_BYTES = 262_144;

/** The read buffer that all connections of one `Net` share. */
export class ReadBuffer {
  readonly memory: SlackBuffer = new SlackBuffer(READ_BYTES);
  /** The part that a read may fill; the slack behind it stays untouched. */
  readonly readable: Uint8Array = this.memory.bytes.subarray(0, READ_BYTES);
}

/** Names the transport for which a socket reads; it is made after the socket. */
interface ReadLink {
  target: TcpTransport | null;
}

/** Makes a socket read into the shared buffer, for the transport that `link` will name. */
function readInto({ memory, readable }: ReadBuffer, link: ReadLink): OnReadOpts {
  const { bytes, view } = memory;
  const callback = (count: number): boolean => {
    link.target?.receive(bytes, view, count);
    return true;
  };
  return { buffer: readable, callback };
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
  const link: ReadLink = { target: null };
  const onread = readInto(readBuffer, link);
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

class TcpTransport extends SocketTransport implements Transport {
  readonly peer: Peer;
  /** True when the socket reads into the shared buffer by itself. */
  private readonly readsShared: boolean;

  constructor(socket: Socket, peer: Peer, shared: ReadLink | undefined) {
    super(socket);
    this.peer = peer;
    this.readsShared = shared !== undefined;
    if (shared !== undefined) shared.target = this;
  }

  static fromHandle(handle: object, peer: Peer, readBuffer: ReadBuffer): TcpTransport {
    const link: ReadLink = { target: null };
    const onread = readInto(readBuffer, link);
    // `handle` and `onread` are accepted by the constructor, but only `onread` of `connect` is in the published types.
    const socket = new Socket({ handle, onread } as unknown as ConstructorParameters<typeof Socket>[0]);
    return new TcpTransport(socket, peer, link);
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

  override end(_statusText?: string, leavesUnread = false): void {
    // A reset drops what the kernel has not taken yet, and what was written must get there.
    if (leavesUnread && this.socket.writableLength === 0) this.socket.resetAndDestroy();
    else super.end();
  }
}

/** Who is at the other end of an accepted socket. */
export function peerOf(socket: Socket): Peer {
  return { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0, kind: 'tcp', isTls: false };
}
