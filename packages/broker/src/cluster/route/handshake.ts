/**
 * CONNECT and INFO of another server: who it is, whether it may stay, and what later INFOs tell.
 * Source: nats-server server/route.go processRouteConnect, processRouteInfo, and 2.15.1 on the wire.
 */
import { closedReasons, protocolErrors } from '@sluice/protocol';
import { joinHostPort, parsePeerUrl } from '../peer-url.ts';
import type { RouteConnection } from './route-connection.ts';
import { parseRouteConnect, parseRouteInfo, type RouteInfo } from './route-info.ts';

const CLIENT_ON_ROUTE_PORT = 'attempted to connect to route port';

/** The first line of a server that connected to this one. */
export function processConnect(route: RouteConnection, json: string): void {
  if (route.didSolicit) return route.violate('CONNECT from a server that was connected to');
  const connect = parseRouteConnect(json);
  if (connect === undefined) return route.violate('CONNECT is no JSON object');
  if (connect.lang !== '') return route.refuse(CLIENT_ON_ROUTE_PORT, closedReasons.wrongPort);
  if (connect.gateway !== '') {
    const text = `Rejecting connection from gateway ${JSON.stringify(connect.gateway)} on the Route port`;
    return route.refuse(text, closedReasons.wrongGateway);
  }
  route.login = { user: connect.user, password: connect.password };
  const answer = route.mesh.authenticate(route.login);
  const settle = (isRight: boolean): void => {
    if (route.isClosed) return;
    if (!isRight) return refuseAuth(route);
    const { naming } = route.mesh;
    const conflict = naming.yieldTo({ name: connect.cluster, isDynamic: connect.isClusterDynamic }, connect.name);
    if (conflict) {
      const text = `Rejecting connection, cluster name ${JSON.stringify(connect.cluster)} does not match ${JSON.stringify(naming.name)}`;
      return route.refuse(text, closedReasons.clusterNameConflict);
    }
    route.expectAnything();
  };
  if (typeof answer === 'boolean') return settle(answer);
  route.suspend();
  answer.then(
    (isRight) => {
      settle(isRight);
      route.resume();
    },
    () => route.close(closedReasons.authenticationFailure),
  );
}

/** Ends the connection of a server without the right credentials. */
export function refuseAuth(route: RouteConnection): void {
  route.server.counters.authErrors++;
  route.log('ERR', `authentication error - User ${JSON.stringify(route.login.user)}`);
  route.refuse(protocolErrors.authorizationViolation.text, closedReasons.authenticationFailure);
}

/** INFO of another server: the first one decides whether it is let in, later ones tell of others and of lame duck mode. */
export function processInfo(route: RouteConnection, json: string): void {
  const info = parseRouteInfo(json);
  if (info === undefined || info.serverId === '') return route.violate('INFO is not what it should be');
  if (route.info !== null) return processLaterInfo(route, info);
  const { mesh, server } = route;
  if (info.serverId === server.id) {
    route.remoteId = info.serverId;
    if (route.url !== null) mesh.dialer.noteSelf(route.url);
    route.mayReconnect = false;
    return route.close(closedReasons.duplicateRoute);
  }
  if (info.cluster !== '' && mesh.naming.yieldTo({ name: info.cluster, isDynamic: info.isClusterDynamic }, info.serverId)) {
    return route.close(closedReasons.clusterNameConflict);
  }
  if (!route.didSolicit && info.serverName === server.name) {
    route.log('ERR', `Remote server has a duplicate name: ${JSON.stringify(info.serverName)}`);
    return route.close(closedReasons.duplicateServerName);
  }
  takeFirstInfo(route, info);
}

function takeFirstInfo(route: RouteConnection, info: RouteInfo): void {
  const { mesh, server } = route;
  if (route.didSolicit) route.info = info;
  else {
    route.bindAccount(info.account);
    route.info = info;
  }
  route.remoteId = info.serverId;
  route.remoteName = info.serverName;
  route.takesOrigins = info.takesOrigins;
  route.hasHeaders = server.options.hasHeaders && info.hasHeaders;
  route.url ??= parsePeerUrl(`nats-route://${joinHostPort(info.host, info.port)}/`) ?? null;
  const problem = mesh.register(route, info);
  if (problem === 'duplicate') {
    route.log('DBG', `Detected duplicate remote route ${JSON.stringify(info.serverId)}`);
    return route.close(closedReasons.duplicateRoute);
  }
  if (problem !== undefined) return route.refuse(problem, closedReasons.protocolViolation);
  route.heartbeat.noteKnown();
}

/** News: another server of the cluster, lame duck mode, an account that moves to a connection of its own. */
function processLaterInfo(route: RouteConnection, info: RouteInfo): void {
  const { mesh } = route;
  if (info.accountRequestId !== '') {
    // The answer is the question without the account. What the account had here goes with RS- and comes again on its own connection.
    if (info.account === '') return;
    const { route_account: _moved, ...fields } = info.fields;
    return route.send(`INFO ${JSON.stringify(fields)} \r\n`);
  }
  if (info.gateway !== '') return;
  if (info.serverId !== route.remoteId) return mesh.gossip.hearOf(info, route);
  if (info.isLameDuck) return mesh.clientUrls.remove(route.remoteId);
  // It may take now what it did not before: it is told everything again.
  const isChanged = JSON.stringify(info.exported) !== JSON.stringify(route.info?.exported);
  route.info = info;
  if (isChanged) mesh.sendInterest(route);
}
