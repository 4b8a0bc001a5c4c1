/** Answers about the broker as a whole: capabilities and the overview. */
import Type, { type TUnsafe } from 'typebox';
import { type BrokerState, brokerStates, type Capabilities, type featureNames, type ServerIdentity } from '../capabilities.ts';
import {
  type ConsoleEvent,
  consoleEventKinds,
  type Finding,
  type HotSubjectRow,
  type JetStreamUse,
  type MetricsNow,
  type Overview,
  type Series,
  type SeriesValues,
  type ServerSummary,
  severities,
  type TalkerRow,
} from '../overview.ts';
import { linkSchema, nullable, roleSchema, sentenceSchema, usageSchema } from './parts.ts';
import { closed, schemaFor } from './schema-for.ts';

const text = Type.String();
const number = Type.Number();
const known = nullable(number);

export const brokerStateSchema: TUnsafe<BrokerState> = schemaFor<BrokerState>()(
  Type.Object(
    {
      state: Type.Enum([...brokerStates]),
      sinceMs: number,
      restarts: Type.Integer(),
      lastExit: nullable(Type.Object({ atMs: number, code: known, signal: nullable(text) }, closed)),
      nextStartAtMs: known,
    },
    closed,
  ),
);

const identity = { id: text, name: text, version: text, sluiceVersion: nullable(text) };
const serverIdentity = schemaFor<ServerIdentity>()(Type.Object(identity, closed));
const availability = Type.Union([
  Type.Object({ isAvailable: Type.Literal(true) }, closed),
  Type.Object({ isAvailable: Type.Literal(false), reason: text }, closed),
]);
const features = schemaFor<Capabilities['features']>()(
  Type.Object(
    {
      connections: availability,
      kick: availability,
      tap: availability,
      subjects: availability,
      interest: availability,
      config: availability,
      connectEvents: availability,
      permissions: availability,
    } satisfies Record<(typeof featureNames)[number], typeof availability>,
    closed,
  ),
);

export const capabilitiesSchema: TUnsafe<Capabilities> = schemaFor<Capabilities>()(
  Type.Object(
    {
      version: text,
      role: roleSchema,
      natsUrl: nullable(text),
      isAnonymousAllowed: nullable(Type.Boolean()),
      natsUsers: Type.Array(text),
      accounts: Type.Array(text),
      usualAccount: text,
      maxPayloadBytes: known,
      broker: brokerStateSchema,
      servers: Type.Array(serverIdentity),
      features,
    },
    closed,
  ),
);

const finding = schemaFor<Finding>()(
  Type.Object(
    {
      id: text,
      severity: Type.Enum([...severities]),
      sentence: sentenceSchema,
      sinceMs: number,
      link: nullable(linkSchema),
    },
    closed,
  ),
);

const metricsNow = schemaFor<MetricsNow>()(
  Type.Object(
    {
      inMsgsPerS: known,
      outMsgsPerS: known,
      inBytesPerS: known,
      outBytesPerS: known,
      connections: known,
      subscriptions: known,
      slowConsumers: known,
      cpuPercent: known,
      memoryBytes: known,
      storedBytes: known,
    },
    closed,
  ),
);

const values = schemaFor<SeriesValues>()(
  Type.Object({ avg: Type.Array(known), min: Type.Optional(Type.Array(known)), max: Type.Optional(Type.Array(known)) }, closed),
);

export const seriesSchema: TUnsafe<Series> = schemaFor<Series>()(
  Type.Object(
    {
      stepMs: number,
      startMs: number,
      metrics: Type.Object(
        {
          inMsgsPerS: values,
          outMsgsPerS: values,
          inBytesPerS: values,
          outBytesPerS: values,
          connections: values,
          subscriptions: values,
          slowConsumers: values,
          cpuPercent: values,
          memoryBytes: values,
          storedBytes: values,
        },
        closed,
      ),
    },
    closed,
  ),
);

const talker = schemaFor<TalkerRow>()(
  Type.Object(
    {
      cid: Type.Integer(),
      serverId: text,
      name: nullable(text),
      user: nullable(text),
      account: text,
      msgsPerS: number,
      bytesPerS: number,
    },
    closed,
  ),
);

const hotSubject = schemaFor<HotSubjectRow>()(
  Type.Object(
    { subject: text, account: text, msgsPerS: number, bytesPerS: number, subscribers: number, isEstimate: Type.Boolean() },
    closed,
  ),
);

const event = schemaFor<ConsoleEvent>()(
  Type.Object(
    {
      seq: Type.Integer(),
      atMs: number,
      kind: Type.Enum([...consoleEventKinds]),
      severity: Type.Enum([...severities]),
      sentence: sentenceSchema,
      cid: known,
      account: nullable(text),
      link: nullable(linkSchema),
    },
    closed,
  ),
);

const server = schemaFor<ServerSummary>()(
  Type.Object(
    {
      ...identity,
      address: text,
      startedAtMs: number,
      cpuPercent: number,
      memoryBytes: number,
      connections: number,
      maxConnections: number,
      subscriptions: number,
      cores: number,
      isAnswering: Type.Boolean(),
    },
    closed,
  ),
);

const jetStreamUse = schemaFor<JetStreamUse>()(
  Type.Object({ fileBytes: usageSchema, memoryBytes: usageSchema, streams: known, consumers: known, messages: known }, closed),
);

export const overviewSchema: TUnsafe<Overview> = schemaFor<Overview>()(
  Type.Object(
    {
      asOfMs: known,
      serverTimeMs: number,
      broker: brokerStateSchema,
      verdict: Type.Object({ level: Type.Enum(['healthy', 'degraded', 'down', 'unknown']), sentence: sentenceSchema }, closed),
      findings: Type.Array(finding),
      now: metricsNow,
      connectionsNew1m: known,
      connectionsGone1m: known,
      maxConnections: known,
      series: seriesSchema,
      topTalkers: nullable(Type.Array(talker)),
      hottestSubjects: nullable(Type.Array(hotSubject)),
      events: Type.Array(event),
      servers: Type.Array(server),
      jetstream: nullable(jetStreamUse),
      hasTraffic: Type.Boolean(),
    },
    closed,
  ),
);
