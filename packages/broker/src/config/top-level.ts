/** The keys of the top level. Source: nats-server server/opts.go processConfigFileLine. */
import { formatDuration, MAX_SUB_TOKENS, MIN_LAME_DUCK_DURATION_MS, msToNs } from '@sluice/protocol';
import { readAccounts } from './accounts.ts';
import { readTopAuthorization } from './authorization.ts';
import { clusterFields, gatewayFields } from './cluster.ts';
import {
  block,
  boolean,
  defineFields,
  duration,
  type FieldReader,
  type Fields,
  integer,
  listen,
  listenAt,
  readDuration,
  readInteger,
  readText,
  text,
} from './fields.ts';
import { goType } from './go-values.ts';
import { readJetStream, setStoreDir } from './jetstream.ts';
import { leafNodeFields } from './leafnodes.ts';
import { readMappings } from './mappings.ts';
import { mqttFields } from './mqtt.ts';
import { operatorField, pinnedAccountsField, resolverPreloadField, trustedKeysField } from './operator.ts';
import { readWriteTimeout } from './peer-fields.ts';
import { resolverField, resolverTlsField } from './resolver.ts';
import type { ServerSettings } from './settings.ts';
import { readTls } from './tls.ts';
import { miscellaneousFields } from './top-level-miscellaneous.ts';
import { webSocketFields } from './websocket.ts';

const MAX_INT32 = 2 ** 31 - 1;

type Reader = FieldReader<ServerSettings>;

/** An int64 that the server keeps in 32 bits. */
const int32 = (set: (draft: ServerSettings, value: number) => void): Reader => {
  return (node, draft, report, key) => {
    const value = readInteger(node, report);
    if (value === undefined) return;
    if (value > MAX_INT32) report.error(node, `${key} value is too big`);
    else set(draft, value);
  };
};

const listenFields: Readonly<Record<string, Reader>> = {
  ...listenAt(),
  client_advertise: text((draft, value) => {
    draft.clientAdvertise = value;
  }),
  server_name: (node, draft, report, key) => {
    text<ServerSettings>((target, value) => {
      if (value.includes(' ')) report.error(node, 'server name cannot contain spaces');
      else target.serverName = value;
    })(node, draft, report, key);
  },
  http: listen((draft, at) => {
    draft.monitorHost = at.host;
    draft.monitorPort = at.port;
  }),
  https: listen((draft, at) => {
    draft.monitorHost = at.host;
    draft.monitorTlsPort = at.port;
  }),
  'http_port monitor_port': integer((draft, value) => {
    draft.monitorPort = value;
  }),
  https_port: integer((draft, value) => {
    draft.monitorTlsPort = value;
  }),
  http_base_path: text((draft, value) => {
    draft.monitorBasePath = value;
  }),
};

const limitFields: Readonly<Record<string, Reader>> = {
  max_control_line: int32((draft, value) => {
    draft.maxControlLineBytes = value;
  }),
  max_payload: int32((draft, value) => {
    draft.maxPayloadBytes = value;
  }),
  max_pending: integer((draft, value) => {
    draft.maxPendingBytes = value;
  }),
  'max_connections max_conn': integer((draft, value) => {
    draft.maxConnections = value === 0 ? -1 : value;
  }),
  'max_subscriptions max_subs': integer((draft, value) => {
    draft.maxSubscriptions = value;
  }),
  'max_sub_tokens max_subscription_tokens': (node, draft, report, key) => {
    const value = readInteger(node, report);
    if (value === undefined) return;
    if (value > MAX_SUB_TOKENS) report.error(node, `${key} value is too big`);
    else if (value <= 0) report.error(node, `${key} value can not be negative`);
    else draft.maxSubTokens = value;
  },
  max_closed_clients: integer((draft, value) => {
    draft.maxClosedClients = value;
  }),
  ping_interval: duration('ping_interval', (draft, ms) => {
    draft.pingIntervalMs = ms;
  }),
  ping_max: integer((draft, value) => {
    draft.pingMax = value;
  }),
  write_deadline: duration('write_deadline', (draft, ms) => {
    draft.writeDeadlineMs = ms;
  }),
  write_timeout: (node, draft, report) => {
    const policy = readWriteTimeout(node, report);
    if (policy === undefined) return;
    draft.features.writeTimeout = policy;
  },
  lame_duck_duration: (node, draft, report) => {
    const ms = readText(node, report) === undefined ? undefined : readDuration(node, 'lame_duck_duration', report);
    if (ms === undefined) return;
    if (ms >= MIN_LAME_DUCK_DURATION_MS) draft.lameDuckDurationMs = ms;
    else report.error(node, `invalid lame_duck_duration of ${formatDuration(msToNs(ms))}, minimum is 30 seconds`);
  },
  lame_duck_grace_period: (node, draft, report) => {
    const ms = readText(node, report) === undefined ? undefined : readDuration(node, 'lame_duck_grace_period', report);
    if (ms === undefined) return;
    if (ms >= 0) draft.lameDuckGracePeriodMs = ms;
    else report.error(node, 'invalid lame_duck_grace_period, needs to be positive');
  },
};

const logFields: Readonly<Record<string, Reader>> = {
  debug: boolean((draft, value) => {
    draft.log.isDebug = value;
  }),
  trace: boolean((draft, value) => {
    draft.log.isTrace = value;
  }),
  trace_verbose: boolean((draft, value) => {
    draft.log.isTraceVerbose = value;
    draft.log.isTrace = value;
  }),
  trace_headers: (node, draft, report, key) => {
    boolean<ServerSettings>((target, value) => {
      target.log.isTrace = value;
      target.log.hasTraceHeaders = value;
    })(node, draft, report, key);
  },
  logtime: boolean((draft, value) => {
    draft.log.hasTime = value;
  }),
  logtime_utc: boolean((draft, value) => {
    draft.log.isUtc = value;
  }),
  'logfile log_file': text((draft, value) => {
    draft.log.file = value;
  }),
  'logfile_size_limit log_size_limit': integer((draft, value) => {
    draft.log.sizeLimitBytes = value;
  }),
  'logfile_max_num log_max_num': integer((draft, value) => {
    draft.log.maxFiles = value;
  }),
  syslog: boolean((draft, value) => {
    draft.log.isSyslog = value;
  }),
  remote_syslog: text((draft, value) => {
    draft.log.remoteSyslog = value;
  }),
  max_traced_msg_len: integer((draft, value) => {
    draft.log.maxTracedMessageChars = value;
  }),
  'pidfile pid_file': text((draft, value) => {
    draft.pidFile = value;
  }),
  ports_file_dir: text((draft, value) => {
    draft.portsFileDir = value;
  }),
};

const identityFields: Readonly<Record<string, Reader>> = {
  authorization: (node, draft, report) => readTopAuthorization(node, draft, report),
  accounts: (node, draft, report) => readAccounts(node, draft, report),
  'mappings maps': (node, draft, report) => {
    draft.globalMappings = readMappings(node, report);
  },
  no_auth_user: text((draft, value) => {
    draft.noAuthUser = value;
  }),
  // Read before everything else, by `readConfig`.
  'system_account system': () => undefined,
  'no_system_account no_system no_sys_acc': boolean((draft, value) => {
    draft.noSystemAccount = value;
  }),
  no_header_support: boolean((draft, value) => {
    draft.noHeaderSupport = value;
  }),
  'operator operators roots root root_operators root_operator': operatorField,
  'trusted trusted_keys': trustedKeysField,
  'resolver account_resolver accounts_resolver': resolverField,
  resolver_preload: resolverPreloadField,
  resolver_pinned_accounts: pinnedAccountsField,
  resolver_tls: resolverTlsField,
};

const listenerBlocks: Readonly<Record<string, Reader>> = {
  'websocket ws': (node, draft, report, key) => {
    block(
      () => webSocketFields,
      (target: ServerSettings) => {
        target.websocket ??= {};
        return target.websocket;
      },
      (name) => `Expected websocket to be a map, got ${name}`,
    )(node, draft, report, key);
  },
  cluster: peerBlock(
    'cluster',
    () => clusterFields,
    (name) => `Expected map to define cluster, got ${name}`,
  ),
  gateway: peerBlock(
    'gateway',
    () => gatewayFields,
    (name) => `Expected gateway to be a map, got ${name}`,
  ),
  'leaf leafnodes': peerBlock(
    'leafnodes',
    () => leafNodeFields,
    (name) => `Expected map to define a leafnode, got ${name}`,
  ),
  mqtt: peerBlock(
    'mqtt',
    () => mqttFields,
    (name) => `Expected mqtt to be a map, got ${name}`,
  ),
  jetstream: (node, draft, report) => {
    draft.features.jetstream ??= {};
    report.wrongTypesAt = node;
    readJetStream(node, draft.features.jetstream, report);
    report.wrongTypesAt = undefined;
  },
  'store_dir storedir': (node, draft, report) => {
    draft.features.jetstream ??= {};
    setStoreDir(node, draft.features.jetstream, report);
  },
  tls: (node, draft, report) => {
    const tls = readTls(node, report);
    if (tls === undefined) return;
    draft.features.tls = tls;
  },
  allow_non_tls: boolean((draft, value) => {
    draft.features.allowNonTls = value;
  }),
};

/** A block that is read into a group of the features; but for `cluster` and `leafnodes` it is not acted on. */
function peerBlock<K extends 'cluster' | 'gateway' | 'leafnodes' | 'mqtt'>(
  name: K,
  fields: () => Fields<NonNullable<ServerSettings['features'][K]>>,
  say: (goTypeName: string) => string,
): Reader {
  return (node, draft, report, key) => {
    if (node.value.kind !== 'map') return report.error(node, say(goType(node.value)));
    const settings: NonNullable<ServerSettings['features'][K]> = draft.features[name] ?? {};
    block(fields, () => settings, say)(node, draft, report, key);
    draft.features[name] = settings;
    if (name !== 'cluster' && name !== 'leafnodes') report.notYet(node, name);
  };
}

/** All keys of the top level. */
export const topLevelFields: Fields<ServerSettings> = defineFields<ServerSettings>({
  ...listenFields,
  ...limitFields,
  ...logFields,
  ...identityFields,
  ...listenerBlocks,
  ...miscellaneousFields,
});
