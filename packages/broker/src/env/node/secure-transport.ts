/**
 * A TCP connection that begins in the clear and may go on with TLS. It reads with 'data' events: Node's TLS brings decrypted bytes in
 * buffers of its own, which are copied to where the parser has slack.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SlackBuffer } from '@sluice/protocol/wire';
import type { Peer, Transport, TransportHandler } from '../net.ts';
import type { FirstBytes, SecureUpgrade, TlsContext, TlsSession } from '../tls.ts';
import { NodeTlsContext, sessionOf } from './node-tls.ts';
import { SocketTransport } from './socket-transport.ts';

/** First byte of a TLS handshake record. */
const HANDSHAKE = 0x16;

export class SecureTransport extends SocketTransport implements Transport, SecureUpgrade {
  peer: Peer;
  readonly secure: SecureUpgrade = this;
  private readonly memory: SlackBuffer;
  private readonly readableBytes: number;
  private isReady = false;
  private isGone = false;
  private error: Error | undefined;

  /** `memory` is shared by all connections of one network. */
  constructor(socket: Socket, peer: Peer, memory: SlackBuffer) {
    super(socket);
    this.peer = peer;
    this.memory = memory;
    this.readableBytes = memory.capacity;
    socket.setNoDelay(true);
    socket.on('error', this.onError);
    socket.on('close', this.onClose);
  }

  private readonly onError = (error: Error): void => {
    this.error ??= error;
  };

  private readonly onClose = (): void => {
    if (this.isGone) return;
    this.isGone = true;
    this.handler?.onClose(this.error);
  };

  start(handler: TransportHandler): void {
    this.handler = handler;
    if (this.isGone) handler.onClose(this.error);
    else if (this.isReady) this.read();
  }

  speakFor(client: { readonly address: string; readonly port: number }): void {
    const { address, port, via = { address, port } } = this.peer;
    this.peer = { ...this.peer, ...client, via };
  }

  peek(waitMs: number): Promise<FirstBytes> {
    return peekFirstBytes(this.socket, waitMs);
  }

  readHead(take: (head: Buffer) => number | undefined): Promise<void> {
    return readHeadOf(this.socket, take);
  }

  async startTls(context: TlsContext, isFirst: boolean): Promise<TlsSession> {
    return this.become(await startTlsOn(this.socket, context), isFirst);
  }

  async startTlsAsClient(context: TlsContext, serverName: string): Promise<TlsSession> {
    if (!(context instanceof NodeTlsContext)) throw new Error('assertion failed: a TLS context of another network');
    return this.become(await context.handshakeAsClient(this.socket, serverName), true);
  }

  private become(secured: TLSSocket, isFirst: boolean): TlsSession {
    const session = sessionOf(secured, isFirst);
    this.socket = secured;
    secured.on('error', this.onError);
    secured.on('close', this.onClose);
    this.peer = { ...this.peer, isTls: true, tls: session };
    this.becomeReady();
    return session;
  }

  readPlain(): void {
    this.becomeReady();
  }

  private becomeReady(): void {
    this.isReady = true;
    if (this.handler !== null) this.read();
  }

  private read(): void {
    const { socket } = this;
    socket.on('end', () => this.destroy());
    socket.on('data', (chunk: Buffer) => this.takeChunk(chunk));
    socket.resume();
  }

  private takeChunk(chunk: Buffer): void {
    const { bytes, view } = this.memory;
    for (let start = 0; start < chunk.length && !this.isGone; start += this.readableBytes) {
      const count = Math.min(this.readableBytes, chunk.length - start);
      chunk.copy(bytes, 0, start, start + count);
      this.handler?.onBytes(bytes, view, count);
    }
  }
}

/** Looks at the first byte without taking it, for at most `waitMs`. */
export function peekFirstBytes(socket: Socket, waitMs: number): Promise<FirstBytes> {
  return new Promise((resolve) => {
    const settle = (answer: FirstBytes): void => {
      clearTimeout(timer);
      socket.removeListener('readable', look);
      socket.removeListener('close', look);
      resolve(answer);
    };
    const look = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) {
        if (socket.destroyed) settle('none');
        return;
      }
      socket.unshift(chunk);
      settle(chunk[0] === HANDSHAKE ? 'tls' : 'plain');
    };
    const timer = setTimeout(() => settle('none'), waitMs);
    timer.unref();
    socket.on('readable', look);
    socket.once('close', look);
  });
}

/** Takes bytes until `take` says how many were its own; the others stay unread. Rejects when the connection goes. */
function readHeadOf(socket: Socket, take: (head: Buffer) => number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    let head: Buffer = Buffer.alloc(0);
    const stop = (): void => {
      socket.removeListener('readable', look);
      socket.removeListener('close', look);
    };
    const look = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) {
        if (!socket.destroyed) return;
        stop();
        reject(new Error('EOF'));
        return;
      }
      head = Buffer.concat([head, chunk]);
      const count = take(head);
      if (count === undefined) return;
      stop();
      if (head.length > count) socket.unshift(head.subarray(count));
      resolve();
    };
    socket.on('readable', look);
    socket.once('close', look);
  });
}

/** The server's side of a handshake. Rejects, with the connection gone, when it fails or takes too long. */
export function startTlsOn(socket: Socket, context: TlsContext): Promise<TLSSocket> {
  if (!(context instanceof NodeTlsContext)) throw new Error('assertion failed: a TLS context of another network');
  return context.handshake(socket);
}
