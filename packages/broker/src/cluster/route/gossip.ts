/**
 * Servers tell one another of servers. Whoever is connected to a new one passes its INFO on, and who hears of one that it is not
 * connected to connects. Source: nats-server server/route.go forwardNewRouteInfoToKnownServers, processImplicitRoute.
 */

import { joinHostPort, parsePeerUrl } from '../peer-url.ts';
import type { RouteConnection } from './route-connection.ts';
import { GossipMode, type RouteInfo } from './route-info.ts';
import type { RouteMesh } from './route-mesh.ts';

export class Gossip {
  private readonly mesh: RouteMesh;

  constructor(mesh: RouteMesh) {
    this.mesh = mesh;
  }

  /** A connection to a server of which others may not know was added. */
  tellOthers(route: RouteConnection, info: RouteInfo, ownMode: number): void {
    const isFromGossip = route.didSolicit && !route.isConfigured;
    if ((isFromGossip && ownMode !== GossipMode.override) || info.gossipMode === GossipMode.disabled) return;
    const { nonce: _unused, gossip_mode: _mode, ...fields } = info.fields;
    const known = { ...fields, ip: info.ip === '' ? reachableAt(route, info) : info.ip };
    for (const other of this.listeners(info.serverId, route.account)) {
      const mode = modeFor(route, other);
      const text = JSON.stringify({
        ...known,
        ...(route.account === '' ? {} : { route_account: route.account }),
        ...(mode === GossipMode.default ? {} : { gossip_mode: mode }),
      });
      other.send(Buffer.from(`INFO ${text}\r\n`, 'utf8').toString('latin1'));
    }
  }

  /** One connection to each other server; for one account, the one of that account where there is one. */
  private listeners(newcomer: string, account: string): RouteConnection[] {
    const { table } = this.mesh;
    const ofAccount = account === '' ? [] : table.all().filter((route) => route.account === account);
    const covered = new Set(ofAccount.map(({ remoteId }) => remoteId));
    const rest = table
      .oneOfEach()
      .filter(({ remoteId, isUnpooled }) => !covered.has(remoteId) && (account === '' || !isUnpooled));
    return [...ofAccount, ...rest].filter(({ remoteId }) => remoteId !== newcomer);
  }

  /** Another server has told of a third one. */
  hearOf(info: RouteInfo, from: RouteConnection): void {
    const { mesh } = this;
    const { options, server, table, dialer } = mesh;
    if (info.serverId === server.id) return;
    if (info.account !== '' && (options.poolSize <= 0 || !mesh.pinned.has(info.account))) return;
    if (table.has(info.serverId, info.account)) return;
    const url = parsePeerUrl(info.ip);
    if (url === undefined) return from.log('ERR', `Error parsing URL from INFO: ${JSON.stringify(info.ip)}`);
    // What the configuration names is tried anyway.
    if (dialer.isConfigured(url.host, info.port) || dialer.isConfigured(info.host, info.port)) return;
    const login = info.isAuthRequired ? { user: options.user ?? '', password: options.password ?? '' } : {};
    const target = { ...url, ...login };
    const wish = { url: target, isExplicit: false, gossipMode: info.gossipMode };
    dialer.open({ ...wish, account: info.account });
    if (!from.isUnpooled || info.account !== '') return;
    for (const account of options.pinnedAccounts) dialer.open({ ...wish, account });
  }
}

/** How far the word is to go: those who hear of it must not all pass it on. */
function modeFor(route: RouteConnection, other: RouteConnection): number {
  if ((!route.didSolicit && other.isConfigured) || (route.didSolicit && route.isConfigured)) return GossipMode.override;
  return route.didSolicit ? GossipMode.default : GossipMode.disabled;
}

/** The address that it came from, with the port that it says it listens on. */
function reachableAt(route: RouteConnection, info: RouteInfo): string {
  return `nats-route://${joinHostPort(route.transport.peer.address, info.port)}/`;
}
