/**
 * `verify_and_map`: the certificate names the user. Tried in nats-server's order: e-mail, DNS and URI names, then the subject.
 * Source: nats-server server/auth.go checkClientTLSCertSubject.
 */
import type { PeerCertificate } from '../env/tls.ts';
import { type AuthMethod, accepted, refused } from './auth-method.ts';
import type { AuthRequest, AuthResult } from './authenticator.ts';
import { mayAttach } from './connection-type.ts';
import type { KnownUser } from './user-password.ts';

export class TlsMapMethod implements AuthMethod {
  private readonly users: ReadonlyMap<string, KnownUser>;
  /** By subject with its parts in one order: the order in which a certificate lists them does not matter. */
  private readonly bySubject: ReadonlyMap<string, KnownUser>;

  constructor(users: ReadonlyMap<string, KnownUser>) {
    this.users = users;
    this.bySubject = new Map([...users].map(([name, user]) => [sortedSubject(name), user]));
  }

  applies({ peer }: AuthRequest): boolean {
    return peer.tls !== undefined;
  }

  check({ peer }: AuthRequest): AuthResult {
    const certificate = peer.tls?.certificates[0];
    const user = certificate === undefined ? undefined : this.find(certificate);
    if (user === undefined || !mayAttach(user.options.allowedConnectionTypes, peer))
      return refused('no user for the certificate');
    return accepted(user.identity);
  }

  private find({ emails, dnsNames, uris, subject }: PeerCertificate): KnownUser | undefined {
    for (const name of [...emails, ...dnsNames, ...uris, subject]) {
      const user = this.users.get(name);
      if (user !== undefined) return user;
    }
    return this.bySubject.get(sortedSubject(subject));
  }
}

function sortedSubject(subject: string): string {
  return subject
    .split(/(?<!\\),\s*/)
    .map((part) => part.trim())
    .sort()
    .join(',');
}
