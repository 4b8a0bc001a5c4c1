/** What decides who a client is. One file per method implements the parts; this is what a connection needs to know. */
import type { ClosedReason, ConnectOptions } from '@sluice/protocol';
import type { Peer } from '../env/net.ts';
import type { Permissions } from '../options.ts';

/** The end of credentials. */
export interface Expiry {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** Whose credentials they are; it decides the text. */
  readonly of: 'user' | 'account';
}

/** Who a client turned out to be. */
export interface Identity {
  /** Name shown as `authorized_user`; empty for anonymous clients. */
  readonly user: string;
  readonly account: string;
  readonly permissions: Permissions | undefined;
  /** The permissions are those that its account has for users without any. */
  readonly hasDefaultPermissions?: boolean;
  /** When the credentials expire and what the client is told then; absent for never. */
  readonly expiry?: Expiry;
  /** When the user's own credentials end, whatever becomes of its account; in milliseconds since the epoch. */
  readonly userExpiryMs?: number;
  /** Limits of this user that are tighter than its account's. */
  readonly maxSubscriptions?: number;
  readonly maxPayloadBytes?: number;
  /** The user must come through a trusted proxy. */
  readonly proxyRequired?: boolean;
  /** Public key of the trusted proxy that it came through. */
  readonly proxyKey?: string;
  /** What else is known of a user of operator mode. */
  readonly claims?: IdentityClaims;
  /** An outside service has decided. */
  readonly callout?: CalloutMark;
}

/** What an auth callout leaves on a client. */
export interface CalloutMark {
  /** The account that the service works in. */
  readonly account: string;
  /** Takes the place of what the client called itself; empty leaves that. */
  readonly name: string;
}

/** What a user's JWT says about it, for lists and events. */
export interface IdentityClaims {
  /** Empty when somebody else has the last word. */
  readonly jwt: string;
  /** Whoever has the JWT may come in with it: it must not be shown. */
  readonly isBearer?: boolean;
  /** Public key of the user, and when it was issued (in seconds): what revocations name. */
  readonly subject: string;
  readonly issuedAt: number;
  /** The key that signed it. */
  readonly issuerKey: string;
  /** Name and tags of the user. */
  readonly name: string;
  readonly tags: readonly string[];
}

/** Why somebody is not let in. A client is told `Authorization Violation` whatever it was. */
export interface AuthRefusal {
  readonly ok: false;
  /** For the log and for events. */
  readonly reason: string;
  readonly closedReason?: ClosedReason;
  /** Lines of the log before that of the failure: one that is always written, and one for whoever looks closely. */
  readonly logged?: string;
  readonly detail?: string;
  /** A warning after it. */
  readonly warning?: string;
  /** Who in an account is told why; without it the client's own account is told the reason of the end. */
  readonly told?: { readonly account: string; readonly reason: string };
  /** Who the client was before somebody else had the last word. */
  readonly seenAs?: Identity;
}

export type AuthResult = { readonly ok: true; readonly identity: Identity } | AuthRefusal;

export interface AuthRequest {
  readonly cid: number;
  readonly peer: Peer;
  readonly connect: ConnectOptions;
  /** The nonce that INFO carried, or an empty string. */
  readonly nonce: string;
}

export interface Authenticator {
  /** True when the server knows credentials at all, as `varz` reports it. */
  readonly isRequired: boolean;
  /** The same for clients of the WebSocket port, which may have credentials of its own. */
  readonly isRequiredOnWebSocket: boolean;
  /** True when INFO must carry a nonce. */
  readonly needsNonce: boolean;
  /**
   * Who a client of this kind is before it sends CONNECT: everybody without authentication, the `no_auth_user` where there is one.
   * Undefined when it must present something: INFO says so, and nothing but CONNECT is accepted before.
   */
  anonymous(peer: Peer): Identity | undefined;
  /** A promise only when the answer needs slow work (bcrypt in a worker); the connection stops reading meanwhile. */
  authenticate(request: AuthRequest): AuthResult | Promise<AuthResult>;
  /** Ends what runs in the background (a worker). Answers that are still out come as refusals. */
  stop?(): void | Promise<void>;
}
