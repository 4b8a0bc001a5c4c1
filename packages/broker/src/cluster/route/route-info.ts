/**
 * INFO and CONNECT between servers: what is read of them, each field checked and bounded, because it comes from outside. A field of
 * another type counts as absent. Source: nats-server server/server.go Info, server/route.go connectInfo, and 2.15.1 on the wire.
 */
import { integerOf, parseObject, textOf, urlsOf } from '../peer-words.ts';

export interface RouteInfo {
  readonly serverId: string;
  readonly serverName: string;
  readonly host: string;
  readonly port: number;
  /** How the server is reached, when it says: `nats-route://host:port/`. */
  readonly ip: string;
  readonly hasHeaders: boolean;
  readonly isAuthRequired: boolean;
  readonly cluster: string;
  readonly isClusterDynamic: boolean;
  readonly connectUrls: readonly string[];
  readonly webSocketUrls: readonly string[];
  /** Where leaf nodes find the server, when it lets them in. */
  readonly leafUrls: readonly string[];
  /** It tells apart what comes from leaf nodes. */
  readonly takesOrigins: boolean;
  readonly isLameDuck: boolean;
  /** 0 of a server without pools. */
  readonly poolSize: number;
  readonly poolIndex: number;
  /** The one account of the connection, or an empty string. */
  readonly account: string;
  /** Set in the words about an account that gets a connection of its own while both run. */
  readonly accountRequestId: string;
  readonly gossipMode: number;
  readonly gateway: string;
  readonly imported: unknown;
  readonly exported: unknown;
  /** All fields as they came, for passing them on. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Values of `gossip_mode`. They are exchanged between servers. */
export const GossipMode = { default: 0, disabled: 1, override: 2 } as const;

export interface RouteConnect {
  readonly user: string;
  readonly password: string;
  /** Id of the server. */
  readonly name: string;
  readonly cluster: string;
  readonly isClusterDynamic: boolean;
  readonly hasHeaders: boolean;
  /** Only clients have one. */
  readonly lang: string;
  readonly gateway: string;
}

/** Undefined for what is no JSON object. */
export function parseRouteInfo(json: string): RouteInfo | undefined {
  const fields = parseObject(json);
  if (fields === undefined) return undefined;
  return {
    serverId: textOf(fields['server_id']),
    serverName: textOf(fields['server_name']),
    host: textOf(fields['host']),
    port: integerOf(fields['port']),
    ip: textOf(fields['ip']),
    hasHeaders: fields['headers'] === true,
    isAuthRequired: fields['auth_required'] === true,
    cluster: textOf(fields['cluster']),
    isClusterDynamic: fields['cluster_dynamic'] === true,
    connectUrls: urlsOf(fields['connect_urls']),
    webSocketUrls: urlsOf(fields['ws_connect_urls']),
    leafUrls: urlsOf(fields['leafnode_urls']),
    takesOrigins: fields['lnoc'] === true && fields['lnocu'] === true,
    isLameDuck: fields['ldm'] === true,
    poolSize: integerOf(fields['route_pool_size']),
    poolIndex: integerOf(fields['route_pool_idx']),
    account: textOf(fields['route_account']),
    accountRequestId: textOf(fields['route_acc_add_reqid']),
    gossipMode: integerOf(fields['gossip_mode']),
    gateway: textOf(fields['gateway']),
    imported: fields['import'],
    exported: fields['export'],
    fields,
  };
}

/** Undefined for what is no JSON object. */
export function parseRouteConnect(json: string): RouteConnect | undefined {
  const fields = parseObject(json);
  if (fields === undefined) return undefined;
  return {
    user: textOf(fields['user']),
    password: textOf(fields['pass']),
    name: textOf(fields['name']),
    cluster: textOf(fields['cluster']),
    isClusterDynamic: fields['cluster_dynamic'] === true,
    hasHeaders: fields['headers'] === true,
    lang: textOf(fields['lang']),
    gateway: textOf(fields['gateway']),
  };
}
