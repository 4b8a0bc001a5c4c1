/**
 * A certificate file and its key, looked at when the configuration is read, so that a mistake shows with `-t`: PEM of the right kinds that
 * belong together, or what is wrong in the words of Go's `tls.X509KeyPair`.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ConfigReport } from './report.ts';

const PRIVATE_KEY = 'PRIVATE KEY';

/** Undefined when the two can be used, or when only the handshake can tell. */
export function keyPairProblem(
  certFile: string,
  keyFile: string,
  { readFile }: Pick<ConfigReport, 'readFile'>,
): string | undefined {
  const cert = readFile(certFile);
  if (!cert.ok) return cert.error;
  const key = readFile(keyFile);
  if (!key.ok) return key.error;
  return certificateProblem(pemTypes(cert.text)) ?? keyProblem(pemTypes(key.text)) ?? mismatch(cert.text, key.text);
}

function pemTypes(text: string): string[] {
  return [...text.matchAll(/^-----BEGIN ([^\n\r-]+)-----\r?$/gm)].map(([, type = '']) => type);
}

function certificateProblem(types: readonly string[]): string | undefined {
  if (types.includes('CERTIFICATE')) return undefined;
  if (types.length === 0) return 'tls: failed to find any PEM data in certificate input';
  if (types.length === 1 && types[0]?.endsWith(PRIVATE_KEY) === true) {
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
  }
  return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${types.join(' ')}]`;
}

function keyProblem(types: readonly string[]): string | undefined {
  if (types.some((type) => type.endsWith(PRIVATE_KEY))) return undefined;
  if (types.length === 0) return 'tls: failed to find any PEM data in key input';
  if (types.length === 1 && types[0] === 'CERTIFICATE') {
    return 'tls: found a certificate rather than a key in the PEM for the private key';
  }
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${types.join(' ')}]`;
}

function mismatch(cert: string, key: string): string | undefined {
  try {
    const belong = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
    return belong ? undefined : 'tls: private key does not match public key';
  } catch {
    // What OpenSSL cannot read at all is refused, with its reason, when the listener is made.
    return undefined;
  }
}
