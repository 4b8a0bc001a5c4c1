/** Answers about clients and what they say: connections, subjects, subscriptions. */
import Type, { type TUnsafe } from 'typebox';
import {
  type BulkKickResult,
  type ConnectionDetail,
  type ConnectionFacets,
  type ConnectionHistory,
  type ConnectionRow,
  type ConnectionSubscription,
  type ConnectionsPage,
  connectionKinds,
  type EffectivePermissions,
  type FacetValue,
  type KickResult,
} from '../connections.ts';
import type { SubjectDetail, SubjectRow, SubjectsPage } from '../subjects.ts';
import type {
  InterestMember,
  InterestResult,
  SubscriptionRow,
  SubscriptionsByClient,
  SubscriptionsByQueue,
  SubscriptionsBySubject,
  SubscriptionsPages,
} from '../subscriptions.ts';
import { nullable } from './parts.ts';
import { closed, schemaFor } from './schema-for.ts';

const text = Type.String();
const known = nullable(Type.Number());
const number = Type.Number();
const maybeText = nullable(text);
const flag = Type.Boolean();
const page = { total: Type.Integer(), offset: Type.Integer(), limit: Type.Integer() };

const connection: TUnsafe<ConnectionRow> = schemaFor<ConnectionRow>()(
  Type.Object(
    {
      cid: Type.Integer(),
      serverId: text,
      serverName: text,
      kind: Type.Enum([...connectionKinds]),
      name: maybeText,
      user: maybeText,
      account: text,
      ip: text,
      port: number,
      lang: maybeText,
      version: maybeText,
      rttMs: known,
      subscriptions: number,
      inMsgs: number,
      outMsgs: number,
      inBytes: number,
      outBytes: number,
      inMsgsPerS: known,
      outMsgsPerS: known,
      inBytesPerS: known,
      outBytesPerS: known,
      pendingBytes: number,
      stalls: number,
      isSlow: flag,
      tlsVersion: maybeText,
      startedAtMs: number,
      lastActivityAtMs: number,
      stoppedAtMs: known,
      reason: maybeText,
    },
    closed,
  ),
);

const presetCounts = Type.Object(
  { all: number, slow: number, talkers: number, idle: number, new: number, closed: number },
  closed,
);

export const connectionsPageSchema: TUnsafe<ConnectionsPage> = schemaFor<ConnectionsPage>()(
  Type.Object({ items: Type.Array(connection), ...page, asOfMs: number, totalUnfiltered: number, presetCounts }, closed),
);

const facet = Type.Array(schemaFor<FacetValue>()(Type.Object({ value: text, count: number }, closed)));
export const connectionFacetsSchema: TUnsafe<ConnectionFacets> = schemaFor<ConnectionFacets>()(
  Type.Object({ account: facet, user: facet, lang: facet, kind: facet, serverId: facet, tls: facet, reason: facet }, closed),
);

const rules = Type.Object({ allow: Type.Array(text), deny: Type.Array(text) }, closed);
const permissions = schemaFor<EffectivePermissions>()(
  Type.Object(
    {
      source: Type.Enum(['user', 'default', 'none']),
      publish: rules,
      subscribe: rules,
      responses: nullable(Type.Object({ maxCount: number, expiresMs: number }, closed)),
    },
    closed,
  ),
);
const subscription = schemaFor<ConnectionSubscription>()(
  Type.Object({ subject: text, queue: maybeText, sid: text, messages: number, maxMessages: known }, closed),
);
const history = schemaFor<ConnectionHistory>()(
  Type.Object(
    {
      stepMs: number,
      startMs: number,
      inMsgsPerS: Type.Array(known),
      outMsgsPerS: Type.Array(known),
      inBytesPerS: Type.Array(known),
      outBytesPerS: Type.Array(known),
      pendingBytes: Type.Array(known),
    },
    closed,
  ),
);

export const connectionDetailSchema: TUnsafe<ConnectionDetail> = schemaFor<ConnectionDetail>()(
  Type.Object(
    {
      asOfMs: number,
      connection,
      subscriptions: Type.Array(subscription),
      subscriptionsTotal: number,
      permissions: nullable(permissions),
      history,
      maxPendingBytes: known,
    },
    closed,
  ),
);

export const kickResultSchema: TUnsafe<KickResult> = schemaFor<KickResult>()(
  Type.Object({ cid: number, serverId: text, name: maybeText }, closed),
);
export const bulkKickResultSchema: TUnsafe<BulkKickResult> = schemaFor<BulkKickResult>()(
  Type.Object(
    { kicked: Type.Array(kickResultSchema), failed: Type.Array(Type.Object({ cid: number, message: text }, closed)) },
    closed,
  ),
);

const subjectRow = schemaFor<SubjectRow>()(
  Type.Object(
    {
      subject: text,
      token: text,
      subjects: number,
      hasChildren: flag,
      isLeaf: flag,
      messages: known,
      bytes: known,
      msgsPerS: known,
      bytesPerS: known,
      publishers: known,
      hasMorePublishers: flag,
      subscribers: number,
      lastSeenAtMs: known,
      isEstimate: flag,
    },
    closed,
  ),
);

export const subjectsPageSchema: TUnsafe<SubjectsPage> = schemaFor<SubjectsPage>()(
  Type.Object(
    {
      items: Type.Array(subjectRow),
      ...page,
      asOfMs: number,
      account: text,
      source: Type.Enum(['published', 'interest']),
      sinceMs: known,
      tracked: known,
      trackedMax: known,
      untrackedMessages: known,
    },
    closed,
  ),
);

const client = { cid: number, name: maybeText, user: maybeText };
export const subjectDetailSchema: TUnsafe<SubjectDetail> = schemaFor<SubjectDetail>()(
  Type.Object(
    {
      asOfMs: number,
      row: subjectRow,
      publishers: Type.Array(Type.Object(client, closed)),
      groups: Type.Array(
        Type.Object(
          {
            queue: maybeText,
            subject: text,
            subscriptions: number,
            messages: number,
            members: Type.Array(Type.Object(client, closed)),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
);

const meta = { asOfMs: number, isTruncated: flag };
const bySubject = schemaFor<SubscriptionsBySubject>()(
  Type.Object(
    {
      subject: text,
      account: text,
      subscriptions: number,
      plain: number,
      queueGroups: Type.Array(text),
      clients: number,
      messages: number,
    },
    closed,
  ),
);
const byQueue = schemaFor<SubscriptionsByQueue>()(
  Type.Object({ queue: text, subject: text, account: text, members: number, messages: number, busiestShare: known }, closed),
);
const byClient = schemaFor<SubscriptionsByClient>()(
  Type.Object(
    { ...client, serverId: text, account: text, subscriptions: number, messages: number, subjects: Type.Array(text) },
    closed,
  ),
);
const single = schemaFor<SubscriptionRow>()(
  Type.Object({ ...client, subject: text, queue: maybeText, sid: text, serverId: text, account: text, messages: number }, closed),
);

/** One of the four pages; which one is what `view` asked for. */
export const subscriptionsPageSchema: TUnsafe<SubscriptionsPages[keyof SubscriptionsPages]> = schemaFor<
  SubscriptionsPages[keyof SubscriptionsPages]
>()(
  Type.Union([
    Type.Object({ items: Type.Array(bySubject), ...page, ...meta }, closed),
    Type.Object({ items: Type.Array(byQueue), ...page, ...meta }, closed),
    Type.Object({ items: Type.Array(byClient), ...page, ...meta }, closed),
    Type.Object({ items: Type.Array(single), ...page, ...meta }, closed),
  ]),
);

const member = schemaFor<InterestMember>()(Type.Object({ ...client, sid: text, subject: text, messages: number }, closed));
export const interestResultSchema: TUnsafe<InterestResult> = schemaFor<InterestResult>()(
  Type.Object(
    {
      subject: text,
      account: text,
      plain: Type.Array(member),
      queues: Type.Array(Type.Object({ queue: text, members: Type.Array(member) }, closed)),
      total: number,
      deliveries: number,
    },
    closed,
  ),
);
