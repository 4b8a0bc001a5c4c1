/**
 * What of JetStream a reload cannot change. It can be switched on and off, may be given more room, and its limits may change; where the
 * data is, and how it is kept, stays. Source: nats-server server/reload.go diffOptions, and 2.15.1 live.
 */
import { formatDuration, msToNs } from '@sluice/protocol';
import type { JetStreamSettings } from '../config/feature-settings.ts';
import type { ServerSettings } from '../config/index.ts';
import { fixed, type Refusal } from './refusal.ts';

const DEFAULT_SYNC_MS = 120_000;
const DEFAULT_QUEUE_LIMIT = 10_000;
const DEFAULT_CONCURRENT_IOS = 4096;
const CIPHER_NAMES = { chacha: 'ChaCha20-Poly1305', aes: 'AES-GCM' } as const;

const jetStreamOf = ({ features }: ServerSettings): JetStreamSettings => features.jetstream ?? {};
const isOn = (settings: ServerSettings): boolean => jetStreamOf(settings).isEnabled === true;

function field(name: string, show: (jetstream: JetStreamSettings) => string): Refusal {
  return fixed(name, (settings) => show(jetStreamOf(settings)));
}

/** -1: as much as the machine allows. */
const UNSET = -1;

/** More is welcome, less is not, and what the machine allows cannot be told from what is configured while it runs. */
function room(read: (jetstream: JetStreamSettings) => number | undefined): Refusal {
  return (before, after) => {
    const [old, next] = [read(jetStreamOf(before)) ?? UNSET, read(jetStreamOf(after)) ?? UNSET];
    if (!isOn(before) || old === next || (old !== UNSET && next > old)) return undefined;
    if (old === UNSET) return 'config reload not supported for jetstream dynamic max memory and store';
    // That it is gone is what switching JetStream off looks like, too.
    return next === UNSET ? undefined : 'config reload not supported for decreasing jetstream max memory and store';
  };
}

const storeDir: Refusal = (before, after) => {
  const [{ storeDir: old = '' }, { storeDir: next = '' }] = [jetStreamOf(before), jetStreamOf(after)];
  return isOn(before) && old !== next && next !== '' ? 'config reload not supported for jetstream storage directory' : undefined;
};

/** What may go only together with JetStream. */
const goneWithoutReason: Refusal = (before, after) => {
  if (!isOn(before) || !isOn(after)) return undefined;
  const [old, next] = [jetStreamOf(before), jetStreamOf(after)];
  const isGone = (read: (jetstream: JetStreamSettings) => number | undefined) =>
    (read(old) ?? UNSET) !== UNSET && (read(next) ?? UNSET) === UNSET;
  if (isGone(({ maxMemoryBytes }) => maxMemoryBytes) || isGone(({ maxStoreBytes }) => maxStoreBytes)) {
    return 'config reload not supported for jetstream max memory and max store';
  }
  const isFolderGone = (old.storeDir ?? '') !== '' && (next.storeDir ?? '') === '';
  return isFolderGone ? 'config reload not supported for jetstream storage dir' : undefined;
};

const concurrentIos: Refusal = (before, after) =>
  isOn(after)
    ? field('JetStreamConcurrentIOs', ({ maxConcurrentIo }) => String(maxConcurrentIo ?? DEFAULT_CONCURRENT_IOS))(before, after)
    : undefined;

const showDomains = (domains: Readonly<Record<string, string>> = {}): string =>
  `map[${Object.entries(domains)
    .map(([account, domain]) => `${account}:${domain}`)
    .sort()
    .join(' ')}]`;

/** In the order of nats-server's options. */
export const jetStreamRefusals: readonly Refusal[] = [
  field('NoJetStreamStrict', ({ isStrict }) => String(isStrict === false)),
  room(({ maxMemoryBytes }) => maxMemoryBytes),
  room(({ maxStoreBytes }) => maxStoreBytes),
  field('JetStreamDomain', ({ domain = '' }) => domain),
  field('JetStreamExtHint', ({ extensionHint = '' }) => extensionHint),
  field('JetStreamKey', ({ encryptionKey = '' }) => encryptionKey),
  field('JetStreamOldKey', ({ previousEncryptionKey = '' }) => previousEncryptionKey),
  field('JetStreamCipher', ({ cipher = 'chacha' }) => CIPHER_NAMES[cipher]),
  field('JetStreamUniqueTag', ({ uniqueTag = '' }) => uniqueTag),
  field('JetStreamMaxCatchup', ({ maxCatchupBytes = 0 }) => String(maxCatchupBytes)),
  field('JetStreamRequestQueueLimit', ({ requestQueueLimit }) => String(requestQueueLimit ?? DEFAULT_QUEUE_LIMIT)),
  field('JetStreamInfoQueueLimit', ({ infoQueueLimit, requestQueueLimit }) =>
    String(infoQueueLimit ?? requestQueueLimit ?? DEFAULT_QUEUE_LIMIT),
  ),
  concurrentIos,
  field('StreamMaxBufferedMsgs', ({ maxBufferedMessages = 0 }) => String(maxBufferedMessages)),
  field('StreamMaxBufferedSize', ({ maxBufferedBytes = 0 }) => String(maxBufferedBytes)),
  storeDir,
  field('SyncInterval', ({ syncIntervalMs = DEFAULT_SYNC_MS }) => formatDuration(msToNs(syncIntervalMs))),
  field('SyncAlways', ({ syncAlways }) => String(syncAlways === true)),
  fixed('JsAccDefaultDomain', ({ features }) => showDomains(features.defaultJetStreamDomain)),
  goneWithoutReason,
];
