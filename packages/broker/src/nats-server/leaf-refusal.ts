/** What of the `leafnodes` block a reload cannot change, field by field. Source: nats-server server/reload.go getLeafNodeOptionsChanges. */
import { formatDuration, msToNs } from '@sluice/protocol';
import type { LeafNodeSettings } from '../config/feature-settings.ts';
import type { ServerSettings } from '../config/index.ts';
import { fixed, type Refusal } from './refusal.ts';

const DEFAULT_TIMEOUT_MS = 2000;
const DEFAULT_RECONNECT_MS = 1000;

const duration = (ms: number) => formatDuration(msToNs(ms));
const seconds = (ms: number) => String(ms / 1000);

function field(name: string, show: (leafnodes: LeafNodeSettings) => string): Refusal {
  return fixed(`LeafNode: field "${name}"`, ({ features }: ServerSettings) => show(features.leafnodes ?? {}));
}

/** Users are shown by their places in memory, which say nothing: the names stand for them. */
const users = (leafnodes: LeafNodeSettings) => `[${(leafnodes.users ?? []).map((user) => JSON.stringify(user)).join(' ')}]`;

/** In the order of the fields in nats-server's options. */
export const leafRefusals: readonly Refusal[] = [
  field('Users', users),
  field('Host', ({ host = '' }) => host),
  field('Port', ({ port = 0 }) => String(port)),
  field('Username', ({ user = '' }) => user),
  field('Password', ({ password = '' }) => password),
  field('Nkey', ({ nkey = '' }) => nkey),
  field('Account', ({ account = '' }) => account),
  field('AuthTimeout', ({ port = 0, authTimeoutMs = 0, tls }) => {
    if (authTimeoutMs > 0 || port === 0) return seconds(authTimeoutMs);
    // Who has a TLS handshake to do gets a second longer than that may take.
    return seconds(tls === undefined ? DEFAULT_TIMEOUT_MS : (tls.timeoutMs || DEFAULT_TIMEOUT_MS) + 1000);
  }),
  field('TLSTimeout', ({ port = 0, tls }) => seconds(tls?.timeoutMs || (port === 0 ? 0 : DEFAULT_TIMEOUT_MS))),
  field('TLSMap', ({ tls }) => String(tls?.verifyAndMap === true)),
  field('TLSPinnedCerts', ({ tls }) => `map[${(tls?.pinnedCerts ?? []).map((hash) => `${hash}:{}`).join(' ')}]`),
  field('Advertise', ({ advertise = '' }) => advertise),
  field('NoAdvertise', ({ noAdvertise }) => String(noAdvertise === true)),
  field('ReconnectInterval', ({ reconnectMs }) => duration(reconnectMs || DEFAULT_RECONNECT_MS)),
  field('WriteDeadline', ({ writeDeadlineMs = 0 }) => duration(writeDeadlineMs)),
  field('WriteTimeout', ({ writeTimeout = '' }) => writeTimeout),
  field('MinVersion', ({ minVersion = '' }) => minVersion),
  field('IsolateLeafnodeInterest', ({ isolateInterest }) => String(isolateInterest === true)),
  field('DialTimeout', ({ dialTimeoutMs = 0 }) => duration(dialTimeoutMs)),
];
