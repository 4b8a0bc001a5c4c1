/** Making, changing and recovering streams. Source: nats-server server/stream.go addStreamWithAssignment, updateWithAdvisory. */
import { isDeepStrictEqual } from 'node:util';
import { isValidSubject } from '@sluice/protocol';
import {
  type ApiError,
  apiError,
  encodeStreamConfig,
  type StreamConfig,
  type StreamSourceConfig,
} from '@sluice/protocol/jetstream';
import type { StreamFolder } from '../account-files.ts';
import type { JsAccount } from '../js-account.ts';
import { streamRecord } from '../records.ts';
import { FileStore } from '../store/file-store.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { HIGHEST_START, type MessageStore } from '../store/store.ts';
import type { SyncPolicy } from '../store/sync-policy.ts';
import { checkStreamConfig } from './config-rules.ts';
import { comparableMetadata } from './required-level.ts';
import { Stream, storeLimits } from './stream.ts';
import { checkStreamUpdate } from './update-rules.ts';

const IDENTITY_LENGTH = 8;
/** How often a stream that asks for asynchronous persistence is synced when the server's policy is stricter. */
const ASYNC_SYNC_MS = 120_000;

export type StreamResult =
  | { readonly ok: true; readonly stream: Stream; readonly isNew: boolean }
  | { readonly ok: false; readonly error: ApiError };

const refused = (error: ApiError): StreamResult => ({ ok: false, error });

/** Makes a stream; one with the same configuration is answered as it is. */
export function createStream(js: JsAccount, given: StreamConfig, isPedantic: boolean): StreamResult {
  const { limits } = js;
  if (limits.tier === 'none') return refused(apiError('noLimits'));
  const others = js.streams.size - (js.streams.has(given.name) ? 1 : 0);
  if (limits.maxStreams > 0 && others >= limits.maxStreams) return refused(apiError('maximumStreamsLimit'));
  const reservation = js.reservationProblem(given);
  if (reservation !== undefined) return refused(reservation);
  const checked = checkStreamConfig(given, js.configContext(), isPedantic);
  if (!checked.ok) return refused(checked.error);
  const { config } = checked;
  if (config.num_replicas > 1) return refused(apiError('streamReplicasNotSupported'));
  const known = js.streams.get(config.name);
  if (known !== undefined) {
    return isSame(known.config, config) ? { ok: true, stream: known, isNew: false } : refused(apiError('streamNameExist'));
  }
  const limited = js.reservationProblem(config);
  if (limited !== undefined) return refused(limited);
  const badFilter = sourceFilterProblem(config);
  if (badFilter !== '') return refused(apiError('streamCreate', { err: badFilter }));
  if (js.hasOverlap(config.subjects ?? [], config.name)) return refused(apiError('streamSubjectOverlap'));
  return { ok: true, stream: makeStream(js, config), isNew: true };
}

function sourceFilterProblem({ mirror, sources = [] }: StreamConfig): string {
  const isBad = ({ filter_subject: filter = '' }: StreamSourceConfig): boolean => filter !== '' && !isValidSubject(filter);
  if (mirror !== undefined && isBad(mirror)) return `subject filter '${mirror.filter_subject}' for the mirror invalid subject`;
  const bad = sources.find(isBad);
  return bad === undefined ? '' : `subject filter '${bad.filter_subject}' for the source: invalid subject`;
}

function isSame(old: StreamConfig, next: StreamConfig): boolean {
  const plain = (config: StreamConfig): unknown =>
    encodeStreamConfig({ ...config, metadata: comparableMetadata(config.metadata, undefined) ?? {} });
  return isDeepStrictEqual(plain(old), plain(next));
}

/** Makes a stream whose configuration has passed all rules. Throws what the disk throws. */
function makeStream(js: JsAccount, config: StreamConfig): Stream {
  const createdUs = js.clock.nowUs();
  const identity = js.newId().slice(0, IDENTITY_LENGTH);
  const folder =
    config.storage === 'memory' ? undefined : js.files.create(js.newId(), streamRecord({ config, createdUs, identity }));
  const stream = new Stream(js, config, { store: openStore(js, config, folder), createdUs, identity });
  js.addStream(stream, folder);
  stream.advisories.action('create');
  return stream;
}

/** Opens a stream's store. Throws what the disk throws. */
export function openStore(js: JsAccount, config: StreamConfig, folder: StreamFolder | undefined): MessageStore {
  const limits = storeLimits(config);
  const firstSeq = config.first_seq === undefined ? undefined : Math.min(config.first_seq, HIGHEST_START);
  if (folder === undefined) return new MemoryStore(limits, firstSeq);
  const { engine } = js;
  const policy = policyOf(js, config);
  const { disk } = engine.dependencies.env;
  const { cache, pool, crc32, gate } = engine;
  const isFirst = firstSeq === undefined ? {} : { firstSeq };
  return new FileStore({
    files: {
      disk,
      folder: folder.path,
      seed: folder.seed,
      crc32,
      cache,
      pool,
      gate,
      preallocates: policy.kind === 'always',
      cipher: folder.cipher,
    },
    limits,
    policy,
    clock: js.clock,
    log: js.log,
    label: `${js.account.name} > ${config.name}`,
    ...isFirst,
  });
}

function policyOf(js: JsAccount, config: StreamConfig): SyncPolicy {
  const { sync } = js.options;
  if (config.persist_mode !== 'async' || sync.kind === 'interval') return sync;
  return { kind: 'interval', intervalMs: ASYNC_SYNC_MS };
}

/** Changes a stream to a configuration that has passed the rules by itself. Throws what the disk throws. */
export function updateStream(js: JsAccount, stream: Stream, given: StreamConfig): ApiError | undefined {
  const checked = checkStreamUpdate(stream.config, given);
  if (!checked.ok) return checked.error;
  const { config } = checked;
  const violating = violatingConsumers(stream, config);
  if (violating !== '') return apiError('streamUpdate', { err: `change to limits violates consumers: ${violating}` });
  const { limits } = js;
  if (config.max_consumers > 0 && limits.maxConsumers > 0 && config.max_consumers > limits.maxConsumers)
    return apiError('maximumConsumersLimit');
  const reservation =
    config.max_bytes > 0 && config.max_bytes > stream.config.max_bytes ? js.reservationProblem(config) : undefined;
  if (reservation !== undefined) return reservation;
  if (js.hasOverlap(config.subjects ?? [], config.name)) return apiError('streamSubjectOverlap');
  const { createdUs, identity } = stream;
  js.folders.get(stream)?.file.save(streamRecord({ config, createdUs, identity }));
  stream.update(config);
  stream.advisories.action('modify');
  return undefined;
}

function violatingConsumers(stream: Stream, config: StreamConfig): string {
  const { inactive_threshold: threshold = 0, max_ack_pending: pending = 0 } = config.consumer_limits;
  const old = stream.config.consumer_limits;
  const isChanged =
    (threshold > 0 && threshold !== (old.inactive_threshold ?? 0)) || (pending > 0 && pending !== (old.max_ack_pending ?? 0));
  if (!isChanged) return '';
  const isOver = (value: number | undefined, limit: number): boolean => limit > 0 && (value ?? 0) > limit;
  return [...stream.consumers.values()]
    .filter(({ config: own }) => isOver(own.inactive_threshold, threshold) || isOver(own.max_ack_pending, pending))
    .map(({ name }) => name)
    .join(', ');
}
