/** The API level that an asset's configuration needs, kept in its metadata. Source: nats-server server/jetstream_versioning.go. */
import {
  API_LEVEL,
  type ConsumerConfig,
  jsHeaders,
  metadataKeys,
  type StreamConfig,
  ZERO_TIME,
} from '@sluice/protocol/jetstream';
import { headerText, headerValue } from '../header-text.ts';

type Metadata = Readonly<Record<string, string>>;

/** The stream's metadata as it is stored: with the level it needs, without what describes the server. */
export function storedStreamMetadata(config: StreamConfig): Metadata {
  let level = 0;
  if (config.allow_msg_ttl || (config.subject_delete_marker_ttl ?? 0) > 0) level = 1;
  const needsTwo = config.allow_msg_counter === true || config.allow_atomic === true || config.allow_msg_schedules === true;
  if (needsTwo || config.persist_mode === 'async') level = 2;
  if (config.allow_batched === true) level = 4;
  return stored(config.metadata, level);
}

/** The consumer's metadata as it is stored. */
export function storedConsumerMetadata(config: ConsumerConfig): Metadata {
  let level = 0;
  if (config.pause_until !== undefined && config.pause_until !== ZERO_TIME) level = 1;
  const isGrouped =
    (config.priority_policy ?? 'none') !== 'none' ||
    (config.priority_timeout ?? 0) !== 0 ||
    (config.priority_groups ?? []).length > 0;
  if (isGrouped) level = 1;
  if (config.ack_policy === 'flow_control') level = 4;
  return stored(config.metadata, level);
}

function stored(metadata: Metadata | undefined, level: number): Metadata {
  const kept = withoutServerKeys(metadata);
  kept[metadataKeys.requiredLevel] = String(level);
  return kept;
}

function withoutServerKeys(metadata: Metadata | undefined): Record<string, string> {
  const kept: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(metadata ?? {})) {
    if (key !== metadataKeys.version && key !== metadataKeys.level) kept[key] = value;
  }
  return kept;
}

/** Stored metadata with what describes this server, for answers to create, update and info. */
export function answeredMetadata(metadata: Metadata | undefined, serverVersion: string): Metadata {
  const answered: Record<string, string> = Object.create(null);
  return Object.assign(answered, metadata, { [metadataKeys.version]: serverVersion, [metadataKeys.level]: String(API_LEVEL) });
}

/** `given` with the level key of `previous`, so that only what users set is compared. */
export function comparableMetadata(given: Metadata | undefined, previous: Metadata | undefined): Metadata | undefined {
  const kept = withoutServerKeys(given);
  const level = previous?.[metadataKeys.requiredLevel];
  if (level === undefined) delete kept[metadataKeys.requiredLevel];
  else kept[metadataKeys.requiredLevel] = level;
  return Object.keys(kept).length === 0 ? undefined : kept;
}

/** True when the request asks for a level that this server does not reach. */
export function needsHigherLevel(headers: Uint8Array): boolean {
  return headers.length > 0 && needsHigherLevelText(headerText(headers));
}

/** The same, for a block that is text already. */
export function needsHigherLevelText(headers: string): boolean {
  const value = headerValue(headers, jsHeaders.requiredApiLevel);
  if (value === undefined || value === '') return false;
  return !/^[+-]?\d+$/.test(value) || Number(value) > API_LEVEL;
}
