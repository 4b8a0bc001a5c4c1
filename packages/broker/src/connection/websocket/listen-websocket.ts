/**
 * The WebSocket listener: each accepted transport first speaks HTTP, and after the handshake the connection code above gets a
 * transport as from any other listener. Whoever has not finished the handshake in time, or sends too much, is gone.
 */
import type { Env, Timer } from '../../env/env.ts';
import type { Listener, Transport, TransportHandler } from '../../env/net.ts';
import type { TlsContext } from '../../env/tls.ts';
import type { TlsOptions, WebSocketOptions } from '../../options.ts';
import { secureConnection } from '../secure-upgrade.ts';
import { answerHandshake, checkHeaders, type HandshakeAgreed, type HandshakeRefusal, refuseForm } from './handshake.ts';
import { findHeadEnd, MAX_HEAD_BYTES } from './upgrade-request.ts';
import { FrameBuffer, WebSocketTransport } from './websocket-transport.ts';

/** Handshakes that may be open at one time; whoever comes beyond is closed at once. */
const MAX_OPEN_HANDSHAKES = 4096;
const DEFAULT_HANDSHAKE_TIMEOUT_MS = 2000;
/** Requests of one connection that are refused before it is closed; a well-meant one is right at the second. */
const MAX_REFUSED = 100;

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
  onTransport: (transport: Transport, isLeaf: boolean) => void,
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
  readonly onTransport: (transport: Transport, isLeaf: boolean) => void;
  readonly frames: FrameBuffer;
  openHandshakes: number;
}

/** One accepted transport: collects the request head, answers it, and from then on passes everything to the WebSocket. */
class Handshake implements TransportHandler {
  private readonly transport: Transport;
  private readonly shared: Shared;
  private timer: Timer;
  private head: Buffer | null = null;
  /** Bytes of a refused request's body that are still to come. */
  private skippedBytes = 0;
  private refusedCount = 0;
  private webSocket: WebSocketTransport | null = null;
  private isOpen = true;

  constructor(transport: Transport, shared: Shared) {
    this.transport = transport;
    this.shared = shared;
    shared.openHandshakes++;
    this.timer = this.startTimer();
  }

  /** Whoever has begun a request and does not end it is told so; whoever has not just goes. */
  private startTimer(): Timer {
    const { options, dependencies } = this.shared;
    const timeoutMs = options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS;
    return dependencies.env.clock.setTimer(timeoutMs > 0 ? timeoutMs : DEFAULT_HANDSHAKE_TIMEOUT_MS, () => {
      if (this.head !== null && this.head.length > 0) return this.refuse(refuseForm('400 Bad Request'));
      this.finish();
      this.transport.destroy();
    });
  }

  onBytes(bytes: Buffer, view: DataView, count: number): void {
    if (this.webSocket !== null) this.webSocket.onBytes(bytes, view, count);
    else if (this.isOpen) this.takeHead(bytes, count);
  }

  private takeHead(bytes: Buffer, count: number): void {
    const chunk = bytes.subarray(0, count);
    let head: Buffer = this.head === null ? Buffer.from(chunk) : Buffer.concat([this.head, chunk]);
    while (this.isOpen) {
      const passed = Math.min(this.skippedBytes, head.length);
      this.skippedBytes -= passed;
      head = head.subarray(passed);
      this.head = head;
      const end = findHeadEnd(head.subarray(0, MAX_HEAD_BYTES));
      if (end < 0 && head.length <= MAX_HEAD_BYTES) return;
      if (end < 0) return this.refuse(refuseForm('431 Request Header Fields Too Large'));
      head = this.takeRequest(head, end);
    }
  }

  /** Answers one request; returns what came behind it. */
  private takeRequest(bytes: Buffer, end: number): Buffer {
    const { dependencies, options } = this.shared;
    const facts = { isTls: this.transport.peer.isTls, nowMs: dependencies.env.clock.nowMs() };
    const answer = answerHandshake(bytes.toString('latin1', 0, end), options, facts);
    const rest = bytes.subarray(end);
    if (answer.ok) this.open(answer, rest.length > 0);
    else if (answer.skippedBytes === undefined || ++this.refusedCount === MAX_REFUSED) this.refuse(answer);
    else this.goOn(answer, answer.skippedBytes);
    return rest;
  }

  private open({ response, agreement }: HandshakeAgreed, hasMore: boolean): void {
    this.finish();
    // A client may send nothing before it has the answer; what came along is not of this handshake.
    if (hasMore) return this.transport.destroy();
    const isWritable = this.transport.write(Buffer.from(response, 'latin1'));
    const { dependencies, frames, onTransport } = this.shared;
    this.webSocket = new WebSocketTransport({
      inner: this.transport,
      agreement,
      frames,
      maxPayloadBytes: () => dependencies.options.maxPayloadBytes,
      isWritable,
    });
    onTransport(this.webSocket, agreement.isLeaf);
  }

  private refuse(answer: HandshakeRefusal): void {
    this.finish();
    this.tell(answer);
    this.transport.end();
  }

  private tell({ response, reason }: HandshakeRefusal): boolean {
    const { address, port } = this.transport.peer;
    if (reason !== undefined)
      this.shared.dependencies.env.log.write('ERR', `${address}:${port} - websocket handshake error: ${reason}`);
    return this.transport.write(Buffer.from(response, 'latin1'));
  }

  /** HTTP goes on: another request may follow, and has as much time as the first. Who does not read the answers is gone. */
  private goOn(answer: HandshakeRefusal, bodyBytes: number): void {
    if (!this.tell(answer)) {
      this.finish();
      return this.transport.destroy();
    }
    this.timer.cancel();
    this.timer = this.startTimer();
    this.head = null;
    this.skippedBytes = bodyBytes;
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
