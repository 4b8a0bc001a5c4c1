/**
 * A transport that tells the log what goes through it: that a client came and went (debug), and every frame (trace). Put around a
 * connection when it is accepted while the log wants either; all others have nothing in between.
 */
import type { Log } from '../env/log.ts';
import type { Peer, Transport, TransportHandler } from '../env/net.ts';
import type { SecureUpgrade } from '../env/tls.ts';
import { WireTrace } from './wire-trace.ts';

/** What is known about the client behind a transport at the time of a line. */
export interface WatchedClient {
  readonly cid: number;
  readonly connectOptions: {
    readonly version?: string;
    readonly lang?: string;
    readonly name?: string;
    readonly user?: string;
    readonly nkey?: string;
    readonly jwt?: string;
    readonly auth_token?: string;
  } | null;
  readonly account: { readonly name: string } | null;
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

  /** `127.0.0.1:4711 - cid:5 - "v1.2:go:name" - "$G/user:u"`. */
  private label(): string {
    const { client, peer } = this;
    const host = peer.address.includes(':') ? `[${peer.address}]` : peer.address;
    const start = `${host}:${peer.port} - ${peer.kind === 'websocket' ? 'wid' : 'cid'}:${client?.cid ?? 0}`;
    const connect = client?.connectOptions ?? null;
    if (connect === null) return start;
    const version = connect.version === undefined || connect.version === '' ? '' : `v${connect.version}`;
    const program = [version, connect.lang ?? '', connect.name ?? ''].filter((part) => part !== '').join(':');
    const account = client?.account ?? null;
    const who = account === null ? '' : `${account.name}/${userLabel(connect)}`;
    return [start, program, who]
      .map((part, index) => (index === 0 ? part : quoted(part)))
      .filter((part) => part !== '')
      .join(' - ');
  }
}

function userLabel(connect: NonNullable<WatchedClient['connectOptions']>): string {
  if (connect.nkey !== undefined && connect.nkey !== '') return `nkey:${connect.nkey}`;
  if (connect.user !== undefined && connect.user !== '') return `user:${connect.user}`;
  if (connect.jwt !== undefined && connect.jwt !== '') return 'jwt';
  return connect.auth_token === undefined || connect.auth_token === '' ? '' : 'token';
}

function quoted(text: string): string {
  return text === '' ? '' : JSON.stringify(text);
}
