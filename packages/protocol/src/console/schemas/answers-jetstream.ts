/** Answers about streams and consumers. */
import Type, { type TUnsafe } from 'typebox';
import type {
  AckResult,
  ConsumerDetail,
  ConsumerRow,
  ConsumersPage,
  ConsumerUpdateResult,
  consumerPresets,
  PulledMessage,
  PullResult,
} from '../consumers.ts';
import {
  type DocumentChange,
  type JetStreamState,
  jetStreamOffReasons,
  type NatsDocument,
  type StoredMessage,
} from '../jetstream.ts';
import {
  durabilityModes,
  type MessagesPage,
  type PurgeResult,
  type StreamDetail,
  type StreamRow,
  type StreamSource,
  type StreamSubjectRow,
  type StreamSubjectsPage,
  type StreamsPage,
  type StreamUpdateResult,
  streamKinds,
} from '../streams.ts';
import { nullable, usageSchema } from './parts.ts';
import { closed, schemaFor } from './schema-for.ts';

const text = Type.String();
const number = Type.Number();
const flag = Type.Boolean();
const maybeText = nullable(text);
const maybeNumber = nullable(number);
const texts = Type.Array(text);
const page = { total: number, offset: number, limit: number } as const;
const headers = Type.Array(Type.Tuple([text, text]));

export const natsDocumentSchema: TUnsafe<NatsDocument> = schemaFor<NatsDocument>()(Type.Record(text, Type.Unknown()));

export const jetStreamStateSchema: TUnsafe<JetStreamState> = schemaFor<JetStreamState>()(
  Type.Union([
    Type.Object(
      {
        isEnabled: Type.Literal(true),
        account: text,
        memoryBytes: usageSchema,
        fileBytes: usageSchema,
        streams: usageSchema,
        consumers: usageSchema,
        domain: maybeText,
        apiTotal: number,
        apiErrors: number,
        apiLevel: maybeNumber,
      },
      closed,
    ),
    Type.Object(
      {
        isEnabled: Type.Literal(false),
        account: text,
        reason: Type.Enum([...jetStreamOffReasons]),
        message: text,
        hint: text,
        example: maybeText,
      },
      closed,
    ),
  ]),
);

const change = schemaFor<DocumentChange>()(
  Type.Object({ path: text, before: Type.Unknown(), after: Type.Unknown(), isChangeable: flag }, closed),
);

const stored = {
  encoding: Type.Enum(['utf8', 'base64']),
  payload: text,
  seq: number,
  subject: text,
  storedAtMs: number,
  headers,
  sizeBytes: number,
  isTruncated: flag,
} as const;
export const storedMessageSchema: TUnsafe<StoredMessage> = schemaFor<StoredMessage>()(Type.Object(stored, closed));

export const streamRowSchema: TUnsafe<StreamRow> = schemaFor<StreamRow>()(
  Type.Object(
    {
      name: text,
      kind: Type.Enum([...streamKinds]),
      description: maybeText,
      subjectPatterns: texts,
      retention: Type.Enum(['limits', 'interest', 'workqueue']),
      storage: Type.Enum(['file', 'memory']),
      compression: Type.Enum(['none', 's2']),
      durability: Type.Object({ mode: Type.Enum([...durabilityModes]), syncIntervalMs: maybeNumber, text }, closed),
      replicas: number,
      messages: usageSchema,
      bytes: usageSchema,
      ageMs: nullable(usageSchema),
      fill: maybeNumber,
      subjects: number,
      consumers: number,
      firstSeq: number,
      lastSeq: number,
      deleted: number,
      msgsPerS: maybeNumber,
      removedPerS: maybeNumber,
      createdAtMs: maybeNumber,
      firstAtMs: maybeNumber,
      lastAtMs: maybeNumber,
      mirrorOf: maybeText,
      sources: texts,
      isSealed: flag,
      isDirectAllowed: flag,
      lost: nullable(Type.Object({ messages: number, bytes: number }, closed)),
      isReadOnly: flag,
    },
    closed,
  ),
);

export const streamsPageSchema: TUnsafe<StreamsPage> = schemaFor<StreamsPage>()(
  Type.Object(
    {
      ...page,
      items: Type.Array(streamRowSchema),
      asOfMs: maybeNumber,
      jetstream: jetStreamStateSchema,
      totals: Type.Object({ streams: number, messages: number, bytes: number }, closed),
      isTruncated: flag,
    },
    closed,
  ),
);

const source = schemaFor<StreamSource>()(
  Type.Object({ name: text, lag: maybeNumber, activeMs: maybeNumber, filter: maybeText, error: maybeText }, closed),
);

export const streamDetailSchema: TUnsafe<StreamDetail> = schemaFor<StreamDetail>()(
  Type.Object(
    {
      asOfMs: number,
      row: streamRowSchema,
      config: natsDocumentSchema,
      fixedKeys: texts,
      state: natsDocumentSchema,
      leader: maybeText,
      cluster: maybeText,
      peers: Type.Array(
        Type.Object({ name: text, isCurrent: flag, isOffline: flag, lag: maybeNumber, activeMs: maybeNumber }, closed),
      ),
      mirror: nullable(source),
      sources: Type.Array(source),
      command: text,
    },
    closed,
  ),
);

export const streamUpdateResultSchema: TUnsafe<StreamUpdateResult> = schemaFor<StreamUpdateResult>()(
  Type.Object({ isApplied: flag, changes: Type.Array(change), stream: streamDetailSchema }, closed),
);

export const purgeResultSchema: TUnsafe<PurgeResult> = schemaFor<PurgeResult>()(
  Type.Object({ isApplied: flag, count: number, isExact: flag, messages: number, message: text }, closed),
);

export const streamSubjectsPageSchema: TUnsafe<StreamSubjectsPage> = schemaFor<StreamSubjectsPage>()(
  Type.Object(
    {
      ...page,
      items: Type.Array(schemaFor<StreamSubjectRow>()(Type.Object({ subject: text, messages: number }, closed))),
      isTruncated: flag,
    },
    closed,
  ),
);

export const messagesPageSchema: TUnsafe<MessagesPage> = schemaFor<MessagesPage>()(
  Type.Object(
    {
      items: Type.Array(storedMessageSchema),
      order: Type.Enum(['asc', 'desc']),
      firstSeq: number,
      lastSeq: number,
      nextSeq: maybeNumber,
      isCut: flag,
    },
    closed,
  ),
);

export const consumerRowSchema: TUnsafe<ConsumerRow> = schemaFor<ConsumerRow>()(
  Type.Object(
    {
      stream: text,
      name: text,
      description: maybeText,
      kind: Type.Enum(['pull', 'push']),
      isDurable: flag,
      deliverPolicy: text,
      ackPolicy: text,
      replayPolicy: text,
      filters: texts,
      lag: number,
      deliveredSeq: number,
      ackFloorSeq: number,
      ackPending: number,
      maxAckPending: maybeNumber,
      redelivered: number,
      waiting: number,
      maxWaiting: maybeNumber,
      maxDeliver: maybeNumber,
      ackWaitMs: maybeNumber,
      isBound: nullable(flag),
      isPaused: flag,
      pausedUntilMs: maybeNumber,
      deliveredPerS: maybeNumber,
      ackedPerS: maybeNumber,
      catchUpMs: maybeNumber,
      createdAtMs: maybeNumber,
      lastDeliveredAtMs: maybeNumber,
      lastAckedAtMs: maybeNumber,
    },
    closed,
  ),
);

const presetCounts = Type.Object({ all: number, lagging: number, stalled: number, paused: number }, closed);
export const consumersPageSchema: TUnsafe<ConsumersPage> = schemaFor<ConsumersPage>()(
  Type.Object(
    {
      ...page,
      items: Type.Array(consumerRowSchema),
      asOfMs: maybeNumber,
      jetstream: jetStreamStateSchema,
      presetCounts: schemaFor<Record<(typeof consumerPresets)[number], number>>()(presetCounts),
      isTruncated: flag,
    },
    closed,
  ),
);

export const consumerDetailSchema: TUnsafe<ConsumerDetail> = schemaFor<ConsumerDetail>()(
  Type.Object(
    {
      asOfMs: number,
      row: consumerRowSchema,
      config: natsDocumentSchema,
      fixedKeys: texts,
      state: natsDocumentSchema,
      priorityGroups: Type.Array(Type.Object({ group: text, pinnedClientId: maybeText, pinnedAtMs: maybeNumber }, closed)),
      command: text,
    },
    closed,
  ),
);

export const consumerUpdateResultSchema: TUnsafe<ConsumerUpdateResult> = schemaFor<ConsumerUpdateResult>()(
  Type.Object({ isApplied: flag, changes: Type.Array(change), consumer: consumerDetailSchema }, closed),
);

const pulled = schemaFor<PulledMessage>()(
  Type.Object({ ...stored, handle: text, expiresAtMs: number, deliveries: number, lag: number, needsAck: flag }, closed),
);
export const pullResultSchema: TUnsafe<PullResult> = schemaFor<PullResult>()(
  Type.Object({ message: nullable(pulled), text }, closed),
);

export const ackResultSchema: TUnsafe<AckResult> = schemaFor<AckResult>()(Type.Object({ isConfirmed: flag, text }, closed));
