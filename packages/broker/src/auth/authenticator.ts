/** What decides who a client is. One file per method implements the parts; this is what a connection needs to know. */
import type { ConnectOptions } from '@sluice/protocol';
import type { Peer } from '../env/net.ts';
import type { Permissions } from '../options.ts';

/** Who a client turned out to be. */
export interface Identity {
  /** Name shown as `authorized_user`; empty for anonymous clients. */
  readonly user: string;
  readonly account: string;
  readonly permissions: Permissions | undefined;
}

export type AuthResult = { readonly ok: true; readonly identity: Identity } | { readonly ok: false; readonly reason: string };

export interface AuthRequest {
  readonly peer: Peer;
  readonly connect: ConnectOptions;
  /** The nonce that INFO carried, or an empty string. */
  readonly nonce: string;
}

export interface Authenticator {
  /** True when clients must present something: INFO says so, and nothing but CONNECT is accepted before. */
  readonly isRequired: boolean;
  /** True when INFO must carry a nonce. */
  readonly needsNonce: boolean;
  /** A promise only when the answer needs slow work (bcrypt in a worker); the connection stops reading meanwhile. */
  authenticate(request: AuthRequest): AuthResult | Promise<AuthResult>;
  /** Ends what runs in the background (a worker). */
  stop?(): void | Promise<void>;
}
