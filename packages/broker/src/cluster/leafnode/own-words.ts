/** INFO and CONNECT as this server says them to leaf nodes and hubs. Source: nats-server server/leafnode.go, and 2.15.1 on the wire. */
import type { ConnectOptions } from '@sluice/protocol';
import { introductionOf } from '../../server.ts';
import { reportedVersion } from '../../version.ts';
import { shownRules } from '../facts.ts';
import { toWire } from '../peer-words.ts';
import type { LeafConnection } from './leaf-connection.ts';

/** Traces of messages are not followed. Source: nats-server server/server.go RouteProtoV2. */
const PROTOCOL = 2;
/** Features of JetStream, as INFO tells clients. */
const API_LEVEL = 5;

/** The first words to whoever connects. */
export function renderLeafInfo(leaf: LeafConnection): string {
  return infoLine({ ...common(leaf), nonce: leaf.nonce, compression: 'off', ...rest(leaf) });
}

/** The answer to CONNECT: the account, and what may pass. */
export function renderConnectAnswer(leaf: LeafConnection): string {
  const { server, account, permissions } = leaf;
  const { imported, exported } = permissions.told;
  return infoLine({
    ...common(leaf),
    ...(imported === undefined ? {} : { import: shownRules(imported) }),
    ...(exported === undefined ? {} : { export: shownRules(exported) }),
    connect_info: true,
    remote_account: account?.name ?? '',
    ...(account !== null && account === server.systemAccount ? { acc_is_sys: true } : {}),
    ...rest(leaf),
  });
}

/** Other addresses for leaf nodes. */
export function renderLeafNews(leaf: LeafConnection): string {
  return infoLine({ ...common(leaf), ...rest(leaf) });
}

function common(leaf: LeafConnection): object {
  const { server, nodes } = leaf;
  const { options } = server;
  const { listen } = nodes.options;
  const domain = nodes.domain;
  return {
    ...introductionOf(server, PROTOCOL),
    host: nodes.urls.host,
    port: nodes.urls.port,
    headers: options.hasHeaders,
    auth_required: true,
    ...(listen?.tls === undefined || leaf.isWebSocket ? {} : { tls_required: true }),
    ...(listen?.tls?.verify === true && !leaf.isWebSocket ? { tls_verify: true } : {}),
    max_payload: options.maxPayloadBytes,
    ...(server.hasJetStream ? { jetstream: true } : {}),
    ip: nodes.urls.own,
    client_id: leaf.cid,
    ...(nodes.clusterName === '' ? {} : { cluster: nodes.clusterName }),
    ...(domain === '' ? {} : { domain }),
  };
}

function rest({ nodes, server }: LeafConnection): object {
  const webSocketUrls = server.cluster?.clientUrlList(true, false) ?? [];
  return {
    api_lvl: API_LEVEL,
    info_on_connect: true,
    leafnode_urls: nodes.urls.list(),
    ...(webSocketUrls.length === 0 ? {} : { ws_connect_urls: webSocketUrls }),
  };
}

function infoLine(info: object): string {
  return `INFO ${toWire(info)} \r\n`;
}

/** What this server says to a hub whose INFO has come. */
export function renderLeafConnect(leaf: LeafConnection, login: Partial<ConnectOptions>): string {
  const { server, nodes, remote, account } = leaf;
  const { domain, clusterName } = nodes;
  const denied = remote?.options.denyImports ?? [];
  const connect = {
    version: reportedVersion,
    ...login,
    server_id: server.id,
    ...(domain === '' ? {} : { domain }),
    name: server.name,
    ...(remote?.options.isHub === true ? { is_hub: true } : {}),
    ...(clusterName === '' ? {} : { cluster: clusterName }),
    ...(leaf.hasHeaders ? { headers: true } : {}),
    ...(account !== null && server.jetstream?.hasAccount(account.name) === true ? { jetstream: true } : {}),
    ...(denied.length === 0 ? {} : { deny_pub: denied }),
    ...(remote?.options.asksIsolation === true ? { isolate: true } : {}),
    compress_mode: 'off',
    remote_account: account?.name ?? '',
    protocol: PROTOCOL,
  };
  return `CONNECT ${toWire(connect)}\r\n`;
}
