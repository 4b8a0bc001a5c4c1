/** How the log names a client, so that all lines of one connection can be found. Source: nats-server server/client.go getRawAuthUser, initClient. */
import { type ConnectOptions, decodePublicNkey } from '@sluice/protocol';
import type { Identity } from '../auth/authenticator.ts';
import type { Peer } from '../env/net.ts';

/** What is known about a client at the time of a line. */
export interface LabelledClient {
  readonly cid: number;
  /** What `namesOf` gave when it was let in; null before. */
  readonly names: string | null;
}

/** `127.0.0.1:4711 - cid:5 - "v1.2:go:name" - "$G/user:u"`; the last two as they were when the client was let in. */
export function clientLabel(client: LabelledClient | undefined, peer: Peer): string {
  const { address, port } = peer.via ?? peer;
  const forwarded = peer.forwardedFor === undefined ? '' : `${hostOf(peer.forwardedFor)}/`;
  const start = `${forwarded}${hostOf(address)}:${port} - ${peer.kind === 'websocket' ? 'wid' : 'cid'}:${client?.cid ?? 0}`;
  return client === undefined ? start : start + (client.names ?? '');
}

function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** What a client says of its program, and who it turned out to be. */
export interface NamedClient {
  readonly connect: ConnectOptions;
  readonly account: { readonly name: string; readonly limits: { readonly displayName?: string } };
  readonly user: string;
}

/** The part of a label that stays. */
export function namesOf({ connect, account, user }: NamedClient): string {
  const version = connect.version === undefined || connect.version === '' ? '' : `v${connect.version}`;
  const program = [version, connect.lang ?? '', connect.name ?? ''].filter((part) => part !== '').join(':');
  const label = userLabel(connect, user);
  const who = [account.name, account.limits.displayName ?? '', label].filter((part) => part !== '').join('/');
  return `${quoted(program)}${label === '' ? '' : quoted(who)}`;
}

/** `user:u`, `nkey:U…` or `jwt:U…`; nothing for who is nobody. */
export function userLabel(connect: ConnectOptions, user: string): string {
  if (connect.nkey !== undefined && connect.nkey !== '') return `nkey:${connect.nkey}`;
  if (connect.user !== undefined && connect.user !== '') return `user:${connect.user}`;
  if (connect.jwt !== undefined && connect.jwt !== '') return `jwt:${user}`;
  if (connect.auth_token !== undefined && connect.auth_token !== '') return 'token';
  // Who comes without anything may still be somebody: the `no_auth_user`.
  if (user === '') return '';
  return decodePublicNkey(user)?.kind === 'user' ? `nkey:${user}` : `user:${user}`;
}

/** Who a client turned out to be, as `userLabel` says it; nothing before CONNECT. */
export function userLabelOf(client: {
  readonly connectOptions: ConnectOptions | null;
  readonly identity: Identity | null;
}): string {
  const { connectOptions, identity } = client;
  return connectOptions === null ? '' : userLabel(connectOptions, identity?.claims?.subject ?? identity?.user ?? '');
}

/** An account as the log names it. */
export function accountLabel({
  name,
  limits,
}: {
  readonly name: string;
  readonly limits: { readonly displayName?: string };
}): string {
  return [name, limits.displayName ?? ''].filter((part) => part !== '').join('/');
}

/** That a subscription has had all that it asked for. */
export function autoUnsubscribeText({ maxCount, sid }: { readonly maxCount: number; readonly sid: string }): string {
  return `Auto-unsubscribe limit of ${maxCount} reached for sid '${sid}'`;
}

function quoted(text: string): string {
  return text === '' ? '' : ` - ${JSON.stringify(text)}`;
}
