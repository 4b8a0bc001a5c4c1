/** `/leafz` and LEAFZ: every connection across a leaf node; and what `/varz` tells of them. Source: nats-server server/monitor.go Leafz. */
import { formatDuration, type LeafInfo, type LeafVarz, type Leafz, type RemoteLeafVarz, usToTimestamp } from '@sluice/protocol';
import { GLOBAL_ACCOUNT } from '../account/accounts.ts';
import type { LeafConnectionFacts } from '../cluster/facts.ts';
import type { LeafListenOptions, LeafRemoteOptions } from '../options.ts';
import type { Server } from '../server.ts';
import { fromWireText } from './wire-text.ts';

const AUTH_TIMEOUT_MS = 2000;
const TLS_TIMEOUT_MS = 2000;

export interface LeafzOptions {
  readonly withSubscriptions: boolean;
  /** Only connections of this account; empty for all. */
  readonly account: string;
}

/** `/leafz`. Source: nats-server server/monitor.go Leafz. */
export function buildLeafz(server: Server, options: LeafzOptions): Leafz {
  const all = server.leafs?.connections() ?? [];
  const leafs = options.account === '' ? all : all.filter(({ accountName }) => accountName === options.account);
  return {
    server_id: server.id,
    now: usToTimestamp(server.env.clock.nowUs()),
    leafnodes: leafs.length,
    leafs: leafs.map((leaf) => leafInfo(leaf, options)),
  };
}

function leafInfo(leaf: LeafConnectionFacts, { withSubscriptions }: LeafzOptions): LeafInfo {
  const subscriptions = withSubscriptions ? leaf.subscriptions() : [];
  return {
    id: leaf.cid,
    name: leaf.remoteName,
    is_spoke: leaf.isSpoke,
    ...(leaf.isIsolated ? { is_isolated: true } : {}),
    account: leaf.accountName,
    ip: leaf.address,
    port: leaf.port,
    ...(leaf.rttUs > 0 ? { rtt: formatDuration(leaf.rttUs * 1000) } : {}),
    in_msgs: leaf.inMessages,
    out_msgs: leaf.outMessages,
    in_bytes: leaf.inBytes,
    out_bytes: leaf.outBytes,
    subscriptions: leaf.subscriptionCount,
    ...(subscriptions.length === 0 ? {} : { subscriptions_list: subscriptions.map(({ subject }) => fromWireText(subject)) }),
    compression: 'off',
  };
}

/** The `leaf` block of `/varz`. */
export function leafVarz({ options, leafs }: Server): LeafVarz {
  const { listen, remotes = [] } = options.leaf ?? {};
  return {
    ...(listen === undefined ? {} : listenVarz(listen, leafs?.port ?? 0)),
    ...(remotes.length === 0 ? {} : { remotes: remotes.map(remoteVarz) }),
    ...(leafs?.tlsNotAfterMs === undefined ? {} : { tls_cert_not_after: usToTimestamp(leafs.tlsNotAfterMs * 1000) }),
  };
}

function listenVarz({ host, port, authTimeoutMs, tls }: LeafListenOptions, actualPort: number): LeafVarz {
  const tlsTimeoutMs = tls?.timeoutMs ?? TLS_TIMEOUT_MS;
  return {
    host,
    port: actualPort === 0 ? port : actualPort,
    auth_timeout: (authTimeoutMs ?? (tls === undefined ? AUTH_TIMEOUT_MS : tlsTimeoutMs + 1000)) / 1000,
    tls_timeout: tlsTimeoutMs / 1000,
    ...(tls === undefined ? {} : { tls_required: true }),
    ...(tls?.verify === true ? { tls_verify: true } : {}),
  };
}

function remoteVarz({ account, urls, tls, denyImports = [], denyExports = [] }: LeafRemoteOptions): RemoteLeafVarz {
  const deny = {
    ...(denyExports.length === 0 ? {} : { exports: [...denyExports] }),
    ...(denyImports.length === 0 ? {} : { imports: [...denyImports] }),
  };
  return {
    local_account: account ?? GLOBAL_ACCOUNT,
    ...(tls === undefined ? {} : { tls_timeout: (tls.timeoutMs ?? TLS_TIMEOUT_MS) / 1000 }),
    // Neither scheme nor credentials are shown.
    urls: urls.map((url) =>
      url
        .replace(/^[^:/]*:\/\//, '')
        .replace(/^[^/]*@/, '')
        .replace(/\/.*$/, ''),
    ),
    ...(Object.keys(deny).length === 0 ? {} : { deny }),
  };
}
