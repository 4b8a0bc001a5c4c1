/**
 * The other side of a WebSocket handshake: this server connects, as a leaf node to a hub behind a WebSocket port. Frames go unmasked,
 * which the hub must agree to, as every nats-server does: they are a server's, and nothing between would mistake them for HTTP.
 * Source: RFC 6455 §4.1; nats-server server/leafnode.go leafNodeSolicitWSConnection.
 */

import { SlackBuffer } from '@sluice/protocol/wire';
import type { Clock, Random } from '../../env/env.ts';
import type { Transport, TransportHandler } from '../../env/net.ts';
import { acceptKey } from './handshake.ts';
import { findHeadEnd, MAX_HEAD_BYTES } from './upgrade-request.ts';
import { FrameBuffer, WebSocketTransport } from './websocket-transport.ts';

const KEY_BYTES = 16;
const AGREEMENT = {
  hasCompression: false,
  mayBeUnmasked: true,
  isBrowser: false,
  takesCompressedFragments: false,
  forwardedFor: undefined,
  cookies: {},
  isLeaf: true,
} as const;

export interface DialWebSocketOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** `host:port`, for the `Host` header. */
  readonly host: string;
  readonly path: string;
  readonly timeoutMs: number;
  readonly maxPayloadBytes: () => number;
}

/** Rejects, with the transport gone, when the other side does not agree in time. */
export function dialWebSocket(transport: Transport, options: DialWebSocketOptions): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const dialing = new Dialing(transport, options, (result) => {
      if (!(result instanceof Error)) return resolve(result);
      transport.destroy();
      reject(result);
    });
    dialing.begin();
  });
}

class Dialing implements TransportHandler {
  private readonly transport: Transport;
  private readonly options: DialWebSocketOptions;
  private readonly settle: (result: Transport | Error) => void;
  private readonly key: string;
  private readonly timer: { cancel(): void };
  private head: Buffer = Buffer.alloc(0);
  private opened: DialedWebSocket | null = null;
  private isOver = false;
  private isBlocked = false;

  constructor(transport: Transport, options: DialWebSocketOptions, settle: (result: Transport | Error) => void) {
    this.transport = transport;
    this.options = options;
    this.settle = settle;
    this.key = Buffer.from(options.random.bytes(KEY_BYTES)).toString('base64');
    this.timer = options.clock.setTimer(options.timeoutMs, () => this.end(new Error('i/o timeout')));
  }

  begin(): void {
    const { host, path } = this.options;
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${this.key}`,
      'Sec-WebSocket-Version: 13',
      'Nats-No-Masking: true',
    ];
    this.transport.start(this);
    this.isBlocked = !this.transport.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
  }

  onBytes(bytes: Buffer, view: DataView, count: number): void {
    if (this.opened !== null) return this.opened.onBytes(bytes, view, count);
    if (this.isOver) return;
    this.head = Buffer.concat([this.head, bytes.subarray(0, count)]);
    const end = findHeadEnd(this.head);
    if (end > MAX_HEAD_BYTES || (end < 0 && this.head.length > MAX_HEAD_BYTES)) return this.end(new Error('answer too large'));
    if (end < 0) return;
    const problem = problemOf(this.head.toString('latin1', 0, end), this.key);
    if (problem !== undefined) return this.end(new Error(problem));
    const rest = Buffer.from(this.head.subarray(end));
    // What comes next is for whoever takes the connection over.
    this.transport.pause();
    const { maxPayloadBytes } = this.options;
    const parts = { inner: this.transport, agreement: AGREEMENT, frames: new FrameBuffer(), maxPayloadBytes };
    this.opened = new DialedWebSocket({ ...parts, isWritable: !this.isBlocked }, rest);
    this.end(this.opened);
  }

  onWritten(): void {
    this.isBlocked = false;
    this.opened?.onWritten();
  }

  onClose(error: Error | undefined): void {
    if (this.opened !== null) this.opened.onClose(error);
    else this.end(error ?? new Error('EOF'));
  }

  isTrusted(): boolean {
    return true;
  }

  private end(result: Transport | Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.timer.cancel();
    this.head = Buffer.alloc(0);
    this.settle(result);
  }
}

/** Hands over what came along with the answer once it has an owner. */
class DialedWebSocket extends WebSocketTransport {
  private readonly inside: Transport;
  private readonly rest: Buffer;

  constructor(parts: ConstructorParameters<typeof WebSocketTransport>[0], rest: Buffer) {
    super(parts);
    this.inside = parts.inner;
    this.rest = rest;
  }

  override start(handler: TransportHandler): void {
    super.start(handler);
    const { rest } = this;
    const copy = new SlackBuffer(rest.length);
    rest.copy(copy.bytes, 0);
    if (rest.length > 0) this.onBytes(copy.bytes, copy.view, rest.length);
    this.inside.resume();
  }
}

/** What is wrong with an answer, or undefined. */
function problemOf(head: string, key: string): string | undefined {
  const [status = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const isRight =
    /^HTTP\/1\.1 101\b/.test(status) &&
    headers.get('upgrade')?.toLowerCase() === 'websocket' &&
    headers.get('connection')?.toLowerCase() === 'upgrade' &&
    headers.get('sec-websocket-accept') === acceptKey(key);
  if (!isRight) return 'invalid websocket connection';
  return headers.get('nats-no-masking') === 'true' ? undefined : 'the other side wants masked frames';
}
