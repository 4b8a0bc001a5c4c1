/** TLS as the broker sees it: what a listener offers, and what a handshake led to. Certificates are files read through `Env.disk`. */

/** What a certificate says about its holder. */
export interface PeerCertificate {
  /** Distinguished name as RFC 2253 text, most specific part first: `CN=a,O=b`. */
  readonly subject: string;
  readonly emails: readonly string[];
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  /** SHA-256 of the public key and of the certificate, in hex. */
  readonly spkiSha256: string;
  readonly certSha256: string;
}

/** A finished handshake. */
export interface TlsSession {
  /** `1.2` or `1.3`. */
  readonly version: string;
  /** IANA name. */
  readonly cipherSuite: string;
  /** The peer's certificate first, then the chain as sent; empty when it sent none. */
  readonly certificates: readonly PeerCertificate[];
  /** The same chain in PEM; made when asked for. */
  pemChain(): readonly string[];
  /** True when TLS began before INFO. */
  readonly isFirst: boolean;
}

/** PEM texts and rules of one TLS listener. */
export interface TlsMaterial {
  readonly pairs: readonly { readonly cert: Uint8Array; readonly key: Uint8Array }[];
  readonly ca: Uint8Array | undefined;
  readonly mustVerify: boolean;
  /** Whoever is connected to need not prove who it is. */
  readonly isInsecure?: boolean;
  /** IANA names; empty for the defaults. */
  readonly cipherSuites: readonly string[];
  readonly curves: readonly string[];
  readonly minVersion: '1.2' | '1.3';
  readonly timeoutMs: number;
}

/** Made once per listener and again on reload; what it holds is the network's own. */
export interface TlsContext {
  /** When the first certificate expires, in milliseconds since the epoch; infinite without one. */
  readonly notAfterMs: number;
}

/** What the first bytes of a connection are. */
export type FirstBytes = 'tls' | 'plain' | 'none';

/** The part of a transport that can be made secure. */
export interface SecureUpgrade {
  /**
   * Takes what comes before everything else. `take` sees all bytes so far and says how many of them are its own, or undefined while it
   * needs more. Rejects when the connection goes before that; how long it may take, and how much may come, is the caller's to bound.
   */
  readHead(take: (head: Buffer) => number | undefined): Promise<void>;
  /** The peer is a proxy and speaks for this client. */
  speakFor(client: { readonly address: string; readonly port: number }): void;
  /** Waits up to `waitMs` for the first byte, which stays unread. */
  peek(waitMs: number): Promise<FirstBytes>;
  /** Resolves when the handshake is done; rejects, with the connection gone, when it fails or takes too long. */
  startTls(context: TlsContext, isFirst: boolean): Promise<TlsSession>;
  /** The side of whoever connected, with the context's certificate as its own. The other side must be who `serverName` says, if given. */
  startTlsAsClient(context: TlsContext, serverName: string): Promise<TlsSession>;
  /** Goes on without TLS. */
  readPlain(): void;
}
