/** How the log names a client, so that all lines of one connection can be found. Source: nats-server server/client.go getRawAuthUser, initClient. */
import type { Peer } from '../env/net.ts';

/** What is known about a client at the time of a line. */
export interface LabelledClient {
  readonly cid: number;
  /** Its CONNECT was accepted: what it says of itself counts from then on. */
  readonly isLetIn: boolean;
  readonly connectOptions: {
    readonly version?: string;
    readonly lang?: string;
    readonly name?: string;
    readonly user?: string;
    readonly nkey?: string;
    readonly jwt?: string;
    readonly auth_token?: string;
  } | null;
  readonly account: { readonly name: string; readonly limits?: { readonly displayName?: string } } | null;
  readonly identity?: { readonly user: string } | null;
}

/** `127.0.0.1:4711 - cid:5 - "v1.2:go:name" - "$G/user:u"`; the last two only once they are known. */
export function clientLabel(client: LabelledClient | undefined, peer: Peer): string {
  const { address, port } = peer.via ?? peer;
  const host = address.includes(':') ? `[${address}]` : address;
  const start = `${host}:${port} - ${peer.kind === 'websocket' ? 'wid' : 'cid'}:${client?.cid ?? 0}`;
  const connect = client?.connectOptions ?? null;
  if (client === undefined || connect === null || !client.isLetIn) return start;
  const version = connect.version === undefined || connect.version === '' ? '' : `v${connect.version}`;
  const program = [version, connect.lang ?? '', connect.name ?? ''].filter((part) => part !== '').join(':');
  const { account } = client;
  const user = userLabel(connect, client.identity?.user ?? '');
  const who =
    account === null || user === ''
      ? ''
      : [account.name, account.limits?.displayName ?? '', user].filter((part) => part !== '').join('/');
  return [start, quoted(program), quoted(who)].filter((part) => part !== '').join(' - ');
}

function userLabel(connect: NonNullable<LabelledClient['connectOptions']>, user: string): string {
  if (connect.nkey !== undefined && connect.nkey !== '') return `nkey:${connect.nkey}`;
  if (connect.user !== undefined && connect.user !== '') return `user:${connect.user}`;
  if (connect.jwt !== undefined && connect.jwt !== '') return user === '' ? 'jwt' : `jwt:${user}`;
  return connect.auth_token === undefined || connect.auth_token === '' ? '' : 'token';
}

function quoted(text: string): string {
  return text === '' ? '' : JSON.stringify(text);
}
