/** Lays the flags of a command line over the settings of a file. Source: nats-server server/opts.go ConfigureOptions, overrideTLS, overrideCluster. */
import type { ConfigSources } from '@sluice/protocol/config';
import { splitHostPort } from '../config/fields.ts';
import type { ServerSettings } from '../config/index.ts';
import { certificateProblem } from '../config/tls.ts';
import type { FlagName } from './flag-table.ts';
import type { FlagValue } from './parse-flags.ts';

export interface FlagContext {
  readonly readFile: ConfigSources['readFile'];
}

type Values = ReadonlyMap<FlagName, FlagValue>;
type Apply = (settings: ServerSettings, value: FlagValue, context: FlagContext) => void;

/** Changes `settings`; returns what is wrong, or undefined. */
export function applyFlags(settings: ServerSettings, values: Values, context: FlagContext): string | undefined {
  for (const [name, value] of values) appliers[name]?.(settings, value, context);
  return applyCluster(settings, values) ?? applyTls(settings, values, context) ?? routesProblem(settings, values);
}

const asText = (set: (settings: ServerSettings, value: string) => void): Apply => {
  return (settings, value) => {
    if (typeof value === 'string') set(settings, value);
  };
};
const asNumber = (set: (settings: ServerSettings, value: number) => void): Apply => {
  return (settings, value) => {
    if (typeof value === 'number') set(settings, value);
  };
};
const asBoolean = (set: (settings: ServerSettings, value: boolean) => void): Apply => {
  return (settings, value) => {
    if (typeof value === 'boolean') set(settings, value);
  };
};

/** Flags that stand for one setting each; the others are looked at together below. */
const appliers: Partial<Record<FlagName, Apply>> = {
  host: asText((settings, value) => {
    settings.host = value;
  }),
  port: asNumber((settings, value) => {
    settings.port = value;
  }),
  serverName: asText((settings, value) => {
    settings.serverName = value;
  }),
  clientAdvertise: asText((settings, value) => {
    settings.clientAdvertise = value;
  }),
  debug: asBoolean((settings, value) => {
    settings.log.isDebug = value;
  }),
  trace: asBoolean((settings, value) => {
    settings.log.isTrace = value;
  }),
  verboseTrace: asBoolean((settings, value) => {
    settings.log.isTrace = value;
    settings.log.isTraceVerbose = value;
  }),
  debugAndTrace: asBoolean((settings, value) => {
    settings.log.isDebug = value;
    settings.log.isTrace = value;
  }),
  debugAndVerboseTrace: asBoolean((settings, value) => {
    settings.log.isDebug = value;
    settings.log.isTrace = value;
    settings.log.isTraceVerbose = value;
  }),
  logtime: asBoolean((settings, value) => {
    settings.log.hasTime = value;
  }),
  logtimeUtc: asBoolean((settings, value) => {
    settings.log.isUtc = value;
  }),
  user: asText((settings, value) => {
    settings.authorization.user = value;
  }),
  password: asText((settings, value) => {
    settings.authorization.password = value;
  }),
  token: asText((settings, value) => {
    settings.authorization.token = value;
  }),
  httpPort: asNumber((settings, value) => {
    settings.monitorPort = value;
  }),
  httpsPort: asNumber((settings, value) => {
    settings.monitorTlsPort = value;
  }),
  pidFile: asText((settings, value) => {
    settings.pidFile = value;
  }),
  portsFileDir: asText((settings, value) => {
    settings.portsFileDir = value;
  }),
  logFile: asText((settings, value) => {
    settings.log.file = value;
  }),
  logSizeLimit: asNumber((settings, value) => {
    settings.log.sizeLimitBytes = value;
  }),
  syslog: asBoolean((settings, value) => {
    settings.log.isSyslog = value;
  }),
  remoteSyslog: asText((settings, value) => {
    settings.log.remoteSyslog = value;
  }),
  maxTracedMessageLength: asNumber((settings, value) => {
    settings.log.maxTracedMessageChars = value;
  }),
  profilePort: asNumber((settings, value) => {
    settings.profilePort = value;
  }),
  jetstream: (settings, value) => {
    if (typeof value !== 'boolean') return;
    settings.features.jetstream = { ...settings.features.jetstream, isEnabled: value };
  },
  storeDir: asText((settings, value) => {
    settings.features.jetstream = { ...settings.features.jetstream, storeDir: value };
  }),
};

function applyCluster(settings: ServerSettings, values: Values): string | undefined {
  const name = values.get('clusterName');
  const advertise = values.get('clusterAdvertise');
  const noAdvertise = values.get('noAdvertise');
  const retries = values.get('connectRetries');
  const routes = values.get('routes');
  const listen = values.get('clusterListen');
  if ([name, advertise, noAdvertise, retries, routes, listen].every((value) => value === undefined)) return undefined;
  const cluster = { ...settings.features.cluster };
  settings.features.cluster = cluster;
  if (typeof name === 'string') cluster.name = name;
  if (typeof advertise === 'string') cluster.advertise = advertise;
  if (typeof noAdvertise === 'boolean') cluster.noAdvertise = noAdvertise;
  if (typeof retries === 'number') cluster.connectRetries = retries;
  if (typeof routes === 'string') cluster.routes = routes === '' ? [] : routes.split(',').map((route) => route.trim());
  if (listen === '') cluster.port = 0;
  if (typeof listen === 'string' && listen !== '') {
    const at = readClusterUrl(listen);
    if (typeof at === 'string') return at;
    Object.assign(cluster, at);
  }
  return undefined;
}

interface ClusterAddress {
  host: string;
  port: number;
  user: string;
  password: string;
}

/** `nats://user:pass@host:port`, where the port may be -1. */
function readClusterUrl(text: string): ClusterAddress | string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#@]*)@)?([^/?#]*)/i.exec(text);
  if (match === null) {
    if (text.startsWith(':')) return `parse ${JSON.stringify(text)}: missing protocol scheme`;
    return 'missing port in address';
  }
  const [, , login, address = ''] = match;
  const isRandom = address.endsWith(':-1');
  const split = splitHostPort(isRandom ? `${address.slice(0, -3)}:0` : address);
  if (split === undefined) return `address ${address}: missing port in address`;
  if (!/^\d{1,9}$/.test(split.port))
    return `parse ${JSON.stringify(text)}: invalid port ${JSON.stringify(`:${split.port}`)} after host`;
  const [user = '', password] = (login ?? '').split(':');
  if (login !== undefined && password === undefined) return 'expected cluster password to be set';
  return {
    host: split.host,
    port: isRandom ? -1 : Number(split.port),
    user: percentDecoded(user),
    password: percentDecoded(password ?? ''),
  };
}

/** Text whose escapes are broken stays as it is. */
function percentDecoded(text: string): string {
  const bytes = new URLSearchParams(`text=${text.replaceAll('+', '%2B').replaceAll('&', '%26')}`);
  return bytes.get('text') ?? text;
}

function applyTls(settings: ServerSettings, values: Values, context: FlagContext): string | undefined {
  const isOn = values.get('tls');
  if (isOn === false) {
    delete settings.features.tls;
    return undefined;
  }
  const names = ['tlsCert', 'tlsKey', 'tlsCaCert', 'tlsVerify'] as const;
  if (isOn === undefined && !names.some((name) => values.has(name))) return undefined;
  const [certFile, keyFile, caFile] = [values.get('tlsCert'), values.get('tlsKey'), values.get('tlsCaCert')];
  if (typeof certFile !== 'string' || certFile === '') return 'TLS Server certificate must be present and valid';
  if (typeof keyFile !== 'string' || keyFile === '') return 'TLS Server private key must be present and valid';
  settings.features.tls = {
    certFile,
    keyFile,
    ...(typeof caFile === 'string' && caFile !== '' ? { caFile } : {}),
    verify: values.get('tlsVerify') === true,
  };
  return certificateProblem(settings.features.tls, context);
}

function routesProblem({ features: { cluster } }: ServerSettings, values: Values): string | undefined {
  const routes = values.get('routes');
  const isListening = (cluster?.host ?? '') !== '' || (cluster?.port ?? 0) !== 0 || values.has('clusterListen');
  if (typeof routes !== 'string' || routes === '' || isListening) return undefined;
  return 'solicited routes require cluster capabilities, e.g. --cluster';
}
