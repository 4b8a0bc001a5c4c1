/** What an auth callout is told about a client. Source: nats-server server/auth_callout.go; nats-io/jwt v2 authorization_claims.go. */
import type { AuthRequest } from '../authenticator.ts';

/** The server as its requests name it. */
export interface CalloutServer {
  readonly name: string;
  readonly host: string;
  readonly id: string;
  readonly version: string;
  readonly tags: readonly string[];
}

export interface RequestFacts {
  readonly server: CalloutServer;
  /** Public curve key of the server, when the request is sealed. */
  readonly xkey: string | undefined;
  /** The key that the answer must be about. */
  readonly userNkey: string;
  readonly request: AuthRequest;
  /** What its JWT says of the client, in operator mode. */
  readonly claimed: { readonly jwt: string; readonly user: string; readonly name: string; readonly tags: readonly string[] };
}

/** The `nats` part of the request, absent fields left out as there. */
export function requestClaims({ server, xkey, userNkey, request, claimed }: RequestFacts): object {
  const { connect, peer, cid } = request;
  const { tags, ...names } = server;
  return {
    server_id: { ...names, ...list('tags', tags), ...text('xkey', xkey) },
    user_nkey: userNkey,
    client_info: {
      ...text('host', peer.address),
      id: cid,
      ...text('user', rawUser(request, claimed.user)),
      ...text('name', connect.name),
      ...list('tags', claimed.tags),
      ...text('name_tag', claimed.name),
      kind: 'Client',
      type: peer.kind === 'websocket' ? 'websocket' : 'nats',
      ...text('nonce', (connect.sig ?? '') === '' ? '' : request.nonce),
    },
    connect_opts: {
      ...text('jwt', claimed.jwt),
      ...text('nkey', connect.nkey),
      ...text('sig', connect.sig),
      ...text('auth_token', connect.auth_token),
      ...text('user', connect.user),
      ...text('pass', connect.pass),
      ...text('name', connect.name),
      ...text('lang', connect.lang),
      ...text('version', connect.version),
      protocol: connect.protocol,
    },
    ...tlsOf(request),
  };
}

/** What a client calls itself; a token is not told. */
export function rawUser({ connect }: AuthRequest, jwtUser: string): string {
  return connect.nkey || connect.user || jwtUser || ((connect.auth_token ?? '') === '' ? '' : '[REDACTED]');
}

/** Certificates are only asked for where they are verified, so that the chain is a verified one. */
function tlsOf({ peer: { tls } }: AuthRequest): object {
  if (tls === undefined) return {};
  const chain = tls.pemChain();
  const chains = chain.length === 0 ? {} : { verified_chains: [chain] };
  return { client_tls: { version: tls.version, cipher: tls.cipherSuite, ...chains } };
}

function text(name: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined || value === '' ? {} : { [name]: value };
}

function list(name: string, values: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return values.length === 0 ? {} : { [name]: values };
}
