/** The `leafnodes` block → what the broker takes. Source: nats-server server/opts.go setBaselineOptions. */
import type { LeafListenOptions, LeafOptions, LeafRemoteOptions, TlsOptions } from '../options.ts';
import type { LeafNodeSettings, LeafRemoteSettings, TlsSettings } from './feature-settings.ts';

/** How a block of TLS settings and a port become options; given, because other listeners share them. */
export interface LeafConversions {
  readonly tls: (settings: TlsSettings | undefined) => TlsOptions | undefined;
  /** Also without a certificate of its own: whoever connects may have none. */
  readonly dialingTls: (settings: TlsSettings | undefined) => TlsOptions | undefined;
  readonly port: (port: number) => number;
  readonly defaultHost: string;
}

/** Undefined where nothing is listened on and nothing connected to. */
export function toLeafOptions(settings: LeafNodeSettings | undefined, convert: LeafConversions): LeafOptions | undefined {
  const { port = 0, remotes = [], reconnectMs = 0, dialTimeoutMs = 0, writeDeadlineMs = 0, isolateInterest } = settings ?? {};
  if (settings === undefined || (port === 0 && remotes.length === 0)) return undefined;
  return {
    ...(port === 0 ? {} : { listen: toListen(settings, port, convert) }),
    remotes: remotes.map((remote) => toRemote(remote, convert)),
    ...(reconnectMs > 0 ? { reconnectMs } : {}),
    ...(dialTimeoutMs > 0 ? { dialTimeoutMs } : {}),
    ...(writeDeadlineMs > 0 ? { writeDeadlineMs } : {}),
    ...(isolateInterest === true ? { isolatesInterest: true } : {}),
  };
}

function toListen(settings: LeafNodeSettings, port: number, convert: LeafConversions): LeafListenOptions {
  const {
    host = '',
    advertise = '',
    user = '',
    nkey = '',
    account = '',
    users = [],
    authTimeoutMs = 0,
    minVersion = '',
  } = settings;
  const tls = convert.tls(settings.tls);
  return {
    host: host === '' ? convert.defaultHost : host,
    port: convert.port(port),
    ...(advertise === '' ? {} : { advertise }),
    ...(settings.noAdvertise === true ? { noAdvertise: true } : {}),
    ...(user === '' ? {} : { user, password: settings.password ?? '' }),
    ...(nkey === '' ? {} : { nkey }),
    ...(account === '' ? {} : { account }),
    ...(users.length === 0 ? {} : { users }),
    ...(authTimeoutMs > 0 ? { authTimeoutMs } : {}),
    ...(tls === undefined ? {} : { tls }),
    ...(minVersion === '' ? {} : { minVersion }),
  };
}

function toRemote(remote: LeafRemoteSettings, convert: LeafConversions): LeafRemoteOptions {
  const { account = '', credentials = '', nkeySeed = '', denyImports = [], denyExports = [] } = remote;
  const { firstInfoTimeoutMs = 0, dialTimeoutMs = 0 } = remote;
  const tls = convert.dialingTls(remote.tls);
  return {
    urls: remote.urls,
    ...(account === '' ? {} : { account }),
    ...(credentials === '' ? {} : { credentialsFile: credentials }),
    ...(nkeySeed === '' ? {} : { nkeySeed }),
    ...(tls === undefined ? {} : { tls }),
    ...(remote.isHub === true ? { isHub: true } : {}),
    ...(remote.noRandomize === true ? { keepsOrder: true } : {}),
    ...(denyImports.length === 0 ? {} : { denyImports }),
    ...(denyExports.length === 0 ? {} : { denyExports }),
    ...(remote.isDisabled === true ? { isDisabled: true } : {}),
    ...(remote.isIsolated === true ? { isIsolated: true } : {}),
    ...(remote.asksIsolation === true ? { asksIsolation: true } : {}),
    ...(firstInfoTimeoutMs > 0 ? { firstInfoTimeoutMs } : {}),
    ...(dialTimeoutMs > 0 ? { dialTimeoutMs } : {}),
    ...(remote.ignoresDiscovered === true ? { ignoresDiscovered: true } : {}),
  };
}
