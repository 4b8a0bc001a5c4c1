/** The `cluster` and `gateway` blocks. Source: nats-server server/opts.go parseCluster, parseGateway. */
import type { ClusterSettings, GatewaySettings } from './feature-settings.ts';
import { boolean, defineFields, type FieldReader, integer, readDuration, readFields, strings, text } from './fields.ts';
import { goText, goType } from './go-values.ts';
import {
  advertiseField,
  checkUrl,
  compressionField,
  listenFields,
  noAdvertiseField,
  peerAuthorization,
  readUrls,
  retryFields,
} from './peer-fields.ts';
import { readPermissions } from './permissions.ts';
import type { ConfigReport } from './report.ts';
import { readTls } from './tls.ts';

/** Modes that ask for no compression by themselves. */
const UNCOMPRESSED: readonly string[] = ['off', 'accept', 'disabled', 'false', 'not supported', ''];
/** A longer `ping_interval` of routes is cut to this. */
const MAX_ROUTE_PING_MS = 30_000;

/** A name without blanks; `what` begins the error text. */
function nameField<D extends { name?: string }>(what: string): FieldReader<D> {
  return (node, draft, report, key) => {
    text<D>((target, value) => {
      if (value.includes(' ')) report.error(node, `${what} name cannot contain spaces`);
      else target.name = value;
    })(node, draft, report, key);
  };
}

const peerTls: FieldReader<ClusterSettings | GatewaySettings> = (node, draft, report) => {
  const tls = readTls(node, report, true);
  if (tls !== undefined) draft.tls = tls;
};

export const clusterFields = defineFields<ClusterSettings>({
  ...listenFields,
  ...retryFields,
  name: nameField('cluster'),
  authorization: peerAuthorization('Cluster', (node, key, report: ConfigReport) => {
    report.misuse(node, key, 'setting "permissions" within cluster authorization block is deprecated');
  }),
  routes: (node, draft, report) => {
    draft.routes = readUrls(node, 'route', report);
  },
  tls: (node, draft, report, key) => {
    peerTls(node, draft, report, key);
    // Both let in only servers whose certificates name them.
    const { verifyAndMap, checkKnownUrls } = draft.tls ?? {};
    if (verifyAndMap === true || checkKnownUrls === true) {
      report.notYet(node, 'mapping of certificates of routes', { isFatal: true });
    }
  },
  'cluster_advertise advertise': advertiseField,
  no_advertise: noAdvertiseField,
  permissions: (node, draft, report) => {
    const permissions = readPermissions(node, report, false);
    if (permissions === undefined) return;
    if (permissions.allowResponses !== undefined) {
      return report.error(node, 'Cluster permissions do not support dynamic responses');
    }
    draft.permissions = permissions;
  },
  pool_size: integer((draft, value) => {
    draft.poolSize = value;
  }),
  accounts: strings('accounts', (draft, values) => {
    draft.accounts = values;
  }),
  compression: (node, draft, report, key) => {
    compressionField(node, draft, report, key);
    const { mode = 'accept' } = draft.compression ?? {};
    if (!UNCOMPRESSED.includes(mode.toLowerCase())) report.notYet(node, 'compression of routes');
  },
  ping_interval: (node, draft, report) => {
    const ms = readDuration(node, 'ping_interval', report);
    if (ms === undefined) return;
    if (ms > MAX_ROUTE_PING_MS) {
      report.warning(node, "Cluster 'ping_interval' will reset to 30s which is the max for routes");
    }
    draft.pingIntervalMs = ms;
  },
  ping_max: integer((draft, value) => {
    draft.pingMax = value;
  }),
});

type RemoteGateway = NonNullable<GatewaySettings['gateways']>[number];

const remoteGatewayFields = defineFields<RemoteGateway>({
  name: text((draft, value) => {
    draft.name = value;
  }),
  tls: (node, draft, report) => {
    const tls = readTls(node, report, true);
    if (tls !== undefined) draft.tls = tls;
  },
  url: (node, draft, report, key) => {
    text<RemoteGateway>((target, value) => {
      if (checkUrl(value, 'gateway', node, report)) target.urls.push(value);
    })(node, draft, report, key);
  },
  urls: (node, draft, report) => {
    draft.urls = readUrls(node, 'gateway', report);
  },
});

export const gatewayFields = defineFields<GatewaySettings>({
  ...listenFields,
  ...retryFields,
  name: nameField('gateway'),
  authorization: peerAuthorization('Gateway'),
  tls: peerTls,
  advertise: advertiseField,
  gateways: (node, draft, report) => {
    if (node.value.kind !== 'array') {
      return report.error(undefined, `Expected gateways field to be an array, got ${goType(node.value)}`);
    }
    draft.gateways = node.value.items.flatMap((item) => {
      if (item.value.kind !== 'map') {
        report.error(item, `Expected gateway entry to be a map/struct, got ${goText(item.value)}`);
        return [];
      }
      const remote: RemoteGateway = { urls: [] };
      readFields(remoteGatewayFields, item.value, remote, report);
      return [remote];
    });
  },
  'reject_unknown reject_unknown_cluster': boolean((draft, value) => {
    draft.rejectUnknown = value;
  }),
});
