/**
 * The WebSocket listener: each accepted transport first speaks HTTP, and after the handshake the connection code above gets a
 * transport as from any other listener. Whoever has not finished the handshake in time, or sends too much, is gone.
 */
import type { Env, Timer } from '../../env/env.ts';
import type { Listener, Transport, TransportHandler } from '../../env/net.ts';
import type { TlsContext } from '../../env/tls.ts';
import type { TlsOptions, WebSocketOptions } from '../../options.ts';
import { secureConnection } from '../secure-upgrade.ts';
import { answerHandshake, checkHeaders, refuseHandshake } from './handshake.ts';
import { findHeadEnd, MAX_HEAD_BYTES } from './upgrade-request.ts';
import { FrameBuffer, WebSocketTransport } from './websocket-transport.ts';

/** Handshakes that may be open at one time; whoever comes beyond is closed at once. */
const MAX_OPEN_HANDSHAKES = 4096;
const DEFAULT_HANDSHAKE_TIMEOUT_MS = 2000;

export interface WebSocketDependencies {
  readonly env: Env;
  /** Ready before the listener is, when TLS is asked for. */
  readonly websocketTlsContext: TlsContext | undefined;
  /** Read anew whenever it is needed: a reload may replace it. */
  readonly options: { readonly maxPayloadBytes: number };
}

/**
 * Rejects with the system's error when the address cannot be had, and when TLS was asked for: a listener without it would not be
 * what the configuration says.
 */
export async function listenWebSocket(
  options: WebSocketOptions,
  dependencies: WebSocketDependencies,
  onTransport: (transport: Transport) => void,
): Promise<Listener> {
  if (!options.noTls && options.tls === undefined) throw new Error('websocket requires TLS configuration');
  checkHeaders(options.headers);
  const shared: Shared = { options, dependencies, onTransport, frames: new FrameBuffer(), openHandshakes: 0 };
  const isUpgradable = () => options.tls !== undefined;
  return dependencies.env.net.listen({ host: options.host, port: options.port, isUpgradable }, (transport) => {
    if (shared.openHandshakes >= MAX_OPEN_HANDSHAKES) transport.destroy();
    else if (options.tls === undefined) transport.start(new Handshake(transport, shared));
    else openSecurely(transport, options.tls, shared);
  });
}

/** TLS first, HTTP inside it. */
function openSecurely(transport: Transport, tls: TlsOptions, shared: Shared): void {
  const context = shared.dependencies.websocketTlsContext;
  if (context === undefined) return transport.destroy();
  secureConnection(transport, context, tls, { mayStayPlain: false, isFirst: true }).then(
    () => transport.start(new Handshake(transport, shared)),
    () => transport.destroy(),
  );
}

interface Shared {
  readonly options: WebSocketOptions;
  readonly dependencies: WebSocketDependencies;
  readonly onTransport: (transport: Transport) => void;
  readonly frames: FrameBuffer;
  openHandshakes: number;
}

/** One accepted transport: collects the request head, answers it, and from then on passes everything to the WebSocket. */
class Handshake implements TransportHandler {
  private readonly transport: Transport;
  private readonly shared: Shared;
  private readonly timer: Timer;
  private head: Buffer | null = null;
  private webSocket: WebSocketTransport | null = null;
  private isOpen = true;

  constructor(transport: Transport, shared: Shared) {
    this.transport = transport;
    this.shared = shared;
    shared.openHandshakes++;
    const timeoutMs = shared.options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS;
    this.timer = shared.dependencies.env.clock.setTimer(timeoutMs > 0 ? timeoutMs : DEFAULT_HANDSHAKE_TIMEOUT_MS, () => {
      this.finish();
      this.transport.destroy();
    });
  }

  onBytes(bytes: Buffer, view: DataView, count: number): void {
    if (this.webSocket !== null) this.webSocket.onBytes(bytes, view, count);
    else if (this.isOpen) this.takeHead(bytes, count);
  }

  private takeHead(bytes: Buffer, count: number): void {
    const chunk = bytes.subarray(0, Math.min(count, MAX_HEAD_BYTES + 1));
    const head = this.head === null ? Buffer.from(chunk) : Buffer.concat([this.head, chunk]);
    this.head = head;
    const end = findHeadEnd(head, head.length);
    if (end < 0 && head.length <= MAX_HEAD_BYTES) return;
    this.finish();
    if (end < 0 || end > MAX_HEAD_BYTES) return this.refuse(refuseHandshake(431, 'request head too large'));
    const answer = answerHandshake(head.toString('latin1', 0, end), this.shared.options, this.transport.peer.isTls);
    if (!answer.ok) return this.refuse(answer);
    // A client may send nothing before it has the answer; what came along is not of this handshake.
    if (head.length > end) return this.transport.destroy();
    const isWritable = this.transport.write(Buffer.from(answer.response, 'latin1'));
    const { dependencies, frames, onTransport } = this.shared;
    this.webSocket = new WebSocketTransport({
      inner: this.transport,
      agreement: answer.agreement,
      frames,
      maxPayloadBytes: () => dependencies.options.maxPayloadBytes,
      isWritable,
    });
    onTransport(this.webSocket);
  }

  private refuse(answer: { readonly response: string; readonly reason?: string }): void {
    const { address, port } = this.transport.peer;
    this.shared.dependencies.env.log.write('ERR', `${address}:${port} - websocket handshake error: ${answer.reason ?? ''}`);
    this.transport.write(Buffer.from(answer.response, 'latin1'));
    this.transport.end();
  }

  /** The handshake is over, well or not. */
  private finish(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.head = null;
    this.shared.openHandshakes--;
    this.timer.cancel();
  }

  onWritten(): void {
    this.webSocket?.onWritten();
  }

  onClose(error: Error | undefined): void {
    this.finish();
    this.webSocket?.onClose(error);
  }
}
