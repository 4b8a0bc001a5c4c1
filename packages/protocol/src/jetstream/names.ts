/** Subjects, headers and types of JetStream by name. Source: nats-server server/jetstream_api.go, server/stream.go, server/consumer.go. */

/** Prefix of every API request in the default domain. */
export const API_PREFIX = '$JS.API';
/** Level of the JetStream API that this server speaks. */
export const API_LEVEL = 5;

/** Headers that publishing and delivery give a meaning. */
export const jsHeaders = {
  msgId: 'Nats-Msg-Id',
  expectedStream: 'Nats-Expected-Stream',
  expectedLastSeq: 'Nats-Expected-Last-Sequence',
  expectedLastSubjectSeq: 'Nats-Expected-Last-Subject-Sequence',
  expectedLastSubjectSeqSubject: 'Nats-Expected-Last-Subject-Sequence-Subject',
  expectedLastMsgId: 'Nats-Expected-Last-Msg-Id',
  rollup: 'Nats-Rollup',
  ttl: 'Nats-TTL',
  markerReason: 'Nats-Marker-Reason',
  increment: 'Nats-Incr',
  counterSources: 'Nats-Counter-Sources',
  batchId: 'Nats-Batch-Id',
  batchSeq: 'Nats-Batch-Sequence',
  batchCommit: 'Nats-Batch-Commit',
  schedule: 'Nats-Schedule',
  scheduleTarget: 'Nats-Schedule-Target',
  scheduleSource: 'Nats-Schedule-Source',
  scheduleTtl: 'Nats-Schedule-TTL',
  scheduleTimeZone: 'Nats-Schedule-Time-Zone',
  scheduleRollup: 'Nats-Schedule-Rollup',
  scheduler: 'Nats-Scheduler',
  scheduleNext: 'Nats-Schedule-Next',
  streamSource: 'Nats-Stream-Source',
  streamIdentity: 'Nats-Stream-Identity',
  requiredApiLevel: 'Nats-Required-Api-Level',
  responseType: 'Nats-Response-Type',
  stream: 'Nats-Stream',
  subject: 'Nats-Subject',
  sequence: 'Nats-Sequence',
  timeStamp: 'Nats-Time-Stamp',
  lastSequence: 'Nats-Last-Sequence',
  numPending: 'Nats-Num-Pending',
  upToSequence: 'Nats-UpTo-Sequence',
  msgSize: 'Nats-Msg-Size',
  pinId: 'Nats-Pin-Id',
  lastConsumer: 'Nats-Last-Consumer',
  lastStream: 'Nats-Last-Stream',
  consumerStalled: 'Nats-Consumer-Stalled',
  pendingMessages: 'Nats-Pending-Messages',
  pendingBytes: 'Nats-Pending-Bytes',
  requestInfo: 'Nats-Request-Info',
} as const;

/** `io.nats.jetstream.api.v1.<name>_response`. */
export function responseType(name: string): string {
  return `io.nats.jetstream.api.v1.${name}_response`;
}

/** Keys of `metadata` that the server keeps: the level an asset needs, and what this server is. */
export const metadataKeys = { requiredLevel: '_nats.req.level', version: '_nats.ver', level: '_nats.level' } as const;

/** True for a name that a stream or consumer may have. */
export function isValidAssetName(name: string): boolean {
  return name.length > 0 && !/[\s.*>\\/]/.test(name);
}
