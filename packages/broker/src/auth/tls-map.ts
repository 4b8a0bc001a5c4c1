/**
 * `verify_and_map`: the certificate names the user, and nothing else does: a name in CONNECT does not count, a password must still be
 * that of the user, and there is no user for those without. Tried in nats-server's order: e-mail, DNS and URI names, then the subject.
 * Source: nats-server server/auth.go processClientOrLeafAuthentication, checkClientTLSCertSubject; internal/ldap.
 */
import type { PeerCertificate } from '../env/tls.ts';
import { type AuthMethod, accepted, refused } from './auth-method.ts';
import type { AuthRequest, AuthResult, Identity } from './authenticator.ts';
import { mayAttach } from './connection-type.ts';
import type { PasswordChecker } from './password.ts';
import type { KnownUser } from './user-password.ts';

/** On which listeners certificates name users. */
export interface MappedListeners {
  readonly tcp: boolean;
  readonly websocket: boolean;
}

export class TlsMapMethod implements AuthMethod {
  private readonly users: ReadonlyMap<string, KnownUser>;
  /** By subject with its parts in one order: the order in which a certificate lists them does not matter. */
  private readonly bySubject: ReadonlyMap<string, KnownUser>;

  private readonly passwords: PasswordChecker;
  private readonly listeners: MappedListeners;

  constructor(users: ReadonlyMap<string, KnownUser>, passwords: PasswordChecker, listeners: MappedListeners) {
    this.users = users;
    this.passwords = passwords;
    this.listeners = listeners;
    this.bySubject = new Map([...users].map(([name, user]) => [sortedSubject(name), user]));
  }

  applies({ peer }: AuthRequest): boolean {
    return (peer.kind === 'tcp' && this.listeners.tcp) || (peer.kind === 'websocket' && this.listeners.websocket);
  }

  check({ peer, connect }: AuthRequest): AuthResult | Promise<AuthResult> {
    const certificate = peer.tls?.certificates[0];
    const user = certificate === undefined ? undefined : this.find(certificate);
    if (user === undefined || !mayAttach(user.options.allowedConnectionTypes, peer))
      return refused('no user for the certificate');
    const { identity, options } = user;
    const answer = this.passwords.matches(options.password ?? '', connect.pass ?? '');
    return typeof answer === 'boolean' ? resultOf(answer, identity) : answer.then((isRight) => resultOf(isRight, identity));
  }

  private find({ emails, dnsNames, uris, subject }: PeerCertificate): KnownUser | undefined {
    for (const name of [...emails, ...dnsNames, ...uris, subject]) {
      const user = this.users.get(name);
      if (user !== undefined) return user;
    }
    return this.bySubject.get(sortedSubject(subject));
  }
}

function resultOf(isRight: boolean, identity: Identity): AuthResult {
  return isRight ? accepted(identity) : refused('the user of the certificate has another password');
}

/** The names of attributes may be in any case, their values not. */
function sortedSubject(subject: string): string {
  return subject
    .split(/(?<!\\),\s*/)
    .map((part) => part.trim().replace(/^[^=]+/, (name) => name.trim().toLowerCase()))
    .sort()
    .join(',');
}
