/** The `leafnodes` block. Source: nats-server server/opts.go parseLeafNodes, parseRemoteLeafNodes. */
import { decodePublicNkey } from '@sluice/protocol';
import type { ConfigNode } from '@sluice/protocol/config';
import { timeoutField } from './authorization.ts';
import type { LeafNodeSettings, LeafRemoteSettings } from './feature-settings.ts';
import { boolean, defineFields, duration, type FieldReader, readFields, text, wrongType } from './fields.ts';
import { goText, goType } from './go-values.ts';
import { advertiseField, checkUrl, compressionField, listenFields, noAdvertiseField, readUrls } from './peer-fields.ts';
import { readSubjects } from './permissions.ts';
import { type ConfigReport, quoted } from './report.ts';
import { readTls } from './tls.ts';

export const leafNodeFields = defineFields<LeafNodeSettings>({
  ...listenFields,
  authorization: (node, draft, report) => readLeafAuthorization(node, draft, report),
  remotes: (node, draft, report) => {
    if (node.value.kind !== 'array') {
      return report.error(node, `Expected remotes field to be an array, got ${goType(node.value)}`);
    }
    draft.remotes = node.value.items.flatMap((item) => readRemote(item, report) ?? []);
  },
  'reconnect reconnect_delay reconnect_interval': duration('reconnect', (draft, ms) => {
    draft.reconnectMs = ms;
  }),
  dial_timeout: duration('dial_timeout', (draft, ms) => {
    draft.dialTimeoutMs = ms;
  }),
  tls: (node, draft, report) => {
    const tls = readTls(node, report);
    if (tls === undefined) return;
    draft.tls = tls;
    // Leaf nodes would be let in as whoever they say.
    if (tls.verifyAndMap === true) report.notYet(node, 'mapping of certificates of leaf nodes', { isFatal: true });
  },
  'leafnode_advertise advertise': advertiseField,
  no_advertise: noAdvertiseField,
  'min_version minimum_version': (node, draft, report, key) => {
    text<LeafNodeSettings>((target, value) => {
      const problem = minVersionProblem(value);
      if (problem === undefined) target.minVersion = value;
      else report.error(node, problem);
    })(node, draft, report, key);
  },
  compression: (node, draft, report, key) => leafCompression(node, draft, report, key),
  'isolate_leafnode_interest isolate': boolean((draft, value) => {
    draft.isolateInterest = value;
  }),
});

function minVersionProblem(version: string): string | undefined {
  const match = /^v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?/.exec(version);
  if (match === null) return "invalid leafnode's minimum version: invalid semver";
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 2 || (major === 2 && minor >= 8) ? undefined : 'the minimum version should be at least 2.8.0';
}

/** Letting in leaf nodes without asking for a proxy's word would be less than the configuration says. */
const proxyRequired: FieldReader<unknown> = (node, draft, report, key) => {
  boolean<unknown>(() => undefined)(node, draft, report, key);
  if (node.value.kind === 'boolean' && node.value.value) {
    report.notYet(node, 'proxy_required of leaf nodes', { isFatal: true });
  }
};

const leafAuthorizationFields = defineFields<LeafNodeSettings>({
  'user username': text((draft, value) => {
    draft.user = value;
  }),
  'pass password': text((draft, value) => {
    draft.password = value;
  }),
  nkey: (node, draft, report, key) => {
    text<LeafNodeSettings>((target, value) => {
      if (decodePublicNkey(value)?.kind !== 'user') report.error(node, 'Not a valid public nkey for leafnode authorization');
      target.nkey = value;
    })(node, draft, report, key);
  },
  timeout: timeoutField('leafnode authorization config', (draft, ms) => {
    draft.authTimeoutMs = ms;
  }),
  users: (node, draft, report) => readLeafUsers(node, draft, report),
  account: text((draft, value) => {
    draft.account = value;
  }),
  proxy_required: proxyRequired,
});

function readLeafAuthorization(node: ConfigNode, draft: LeafNodeSettings, report: ConfigReport): void {
  if (node.value.kind !== 'map') {
    return wrongType(node, 'map[string]interface {}', report);
  }
  readFields(leafAuthorizationFields, node.value, draft, report);
  const users = draft.users ?? [];
  if (users.length === 0) return;
  if (draft.user !== undefined) return report.error(node, 'can not have a single user/pass and a users array');
  if (draft.nkey !== undefined) return report.error(node, 'can not have a single nkey and a users array');
  const twin = users.find(({ user }, index) => users.findIndex((other) => other.user === user) < index);
  if (twin !== undefined) report.error(node, `duplicate user ${quoted(twin.user)} detected in leafnode authorization`);
}

type LeafUser = NonNullable<LeafNodeSettings['users']>[number];

const leafUserFields = defineFields<LeafUser>({
  'user username': text((draft, value) => {
    draft.user = value;
  }),
  'pass password': text((draft, value) => {
    draft.password = value;
  }),
  account: text((draft, value) => {
    draft.account = value;
  }),
  proxy_required: proxyRequired,
});

function readLeafUsers(node: ConfigNode, draft: LeafNodeSettings, report: ConfigReport): void {
  if (node.value.kind !== 'array') {
    return report.error(node, `Expected users field to be an array, got ${goText(node.value)}`);
  }
  draft.users = node.value.items.flatMap((item) => {
    if (item.value.kind !== 'map') {
      report.error(item, `Expected user entry to be a map/struct, got ${goText(item.value)}`);
      return [];
    }
    const user: LeafUser = { user: '', password: '' };
    readFields(leafUserFields, item.value, user, report);
    return [user];
  });
}

function readRemote(node: ConfigNode, report: ConfigReport): LeafRemoteSettings | undefined {
  if (node.value.kind !== 'map') {
    report.error(node, `Expected remote leafnode entry to be a map/struct, got ${goText(node.value)}`);
    return undefined;
  }
  const remote: LeafRemoteSettings = { urls: [] };
  readFields(remoteFields, node.value, remote, report);
  if (remote.credentials !== undefined && remote.nkeySeed !== undefined) {
    report.error(node, 'Remote leafnode can not have both creds and nkey defined');
  }
  return remote;
}

/** Checked for its type; it concerns what this server does not do. */
const checkedBoolean: FieldReader<LeafRemoteSettings> = boolean(() => undefined);

/** Modes that ask for no compression by themselves. */
const UNCOMPRESSED: readonly string[] = ['off', 'accept', 'disabled', 'false', 'not supported', ''];

const leafCompression: FieldReader<LeafNodeSettings | LeafRemoteSettings> = (node, draft, report, key) => {
  compressionField(node, draft, report, key);
  const { mode = 's2_auto' } = draft.compression ?? {};
  if (!UNCOMPRESSED.includes(mode.toLowerCase())) report.notYet(node, 'compression of leaf node connections');
};

const remoteFields = defineFields<LeafRemoteSettings>({
  'no_randomize dont_randomize': boolean((draft, value) => {
    draft.noRandomize = value;
  }),
  'url urls': (node, draft, report) => {
    const { value } = node;
    if (value.kind === 'array') draft.urls = readUrls(node, 'leafnode', report);
    else if (value.kind === 'string') {
      if (checkUrl(value.text, 'leafnode', node, report)) draft.urls.push(value.text);
    } else report.error(node, `Expected remote leafnode url to be an array or string, got ${goText(value)}`);
  },
  'account local': text((draft, value) => {
    draft.account = value;
  }),
  'creds credentials': text((draft, value) => {
    draft.credentials = value;
  }),
  'nkey seed': (node, draft, report, key) => {
    text<LeafRemoteSettings>((target, value) => {
      if (/^SU[A-Z2-7]{56}$/.test(value)) target.nkeySeed = value;
      else report.error(node, `Remote leafnode nkey is not a valid seed: ${quoted(value)}`);
    })(node, draft, report, key);
  },
  tls: (node, draft, report) => {
    const tls = readTls(node, report);
    if (tls !== undefined) draft.tls = tls;
  },
  hub: boolean((draft, value) => {
    draft.isHub = value;
  }),
  'deny_imports deny_import': (node, draft, report) => {
    const subjects = readSubjects(node, false, report);
    if (subjects !== undefined) draft.denyImports = subjects;
  },
  'deny_exports deny_export': (node, draft, report) => {
    const subjects = readSubjects(node, false, report);
    if (subjects !== undefined) draft.denyExports = subjects;
  },
  'ws_compress ws_compression websocket_compress websocket_compression': (node, draft, report, key) => {
    checkedBoolean(node, draft, report, key);
    if (node.value.kind === 'boolean' && node.value.value) report.notYet(node, 'compression of leaf node connections');
  },
  'ws_no_masking websocket_no_masking': checkedBoolean,
  'jetstream_cluster_migrate js_cluster_migrate': (node, _draft, report) => {
    const { value } = node;
    if (value.kind !== 'boolean' && value.kind !== 'map') {
      return report.error(undefined, `Expected boolean or map for jetstream_cluster_migrate, got ${goType(value)}`);
    }
    // Streams are on one server here: there is nowhere to migrate to.
    if (value.kind === 'map' || value.value) report.notYet(node, 'jetstream_cluster_migrate');
  },
  'isolate_leafnode_interest isolate': boolean((draft, value) => {
    draft.isIsolated = value;
  }),
  request_isolation: boolean((draft, value) => {
    draft.asksIsolation = value;
  }),
  compression: leafCompression,
  first_info_timeout: duration('first_info_timeout', (draft, ms) => {
    draft.firstInfoTimeoutMs = ms;
  }),
  dial_timeout: duration('dial_timeout', (draft, ms) => {
    draft.dialTimeoutMs = ms;
  }),
  disabled: boolean((draft, value) => {
    draft.isDisabled = value;
  }),
  proxy: (node, _draft, report) => {
    if (node.value.kind !== 'map') return report.error(node, `Expected proxy to be a map, got ${goType(node.value)}`);
    readFields(proxyFields, node.value, undefined, report);
    report.notYet(node, 'HTTP proxies of leaf nodes', { isFatal: true });
  },
  ignore_discovered_servers: boolean((draft, value) => {
    draft.ignoresDiscovered = value;
  }),
});

const proxyFields = defineFields<undefined>({
  url: text(() => undefined),
  username: text(() => undefined),
  password: text(() => undefined),
  timeout: duration('proxy timeout', () => undefined),
});
