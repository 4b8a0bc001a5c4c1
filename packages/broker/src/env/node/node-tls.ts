/** TLS handshakes on Node's `tls`. One server object per context does them all; accepted sockets are handed to it one by one. */
import { createHash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { PeerCertificate, TlsContext, TlsMaterial, TlsSession } from '../tls.ts';

/** Curve names of Go → OpenSSL. */
const CURVES: Readonly<Record<string, string>> = {
  X25519: 'X25519',
  CurveP256: 'P-256',
  CurveP384: 'P-384',
  CurveP521: 'P-521',
};
/** Certificates of a chain that are looked at. */
const MAX_CHAIN = 10;

export class NodeTlsContext implements TlsContext {
  readonly notAfterMs: number;
  private readonly server: Server;
  private readonly waiting: Map<string, (socket: TLSSocket) => void> = new Map();

  /** @throws when a certificate or key cannot be read, or they do not belong together. */
  constructor(material: TlsMaterial) {
    const [first, ...others] = material.pairs;
    if (first === undefined) throw new Error('TLS needs a certificate');
    this.server = createServer({
      ...contextOptions(material, first),
      requestCert: material.mustVerify,
      rejectUnauthorized: material.mustVerify,
      handshakeTimeout: material.timeoutMs,
    });
    for (const pair of others) {
      const context = createSecureContext(contextOptions(material, pair));
      for (const name of dnsNamesOf(new X509Certificate(Buffer.from(pair.cert)))) this.server.addContext(name, context);
    }
    this.server.on('secureConnection', (socket: TLSSocket) => this.waiting.get(keyOf(socket))?.(socket));
    this.server.on('tlsClientError', (_error, socket) => socket.destroy());
    this.notAfterMs = new Date(new X509Certificate(Buffer.from(first.cert)).validTo).getTime();
  }

  /** Does the server's side of a handshake on an accepted socket. */
  handshake(socket: Socket): Promise<TLSSocket> {
    const key = keyOf(socket);
    return new Promise((resolve, reject) => {
      const onClose = (): void => {
        this.waiting.delete(key);
        reject(new Error('TLS handshake failed'));
      };
      socket.once('close', onClose);
      this.waiting.set(key, (secured) => {
        this.waiting.delete(key);
        socket.removeListener('close', onClose);
        resolve(secured);
      });
      this.server.emit('connection', socket);
    });
  }
}

/** What identifies one open connection of one listener. */
function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
}

function contextOptions(material: TlsMaterial, pair: TlsMaterial['pairs'][number]): SecureContextOptions {
  const suites = material.cipherSuites.map(openSslName).join(':');
  const curves = material.curves.map((name) => CURVES[name] ?? name).join(':');
  return {
    cert: Buffer.from(pair.cert),
    key: Buffer.from(pair.key),
    minVersion: material.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
    ...(material.ca === undefined ? {} : { ca: Buffer.from(material.ca) }),
    ...(suites === '' ? {} : { ciphers: suites }),
    ...(curves === '' ? {} : { ecdhCurve: curves }),
  };
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
    certificates: chainOf(socket),
    isFirst,
  };
}

function chainOf(socket: TLSSocket): PeerCertificate[] {
  const chain: PeerCertificate[] = [];
  const seen = new Set<string>();
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < MAX_CHAIN && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    chain.push(describe(certificate));
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

function describe(certificate: X509Certificate): PeerCertificate {
  const names = (certificate.subjectAltName ?? '').split(', ');
  const withPrefix = (prefix: string): string[] =>
    names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return {
    subject: certificate.subject.split('\n').reverse().join(','),
    emails: withPrefix('email:'),
    dnsNames: withPrefix('DNS:'),
    uris: withPrefix('URI:'),
    spkiSha256: createHash('sha256').update(spki).digest('hex'),
    certSha256: createHash('sha256').update(certificate.raw).digest('hex'),
  };
}

function dnsNamesOf(certificate: X509Certificate): string[] {
  return describe(certificate).dnsNames.slice();
}
