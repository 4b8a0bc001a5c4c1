/**
 * The alert for a peer whose certificate is not trusted. Node finishes such a handshake, ends the connection and says nothing, so that
 * an operator with an expired certificate sees no more than a lost connection; Go and OpenSSL say why. Node gives up before it writes
 * its last records: the alert is the first one after the handshake, in TLS 1.3 under the traffic secret that its key log tells, and the
 * socket's half is ended with it, so that nothing else is ever written under that secret.
 * Who is trusted stays Node's decision. Source: RFC 8446 5.2, 5.3, 6.2, 7.1, 7.3; Go crypto/tls handshake_server.go for the choice.
 */
import { createCipheriv, createHmac } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { subjectOf } from './certificate.ts';

/** How long the peer may take to read the alert and go. */
const LINGER_MS = 2000;
const FATAL = 2;
const ALERT_RECORD = 0x15;
const APPLICATION_RECORD = 0x17;
const TAG_BYTES = 16;
const IV_BYTES = 12;

/** Ciphers of TLS 1.3: what Node calls them, their hash, the bytes of their key. */
const CIPHERS = {
  TLS_AES_128_GCM_SHA256: { cipher: 'aes-128-gcm', hash: 'sha256', keyBytes: 16 },
  TLS_AES_256_GCM_SHA384: { cipher: 'aes-256-gcm', hash: 'sha384', keyBytes: 32 },
  TLS_CHACHA20_POLY1305_SHA256: { cipher: 'chacha20-poly1305', hash: 'sha256', keyBytes: 32 },
} as const;
type CipherName = keyof typeof CIPHERS;
const isCipherName = (name: string): name is CipherName => Object.hasOwn(CIPHERS, name);

const BAD_CERTIFICATE = 42;
const UNKNOWN_AUTHORITY: Refusal = { alert: 48, reason: 'certificate signed by unknown authority' };
const EXPIRED: Refusal = { alert: 45, reason: 'certificate has expired or is not yet valid' };
/** Verification errors of OpenSSL → alert and Go's words for it. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: EXPIRED,
  INVALID_PURPOSE: { alert: BAD_CERTIFICATE, reason: 'certificate specifies an incompatible key usage' },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
};

interface Refusal {
  /** RFC 8446 section 6. */
  readonly alert: number;
  readonly reason: string;
}

/** Watches one handshake of the server's side; `onRefused` hears Go's words when the peer's certificate is not trusted. */
export class VerifyAlert {
  private readonly socket: Socket;
  private secured: TLSSocket | undefined;
  private trafficSecret: Buffer | undefined;

  constructor(socket: Socket, onRefused: (reason: string) => void) {
    this.socket = socket;
    // Node's TLS closes what it runs on through this; the property hides the method until the handshake is over.
    socket.destroy = (error?: Error): Socket => {
      this.stop();
      const code = this.secured?.authorizationError;
      if (code === undefined || code === null) return socket.destroy(error);
      const { alert, reason } = REFUSALS[String(code)] ?? { alert: BAD_CERTIFICATE, reason: String(code) };
      onRefused(`tls: failed to verify certificate: x509: ${reason}${this.owner()}`);
      const record = this.record(alert);
      if (record === undefined) return socket.destroy(error);
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      timer.unref();
      return socket.end(record);
    };
  }

  /** One line of the key log. */
  noteKey(line: Buffer, secured: TLSSocket): void {
    this.secured = secured;
    const [label, , secret] = line.toString('latin1').trimEnd().split(' ');
    if (label === 'SERVER_TRAFFIC_SECRET_0' && secret !== undefined) this.trafficSecret = Buffer.from(secret, 'hex');
  }

  /** The handshake is over. */
  stop(): void {
    Reflect.deleteProperty(this.socket, 'destroy');
  }

  /** Whose certificate it is, for the log. */
  private owner(): string {
    const certificate = this.secured?.getPeerX509Certificate();
    if (certificate === undefined) return '';
    return ` (${subjectOf(certificate)} SHA-256: ${certificate.fingerprint256.replaceAll(':', '').toLowerCase()})`;
  }

  private record(alert: number): Buffer | undefined {
    const protocol = this.secured?.getProtocol();
    // The change to encrypted records has not been written yet.
    if (protocol === 'TLSv1.2') return Buffer.from([ALERT_RECORD, 3, 3, 0, 2, FATAL, alert]);
    const name = this.secured?.getCipher().standardName ?? '';
    if (protocol !== 'TLSv1.3' || !isCipherName(name) || this.trafficSecret === undefined) return undefined;
    return sealedAlert(name, this.trafficSecret, alert);
  }
}

/** The first record that a server sends under its traffic secret: its nonce is the bare IV, for its sequence number is 0. */
function sealedAlert(name: CipherName, secret: Buffer, alert: number): Buffer {
  const { cipher, hash, keyBytes } = CIPHERS[name];
  const plain = Buffer.from([FATAL, alert, ALERT_RECORD]);
  const head = Buffer.from([APPLICATION_RECORD, 3, 3, 0, plain.length + TAG_BYTES]);
  const key = expandLabel(hash, secret, 'key', keyBytes);
  const options = { authTagLength: TAG_BYTES };
  // Each cipher has a signature of its own in the types.
  const seal =
    cipher === 'chacha20-poly1305'
      ? createCipheriv(cipher, key, expandLabel(hash, secret, 'iv', IV_BYTES), options)
      : createCipheriv(cipher, key, expandLabel(hash, secret, 'iv', IV_BYTES), options);
  seal.setAAD(head, { plaintextLength: plain.length });
  return Buffer.concat([head, seal.update(plain), seal.final(), seal.getAuthTag()]);
}

/** HKDF-Expand-Label with an empty context, for at most one block of the hash. */
function expandLabel(hash: string, secret: Buffer, label: string, bytes: number): Buffer {
  const text = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = Buffer.concat([Buffer.from([0, bytes, text.length]), text, Buffer.from([0, 1])]);
  return createHmac(hash, secret).update(info).digest().subarray(0, bytes);
}
