/** Fields that routes, gateways and leaf nodes share, and helpers for their lists of URLs. Source: nats-server server/opts.go. */
import { NS_PER_MS, parseDuration } from '@sluice/protocol';
import type { ConfigNode } from '@sluice/protocol/config';
import { readAuthorization } from './authorization.ts';
import type { CompressionSettings, PeerListenSettings } from './feature-settings.ts';
import {
  boolean,
  defineFields,
  duration,
  type FieldReader,
  integer,
  listenAt,
  readArray,
  readText,
  text,
  wrongType,
} from './fields.ts';
import { goType } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';

export const listenFields: Record<string, FieldReader<PeerListenSettings>> = {
  ...listenAt(),
  write_deadline: duration('write_deadline', (draft, ms) => {
    draft.writeDeadlineMs = ms;
  }),
  write_timeout: (node, draft, report) => {
    const policy = readWriteTimeout(node, report);
    if (policy !== undefined) draft.writeTimeout = policy;
  },
};

export const advertiseField: FieldReader<PeerListenSettings> = text((draft, value) => {
  draft.advertise = value;
});

export const noAdvertiseField: FieldReader<PeerListenSettings> = boolean((draft, value) => {
  draft.noAdvertise = value;
});

/** `connect_retries` and `connect_backoff`. */
export const retryFields: Record<string, FieldReader<PeerListenSettings>> = {
  connect_retries: integer((draft, value) => {
    draft.connectRetries = value;
  }),
  connect_backoff: boolean((draft, value) => {
    draft.connectBackoff = value;
  }),
};

/** What a blocked write leads to. */
export function readWriteTimeout(node: ConfigNode, report: ConfigReport): string | undefined {
  let policy: string | undefined;
  text<undefined>((_draft, value) => {
    if (value === 'default' || value === 'close' || value === 'retry') policy = value;
    else report.error(node, "write_timeout must be 'default', 'close' or 'retry'");
  })(node, undefined, report, 'write_timeout');
  return policy;
}

/** One user and a password; `what` is `Cluster` or `Gateway`. Permissions are handed to `onPermissions`. */
export function peerAuthorization(
  what: string,
  onPermissions: (node: ConfigNode, key: string, report: ConfigReport) => void = () => undefined,
): FieldReader<PeerListenSettings> {
  return (node, draft, report, key) => {
    const auth = readAuthorization(node, report);
    if (auth === undefined) return;
    if (auth.users !== undefined) return report.error(node, `${what} authorization does not allow multiple users`);
    if (auth.token !== '') return report.error(node, `${what} authorization does not support tokens`);
    if (auth.hasCallout) return report.error(node, `${what} authorization does not support callouts`);
    if (auth.user !== '') draft.user = auth.user;
    if (auth.password !== '') draft.password = auth.password;
    if (auth.timeoutMs !== undefined) draft.authTimeoutMs = auth.timeoutMs;
    if (auth.defaultPermissions !== undefined) onPermissions(node, key, report);
  };
}

/** A list of URLs without repetition; `what` is `route`, `gateway` or `leafnode`. */
export function readUrls(node: ConfigNode, what: string, report: ConfigReport): string[] {
  const urls: string[] = [];
  for (const item of readArray(node, report)?.items ?? []) {
    if (item.value.kind !== 'string') {
      wrongType(item, 'string', report);
      continue;
    }
    const url = item.value.text;
    if (urls.includes(url)) report.misuse(item, url, `Duplicate ${what} entry detected`);
    else if (checkUrl(url, what, item, report)) urls.push(url);
  }
  return urls;
}

/** Reports a URL that is none. */
export function checkUrl(url: string, what: string, node: ConfigNode, report: ConfigReport): boolean {
  if (isUrl(url.trim())) return true;
  report.error(node, `error parsing ${what} url [${quoted(url.trim())}]`);
  return false;
}

/** As Go's url.Parse, which takes words without a scheme but no blanks, control characters or broken ports. */
export function isUrl(text: string): boolean {
  if (/[\u0000-\u001f\u007f]/.test(text) || /^:/.test(text)) return false;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined) return !/^[^/?#]*%(?![0-9a-f]{2})/i.test(text);
  const hostPort = authority.slice(authority.lastIndexOf('@') + 1);
  return /^(\[[^\]]*\]|[^\s:[\]]*)(:\d*)?$/.test(hostPort);
}

export const compressionField: FieldReader<{ compression?: CompressionSettings }> = (node, draft, report, key) => {
  const { value } = node;
  if (value.kind === 'string') draft.compression = { mode: value.text };
  else if (value.kind === 'boolean') draft.compression = { mode: value.value ? 'on' : 'off' };
  else if (value.kind === 'map') {
    const compression: CompressionSettings = {};
    for (const [name, child] of value.entries) {
      const reader = compressionFields.get(name.toLowerCase());
      if (reader !== undefined) reader(child, compression, report, name);
      else if (!child.isUsedVariable) report.error(child, `unknown field ${quoted(name)}`);
    }
    draft.compression = compression;
  } else report.error(node, `field ${quoted(key)} should be a boolean or a structure, got ${goType(value)}`);
};

const compressionFields = defineFields<CompressionSettings>({
  mode: text((draft, value) => {
    draft.mode = value;
  }),
  'rtt_thresholds thresholds rtts rtt': (node, draft, report) => {
    const thresholds: number[] = [];
    for (const item of readArray(node, report)?.items ?? []) {
      const text = readText(item, report);
      if (text === undefined) return;
      const parsed = parseDuration(text);
      if (!parsed.ok) return report.error(node, parsed.error);
      thresholds.push(parsed.ns / NS_PER_MS);
    }
    draft.rttThresholdsMs = thresholds;
  },
});
