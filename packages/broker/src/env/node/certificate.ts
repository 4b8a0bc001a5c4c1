/** What a certificate says of its owner, in the spelling of Go's `crypto/x509`. */
import { createHash, type X509Certificate } from 'node:crypto';
import type { PeerCertificate } from '../tls.ts';

/** Names, keys and digests by which a peer may be known. */
export function describeCertificate(certificate: X509Certificate): PeerCertificate {
  const names = (certificate.subjectAltName ?? '').split(', ');
  const withPrefix = (prefix: string): string[] =>
    names.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return {
    subject: subjectOf(certificate),
    emails: withPrefix('email:'),
    dnsNames: withPrefix('DNS:'),
    uris: withPrefix('URI:'),
    spkiSha256: createHash('sha256').update(spki).digest('hex'),
    certSha256: createHash('sha256').update(certificate.raw).digest('hex'),
  };
}

/** Names of hosts that it is for. */
export function dnsNamesOf(certificate: X509Certificate): string[] {
  return describeCertificate(certificate).dnsNames.slice();
}

/** The distinguished name, most specific part first. */
export function subjectOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').reverse().join(',');
}
