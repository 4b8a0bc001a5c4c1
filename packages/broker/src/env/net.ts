/**
 * Byte transports and listeners. A connection owns one transport and never sees a socket, so TCP, TLS, WebSocket and a
 * simulated network are the same thing to it.
 */

import type { SecureUpgrade, TlsContext, TlsMaterial, TlsSession } from './tls.ts';

/** Who is at the other end, and how they are attached. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** A leaf node says what it is with its first line; authentication sees it as one. */
  readonly kind: 'tcp' | 'websocket' | 'leaf' | 'leaf-websocket';
  /** The end of the connection itself, when address and port are those of a client behind a proxy; logs name it. */
  readonly via?: { readonly address: string; readonly port: number };
  /** Whom a proxy of HTTP says it stands for; anybody may say so, and only the log shows it. */
  readonly forwardedFor?: string;
  /** A proxy may still say who it is. */
  readonly isUnnamed?: boolean;
  readonly isTls: boolean;
  /** What a WebSocket client brought along; it fills what CONNECT leaves out. */
  readonly cookies?: CookieCredentials;
  /** The handshake, once there was one. */
  readonly tls?: TlsSession;
}

/** Credentials that a browser sent as cookies, under their names in CONNECT. */
export interface CookieCredentials {
  readonly jwt?: string;
  readonly user?: string;
  readonly pass?: string;
  readonly auth_token?: string;
}

/** What the owner of a transport is told. */
export interface TransportHandler {
  /**
   * Bytes have arrived: `bytes[0..count)`. The buffer is shared and is overwritten after the call returns.
   * `view` covers the same memory and reaches at least 8 bytes past `count`.
   */
  onBytes(bytes: Buffer, view: DataView, count: number): void;
  /** Everything that `write` could not hand to the kernel at once has been handed over now. */
  onWritten(): void;
  /** The transport is gone, by the peer, by an error or by us. Called exactly once. */
  onClose(error: Error | undefined): void;
  /**
   * False while the peer has not said who it is: transports then spend less on it (what a compressed message may unfold to).
   * Absent: it is trusted from the start.
   */
  isTrusted?(): boolean;
}

export interface Transport {
  /** Another object after a TLS handshake. */
  readonly peer: Peer;
  /** Our own end, `host:port`. */
  readonly local?: string;
  /** Bytes that were written and that the kernel has not taken; undefined or absent when that cannot be told. */
  readonly queuedBytes?: number | undefined;
  /** Present on connections of a listener that offers TLS. */
  readonly secure?: SecureUpgrade;
  /** Names the owner and starts reading. Called exactly once. */
  start(handler: TransportHandler): void;
  /**
   * Writes `bytes`. True: the memory may be reused at once. False: it must stay untouched until `onWritten`, and no
   * further write may be made before it.
   */
  write(bytes: Uint8Array): boolean;
  /** Stops reading until `resume`; the kernel's window then holds the peer back. */
  pause(): void;
  resume(): void;
  /**
   * Sends what was written and then ends the connection. `statusText` goes into a WebSocket close frame. With `leavesUnread` the peer
   * is told by a reset, where the transport has one, that what it is still sending is lost.
   */
  end(statusText?: string, leavesUnread?: boolean): void;
  /** Ends the connection at once, dropping what was not yet sent. */
  destroy(): void;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  /** Asked for each connection: whether it may be upgraded to TLS. Absent: never. */
  readonly isUpgradable?: () => boolean;
}

/** Where HTTP is served, and how. */
export interface HttpListenOptions {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  /** Absent: in the clear. */
  readonly tls?: {
    /** Asked for each connection, so that a renewed certificate serves the next one. */
    readonly context: () => TlsContext;
    /** A connection did not get through its handshake; `from` is `address:port`. */
    readonly onFailure: (from: string, reason: string) => void;
  };
}

/** Where to connect. */
export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  /** The transport has `secure`, and reads nothing until that has been used. */
  readonly isUpgradable: boolean;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; open transports stay. Resolves when the port is free again. */
  close(): Promise<void>;
}

/** A request to the monitoring port, its body not read. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** The `Host` header, or an empty string. */
  readonly host: string;
}

/** What is answered; `Content-Length` is added from the body. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a document of a web server is asked for. */
export interface FetchOptions {
  readonly timeoutMs: number;
  /** A longer body is an error. */
  readonly maxBytes: number;
  /** PEM files of an `https` connection. */
  readonly tls?: { readonly certFile?: string; readonly keyFile?: string; readonly caFile?: string };
}

/** What a web server answered, or why it did not. */
export type FetchedDocument =
  | { readonly ok: true; readonly status: number; readonly statusText: string; readonly body: string }
  | { readonly ok: false; readonly error: string };

export interface Net {
  /** GETs a document over HTTP or HTTPS, following redirects. */
  fetchHttp(url: string, options: FetchOptions): Promise<FetchedDocument>;
  /** @throws when certificates or keys cannot be used. */
  makeTlsContext(material: TlsMaterial): Promise<TlsContext>;
  /** Serves HTTP, or HTTPS. A handler that throws is answered with 500. Rejects as `listen` does. */
  listenHttp(options: HttpListenOptions, handler: (request: HttpRequest) => HttpResponse): Promise<Listener>;
  /** Rejects with the system's error when nobody answers there in time. */
  connect(options: ConnectOptions): Promise<Transport>;
  /** Addresses of this machine that others can reach it by, loopback left out. */
  addresses(): string[];
  /** Rejects with the system's error (`code` such as EADDRINUSE) when the address cannot be had. */
  listen(options: ListenOptions, onTransport: (transport: Transport) => void): Promise<Listener>;
}
