/** TLS handshakes on Node's `tls`. One server object per context does them all; accepted sockets are handed to it one by one. */
import { constants, X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import {
  connect,
  createSecureContext,
  createServer,
  DEFAULT_CIPHERS,
  type DetailedPeerCertificate,
  getCiphers,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from 'node:tls';
import type { TlsContext, TlsMaterial, TlsSession } from '../tls.ts';
import { describeCertificate, dnsNamesOf } from './certificate.ts';
import { VerifyAlert } from './verify-alert.ts';

/** Curve names of Go → OpenSSL. */
const CURVES: Readonly<Record<string, string>> = {
  X25519: 'X25519',
  CurveP256: 'P-256',
  CurveP384: 'P-384',
  CurveP521: 'P-521',
};
/** Suites of TLS 1.3 in Go's order: the short key first. */
const PREFERRED_SUITES = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';
/** Certificates of a chain that are looked at. */
const MAX_CHAIN = 10;

/** A handshake of the server's side that is not over. */
interface OpenHandshake {
  succeed(secured: TLSSocket): void;
  fail(reason: string): void;
  readonly alert: VerifyAlert | undefined;
}

export class NodeTlsContext implements TlsContext {
  readonly notAfterMs: number;
  /** Null for a context that only connects. */
  private readonly server: Server | null;
  private readonly material: TlsMaterial;
  private readonly open: Map<string, OpenHandshake> = new Map();

  /** Without a certificate it serves those who connect. @throws when a certificate or key cannot be read, or they do not belong together. */
  constructor(material: TlsMaterial) {
    const [first, ...others] = material.pairs;
    this.material = material;
    if (first === undefined) {
      this.server = null;
      this.notAfterMs = Number.POSITIVE_INFINITY;
      return;
    }
    const server = createServer({
      ...contextOptions(material, first),
      requestCert: material.mustVerify,
      rejectUnauthorized: material.mustVerify,
      // A resumed session brings the certificate of its first handshake along, and nobody looks whether it has expired since.
      secureOptions: material.mustVerify ? constants.SSL_OP_NO_TICKET : 0,
      handshakeTimeout: material.timeoutMs,
    });
    for (const pair of others) {
      const context = createSecureContext(contextOptions(material, pair));
      for (const name of dnsNamesOf(new X509Certificate(Buffer.from(pair.cert)))) server.addContext(name, context);
    }
    server.on('secureConnection', (socket: TLSSocket) => this.open.get(keyOf(socket))?.succeed(socket));
    server.on('tlsClientError', (error, socket) => {
      this.open.get(keyOf(socket))?.fail(reasonOf(error));
      socket.destroy();
    });
    if (material.mustVerify) {
      server.on('keylog', (line: Buffer, socket: TLSSocket) => this.open.get(keyOf(socket))?.alert?.noteKey(line, socket));
    }
    this.server = server;
    this.notAfterMs = new Date(new X509Certificate(Buffer.from(first.cert)).validTo).getTime();
  }

  /** Does the server's side of a handshake on an accepted socket. */
  handshake(socket: Socket): Promise<TLSSocket> {
    const key = keyOf(socket);
    const { server } = this;
    if (server === null) throw new Error('TLS needs a certificate');
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        this.open.delete(key);
        alert?.stop();
        socket.removeListener('close', onClose);
      };
      const fail = (reason: string): void => {
        forget();
        reject(new Error(reason));
      };
      const succeed = (secured: TLSSocket): void => {
        forget();
        resolve(secured);
      };
      const onClose = (): void => fail('EOF');
      socket.once('close', onClose);
      const alert = this.material.mustVerify ? new VerifyAlert(socket, fail) : undefined;
      this.open.set(key, { succeed, fail, alert });
      server.emit('connection', socket);
    });
  }

  /** Does the side of whoever connected. */
  handshakeAsClient(socket: Socket, serverName: string): Promise<TLSSocket> {
    const { material } = this;
    const [pair] = material.pairs;
    return new Promise((resolve, reject) => {
      const secured = connect({
        ...contextOptions(material, pair),
        socket,
        host: serverName,
        ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
        rejectUnauthorized: material.isInsecure !== true,
      });
      const timer = setTimeout(() => secured.destroy(new Error('i/o timeout')), material.timeoutMs);
      timer.unref();
      const fail = (error?: Error): void => {
        clearTimeout(timer);
        reject(error === undefined ? new Error('EOF') : new Error(reasonOf(error)));
      };
      secured.once('error', fail);
      secured.once('close', () => fail());
      secured.once('secureConnect', () => {
        clearTimeout(timer);
        secured.removeListener('error', fail);
        resolve(secured);
      });
    });
  }
}

/** OpenSSL's reasons in the words of Go's TLS. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "tls: client didn't provide a certificate",
  ERR_SSL_HTTPS_PROXY_REQUEST: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_HTTP_REQUEST: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls: first record does not look like a TLS handshake',
  ERR_SSL_NO_SHARED_CIPHER: 'tls: no cipher suite supported by both client and server',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls: client offered only unsupported versions',
  ERR_SSL_CERTIFICATE_VERIFY_FAILED: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'i/o timeout',
  ECONNRESET: 'EOF',
};

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  const reason = 'reason' in error && typeof error.reason === 'string' ? `tls: ${error.reason}` : error.message;
  return REASONS[code] ?? reason;
}

/** What identifies one open connection of one listener. */
function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
}

function contextOptions(material: TlsMaterial, pair: TlsMaterial['pairs'][number] | undefined): SecureContextOptions {
  const curves = material.curves.map((name) => CURVES[name] ?? name).join(':');
  return {
    ...(pair === undefined ? {} : { cert: Buffer.from(pair.cert), key: Buffer.from(pair.key) }),
    minVersion: material.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ...(material.ca === undefined ? {} : { ca: Buffer.from(material.ca) }),
    ciphers: ciphersOf(material.cipherSuites),
    ...(curves === '' ? {} : { ecdhCurve: curves }),
  };
}

/** As in Go, a choice of suites is one for TLS 1.2: those of 1.3 stay. What OpenSSL has not (RC4, 3DES) is left out. */
function ciphersOf(chosen: readonly string[]): string {
  if (chosen.length === 0) return `${PREFERRED_SUITES}:${DEFAULT_CIPHERS}`;
  const available = new Set(getCiphers().map((name) => name.toUpperCase()));
  const older = chosen.map(openSslName).filter((name) => !name.startsWith('TLS_') && available.has(name.toUpperCase()));
  return [PREFERRED_SUITES, ...older].join(':');
}

/** IANA names of TLS 1.2 suites as OpenSSL spells them; those of TLS 1.3 are the same. */
function openSslName(name: string): string {
  if (/^TLS_(AES|CHACHA20)_/.test(name) && !name.includes('_WITH_')) return name;
  return name
    .replace(/^TLS_/, '')
    .replace('_WITH_', '_')
    .replace(/AES_(\d+)_/, 'AES$1_')
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20_POLY1305')
    .replace(/_CBC_SHA/, '_SHA')
    .replace(/^RSA_/, '')
    .replaceAll('_', '-');
}

/** What was agreed on, and who the peer says it is. */
export function sessionOf(socket: TLSSocket, isFirst: boolean): TlsSession {
  const cipher = socket.getCipher();
  return {
    version: (socket.getProtocol() ?? '').replace('TLSv', ''),
    cipherSuite: cipher.standardName ?? cipher.name,
    certificates: chainOf(socket).map(describeCertificate),
    pemChain: () => verifiedChainOf(socket),
    isFirst,
  };
}

/** As PEM, with the authority that the peer does not send but is verified by: only the older call of Node knows that one. */
function verifiedChainOf(socket: TLSSocket): string[] {
  const chain: string[] = [];
  const seen = new Set<string>();
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate?.raw !== undefined && chain.length < MAX_CHAIN && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    chain.push(new X509Certificate(certificate.raw).toString());
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  const seen = new Set<string>();
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < MAX_CHAIN && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    chain.push(certificate);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
