/**
 * CONNECT, INFO and -ERR of leaf nodes and hubs: who the other side is, whether it may stay, and what is agreed on.
 * Source: nats-server server/leafnode.go processLeafNodeConnect, processLeafnodeInfo, leafProcessErr, and 2.15.1 on the wire.
 */
import { type ClosedReason, closedReasons, protocolErrors } from '@sluice/protocol';
import type { AuthResult } from '../../auth/authenticator.ts';
import { toWireText } from '../../auth/subject-pattern.ts';
import type { Peer } from '../../env/net.ts';
import type { LeafConnection } from './leaf-connection.ts';
import { isClusterName, type LeafConnect, type LeafInfo, parseLeafConnect, parseLeafInfo } from './leaf-info.ts';
import { boundOf } from './leaf-lines.ts';
import { LONG_DELAY_MS } from './leaf-remote.ts';
import { renderConnectAnswer, renderLeafConnect } from './own-words.ts';

const CLIENT_ON_LEAF_PORT = 'attempted to connect to leaf node port';
const WRONG_PORT = 'attempted to connect to wrong port';
const SPACES_IN_NAME = 'cluster name cannot contain spaces';
const SAME_CLUSTER = 'remote leafnode has same cluster name';
const TOO_OLD = 'connection rejected since minimum version required is';
const LOOP = 'Loop detected';
/** How long the answer to CONNECT may take. */
const ANSWER_TIMEOUT_MS = 2000;
const MIN_VERSION_DELAY_MS = 5000;

// ---- whoever connected to this server ------------------------------------------------------------------------------------------

/** The first line of a leaf node that connected to this server. */
export function processLeafConnect(leaf: LeafConnection, json: string): void {
  if (leaf.remote !== null || leaf.isRegistered) return leaf.violate('CONNECT where none is due');
  const connect = parseLeafConnect(json);
  if (connect === undefined) return leaf.violate('CONNECT is no JSON object');
  if (connect.lang !== '') return leaf.refuse(CLIENT_ON_LEAF_PORT, closedReasons.wrongPort);
  const { peer } = leaf.transport;
  const kind: Peer['kind'] = leaf.isWebSocket ? 'leaf-websocket' : 'leaf';
  const request = { cid: leaf.cid, peer: { ...peer, kind }, connect: connect.login, nonce: leaf.nonce };
  leaf.request = request;
  const answer = leaf.nodes.authenticator.authenticate(request);
  if (!(answer instanceof Promise)) return finishAccept(leaf, connect, answer);
  leaf.suspend();
  answer.then(
    (result) => {
      if (leaf.isClosed) return;
      finishAccept(leaf, connect, result);
      leaf.resume();
    },
    () => leaf.close(closedReasons.authenticationFailure),
  );
}

function finishAccept(leaf: LeafConnection, connect: LeafConnect, result: AuthResult): void {
  if (!result.ok) return refuseAuth(leaf, connect, result.closedReason);
  const { server, nodes } = leaf;
  const { identity } = result;
  const account = server.accounts.ensure(identity.account);
  const refusal = refusalOf(leaf, connect);
  if (refusal !== undefined) {
    leaf.account = account;
    return refuseConnect(leaf, refusal);
  }
  if (account.leafCount >= (account.limits.maxLeafNodes ?? Number.POSITIVE_INFINITY)) {
    const { text, closedReason } = protocolErrors.maxAccountConnections;
    return leaf.refuse(text, closedReason);
  }
  leaf.account = account;
  leaf.identity = identity;
  leaf.isSpoke = connect.isHub;
  leaf.isIsolated ||= connect.isIsolated;
  takeNames(leaf, connect);
  leaf.remoteAccount = connect.remoteAccount;
  leaf.hasHeaders = server.options.hasHeaders && connect.hasHeaders;
  leaf.maxSubscriptions = boundOf([server.options.maxSubscriptions, account.limits.maxSubscriptions, identity.maxSubscriptions]);
  if (identity.permissions === undefined) leaf.permissions.setSpoke(connect.isHub);
  else leaf.permissions.setUser(identity.permissions, connect.isHub);
  leaf.permissions.denyOutgoing(connect.denied);
  if (identity.expiry !== undefined) {
    const { of, timeMs } = identity.expiry;
    leaf.expireAt(timeMs, protocolErrors[of === 'user' ? 'userAuthenticationExpired' : 'accountAuthenticationExpired'].text);
  }
  leaf.parser.expectsConnect = false;
  nodes.register(leaf);
  leaf.send(renderConnectAnswer(leaf));
  nodes.beginInterest(leaf);
}

interface Refusal {
  readonly text: string;
  readonly reason: ClosedReason;
  /** The other side is told first who this is, so that it knows what to make of the error. */
  readonly isIntroduced?: boolean;
}

function refusalOf({ nodes }: LeafConnection, { cluster, gateway, version }: LeafConnect): Refusal | undefined {
  if (!isClusterName(cluster)) return { text: SPACES_IN_NAME, reason: closedReasons.protocolViolation };
  if (cluster !== '' && cluster === toWireText(nodes.clusterName))
    return { text: SAME_CLUSTER, reason: closedReasons.clusterNamesIdentical };
  if (gateway !== '') {
    const text = `Rejecting connection from gateway ${JSON.stringify(gateway)} on the leafnode port`;
    return { text, reason: closedReasons.wrongGateway };
  }
  const { minVersion } = nodes.options.listen ?? {};
  if (minVersion === undefined || isAtLeast(version, minVersion)) return undefined;
  const text = `${TOO_OLD} ${JSON.stringify(minVersion)}`;
  return { text, reason: closedReasons.minimumVersionRequired, isIntroduced: true };
}

function refuseConnect(leaf: LeafConnection, { text, reason, isIntroduced }: Refusal): void {
  if (isIntroduced === true) leaf.send(renderConnectAnswer(leaf));
  leaf.refuse(text, reason);
}

function refuseAuth(leaf: LeafConnection, { login }: LeafConnect, reason: ClosedReason | undefined): void {
  leaf.server.counters.authErrors++;
  const who = login.user !== '' ? ` - User ${JSON.stringify(login.user)}` : '';
  leaf.log('ERR', `authentication error${who}`);
  const { text, closedReason } = protocolErrors.authorizationViolation;
  leaf.refuse(text, reason ?? closedReason);
}

/** Asks again who it is: whoever is nobody now, or somebody of another account or with other rules, goes and may come again. */
export function authenticateAgain(leaf: LeafConnection): void {
  const { request, identity } = leaf;
  if (request === null || identity === null) return;
  const settle = (result: AuthResult): void => {
    if (leaf.isClosed) return;
    const isSame =
      result.ok &&
      result.identity.account === identity.account &&
      JSON.stringify(result.identity.permissions) === JSON.stringify(identity.permissions);
    if (isSame) return;
    const { text, closedReason } = protocolErrors.authorizationViolation;
    leaf.refuse(text, closedReason);
  };
  const answer = leaf.nodes.authenticator.authenticate(request);
  if (answer instanceof Promise) answer.then(settle, () => leaf.close(closedReasons.authenticationFailure));
  else settle(answer);
}

function takeNames(leaf: LeafConnection, { serverName, cluster, domain }: LeafConnect | LeafInfo): void {
  leaf.remoteName = serverName;
  leaf.remoteCluster = cluster;
  leaf.remoteDomain = domain;
}

/** `2.10.1` against `2.8.0`; a version that says nothing is none. */
function isAtLeast(version: string, wanted: string): boolean {
  const numbers = (text: string): number[] =>
    (/^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)?.slice(1) ?? []).map((part) => Number(part ?? 0));
  const [given, needed] = [numbers(version), numbers(wanted)];
  for (let index = 0; index < 3; index++) {
    const difference = (given[index] ?? 0) - (needed[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

// ---- whom this server connected to ---------------------------------------------------------------------------------------------

/** INFO of the hub that this server has connected to; from whoever connected here it means nothing. */
export function processLeafInfo(leaf: LeafConnection, json: string): void {
  const info = parseLeafInfo(json);
  if (info === undefined) return leaf.violate('INFO is not what it should be');
  const { remote } = leaf;
  // Whoever connects says INFO only to agree on compression, which is off.
  if (remote === null) return;
  if (!leaf.hasInfo) return takeFirstInfo(leaf, info);
  remote.discover(info);
  if (info.imported !== undefined || info.exported !== undefined) leaf.permissions.setFromHub(...withOwnRules(leaf, info));
  if (info.remoteAccount !== '') leaf.remoteAccount = info.remoteAccount;
  if (info.isAnswer && !leaf.isRegistered) finishSolicit(leaf);
}

function takeFirstInfo(leaf: LeafConnection, info: LeafInfo): void {
  const { remote, server } = leaf;
  if (remote === null) return;
  if (!info.isOfLeafPort) {
    leaf.log('ERR', WRONG_PORT);
    return leaf.close(closedReasons.wrongPort);
  }
  if (info.isTlsRequired && !leaf.isWebSocket && !leaf.transport.peer.isTls) return remote.secureNextTime(leaf);
  if (!isClusterName(info.cluster)) return leaf.refuse(SPACES_IN_NAME, closedReasons.protocolViolation);
  leaf.hasInfo = true;
  takeNames(leaf, info);
  leaf.nonce = info.nonce;
  leaf.hasHeaders = server.options.hasHeaders && info.hasHeaders;
  leaf.permissions.setFromHub(...withOwnRules(leaf, info));
  remote.discover(info);
  const login = remote.login(info.nonce);
  if (!login.ok) {
    leaf.log('ERR', login.error);
    return leaf.close(closedReasons.writeError);
  }
  leaf.send(renderLeafConnect(leaf, login.value));
  leaf.log('DBG', 'Remote leafnode connect msg sent');
  leaf.heartbeat.expectWithin(ANSWER_TIMEOUT_MS);
  if (!info.answersConnect) finishSolicit(leaf);
}

/** The hub's rules with what the configuration here denies. */
function withOwnRules(
  { remote }: LeafConnection,
  { exported, imported }: LeafInfo,
): Parameters<LeafConnection['permissions']['setFromHub']> {
  const { denyExports = [], denyImports = [] } = remote?.options ?? {};
  const merged = (rules: LeafInfo['exported'], denied: readonly string[]): LeafInfo['exported'] =>
    denied.length === 0 ? rules : { allow: rules?.allow ?? [], deny: [...(rules?.deny ?? []), ...denied] };
  return [merged(exported, denyExports), merged(imported, denyImports)];
}

function finishSolicit(leaf: LeafConnection): void {
  const { nodes, account } = leaf;
  if (account === null) return;
  if (leaf.remoteCluster !== '' && nodes.hasLeafsOf(account, leaf.remoteCluster)) return leaf.endLoop(true);
  if (account.leafCount >= (account.limits.maxLeafNodes ?? Number.POSITIVE_INFINITY)) {
    const { text, closedReason } = protocolErrors.maxAccountConnections;
    return leaf.refuse(text, closedReason);
  }
  nodes.register(leaf);
  nodes.beginInterest(leaf);
}

// ---- errors --------------------------------------------------------------------------------------------------------------------

/** `-ERR` of the other side: logged, and some decide when the next connection is tried. */
export function processLeafError(leaf: LeafConnection, text: string): void {
  leaf.log('ERR', `Leafnode Error ${text}`);
  if (text.includes(SAME_CLUSTER)) {
    leaf.remote?.delay(LONG_DELAY_MS);
    leaf.log(
      'ERR',
      `Leafnode connection dropped with same cluster name error. Delaying attempt to reconnect for ${LONG_DELAY_MS / 1000}s`,
    );
  } else if (text.includes(TOO_OLD)) {
    leaf.remote?.delay(MIN_VERSION_DELAY_MS);
    leaf.log('ERR', 'Leafnode connection dropped due to minimum version requirement. Delaying attempt to reconnect for 5s');
  } else if (text.includes(LOOP)) return leaf.endLoop(false);
  // A hub that has enough subscriptions goes on with those it has.
  if (!text.includes(protocolErrors.maxSubscriptions.text)) leaf.close(closedReasons.parseError);
}
