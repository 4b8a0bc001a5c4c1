/** What the API accepts: bodies, queries and path parameters, each bounded. Endpoints stand in the files of the types. */
import Type, { type TUnsafe } from 'typebox';
import { type AuditQuery, auditOutcomes } from '../audit.ts';
import { PAGE_LIMIT_MAX, type PageQuery, roles } from '../common.ts';
import type { ConfigChangeRequest } from '../config.ts';
import {
  type BulkKickRequest,
  type ConnectionsQuery,
  connectionPresets,
  connectionSortKeys,
  type KickRequest,
} from '../connections.ts';
import type { SeriesQuery } from '../overview.ts';
import type { LoginRequest, PasswordChange, SetupRequest } from '../session.ts';
import { type SubjectsQuery, subjectSortKeys } from '../subjects.ts';
import { type SubscriptionsQuery, subscriptionViews } from '../subscriptions.ts';
import type { CreateUserRequest, RemoveUserQuery, UpdateUserRequest } from '../users.ts';
import type { PublishRequest, RequestRequest } from '../workbench.ts';
import { closed, schemaFor } from './schema-for.ts';

const page = {
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_MAX })),
  order: Type.Optional(Type.Enum(['asc', 'desc'])),
  q: Type.Optional(Type.String({ maxLength: 256 })),
};
const sort = Type.Optional(Type.String({ maxLength: 32, pattern: '^[A-Za-z0-9]+$' }));
const list = Type.Optional(Type.String({ maxLength: 1024 }));
const username = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._@-]+$' });
const revision = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const newPassword = Type.String({ minLength: 12, maxLength: 256 });
const anyPassword = Type.String({ minLength: 1, maxLength: 256 });
const account = Type.Optional(Type.String({ minLength: 1, maxLength: 128 }));
const subject = Type.String({ minLength: 1, maxLength: 1024 });
const natsText = Type.String({ minLength: 1, maxLength: 256 });
const cid = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const serverId = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));

export const pageQuerySchema: TUnsafe<PageQuery> = schemaFor<PageQuery>()(Type.Object({ ...page, sort }, closed));

export const setupRequestSchema: TUnsafe<SetupRequest> = schemaFor<SetupRequest>()(
  Type.Object({ token: Type.String({ minLength: 1, maxLength: 128 }), username, password: newPassword }, closed),
);

/** Wide on purpose: a name that cannot exist gets the same answer as one that does not. */
export const loginRequestSchema: TUnsafe<LoginRequest> = schemaFor<LoginRequest>()(
  Type.Object({ username: Type.String({ minLength: 1, maxLength: 256 }), password: anyPassword }, closed),
);

export const passwordChangeSchema: TUnsafe<PasswordChange> = schemaFor<PasswordChange>()(
  Type.Object({ currentPassword: anyPassword, newPassword }, closed),
);

export interface SessionsQuery {
  all?: boolean;
}
export const sessionsQuerySchema: TUnsafe<SessionsQuery> = schemaFor<SessionsQuery>()(
  Type.Object({ all: Type.Optional(Type.Boolean()) }, closed),
);

export interface IdParams {
  id: string;
}
export const idParamsSchema: TUnsafe<IdParams> = schemaFor<IdParams>()(
  Type.Object({ id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' }) }, closed),
);

export interface UsernameParams {
  username: string;
}
export const usernameParamsSchema: TUnsafe<UsernameParams> = schemaFor<UsernameParams>()(Type.Object({ username }, closed));

export const createUserSchema: TUnsafe<CreateUserRequest> = schemaFor<CreateUserRequest>()(
  Type.Object({ username, password: newPassword, role: Type.Enum([...roles]) }, closed),
);

export const updateUserSchema: TUnsafe<UpdateUserRequest> = schemaFor<UpdateUserRequest>()(
  Type.Object(
    {
      password: Type.Optional(newPassword),
      role: Type.Optional(Type.Enum([...roles])),
      isDisabled: Type.Optional(Type.Boolean()),
      expectedRevision: Type.Optional(revision),
    },
    { ...closed, minProperties: 1 },
  ),
);

export const removeUserSchema: TUnsafe<RemoveUserQuery> = schemaFor<RemoveUserQuery>()(
  Type.Object({ expectedRevision: Type.Optional(revision) }, closed),
);

export const auditQuerySchema: TUnsafe<AuditQuery> = schemaFor<AuditQuery>()(
  Type.Object(
    {
      ...page,
      sort,
      actor: Type.Optional(Type.String({ maxLength: 64 })),
      action: Type.Optional(Type.String({ maxLength: 64 })),
      outcome: Type.Optional(Type.Enum([...auditOutcomes])),
      fromMs: Type.Optional(Type.Number({ minimum: 0 })),
      toMs: Type.Optional(Type.Number({ minimum: 0 })),
    },
    closed,
  ),
);

export const seriesQuerySchema: TUnsafe<SeriesQuery> = schemaFor<SeriesQuery>()(
  Type.Object({ window: Type.Optional(Type.Enum(['15m', '6h'])) }, closed),
);

const connectionFilters = {
  preset: Type.Optional(Type.Enum([...connectionPresets])),
  account: list,
  user: list,
  lang: list,
  kind: list,
  serverId,
  tls: Type.Optional(Type.Enum(['yes', 'no'])),
  reason: list,
};
export const connectionsQuerySchema: TUnsafe<ConnectionsQuery> = schemaFor<ConnectionsQuery>()(
  Type.Object({ ...page, sort: Type.Optional(Type.Enum<string[]>([...connectionSortKeys])), ...connectionFilters }, closed),
);

export interface ConnectionParams {
  cid: number;
}
export const connectionParamsSchema: TUnsafe<ConnectionParams> = schemaFor<ConnectionParams>()(Type.Object({ cid }, closed));

export interface ConnectionDetailQuery {
  serverId?: string;
}
export const connectionDetailQuerySchema: TUnsafe<ConnectionDetailQuery> = schemaFor<ConnectionDetailQuery>()(
  Type.Object({ serverId }, closed),
);

const reason = Type.Optional(Type.String({ maxLength: 200 }));
export const kickRequestSchema: TUnsafe<KickRequest> = schemaFor<KickRequest>()(Type.Object({ serverId, reason }, closed));

export const bulkKickRequestSchema: TUnsafe<BulkKickRequest> = schemaFor<BulkKickRequest>()(
  Type.Object(
    { connections: Type.Array(Type.Object({ cid, serverId }, closed), { minItems: 1, maxItems: 1000 }), reason },
    closed,
  ),
);

export const subjectsQuerySchema: TUnsafe<SubjectsQuery> = schemaFor<SubjectsQuery>()(
  Type.Object(
    {
      ...page,
      sort: Type.Optional(Type.Enum<string[]>([...subjectSortKeys])),
      account,
      view: Type.Optional(Type.Enum(['tree', 'flat'])),
      prefix: Type.Optional(Type.String({ maxLength: 1024 })),
      includeSystem: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
);

export interface SubjectQuery {
  subject: string;
  account?: string;
}
export const subjectQuerySchema: TUnsafe<SubjectQuery> = schemaFor<SubjectQuery>()(Type.Object({ subject, account }, closed));

export const subscriptionsQuerySchema: TUnsafe<SubscriptionsQuery> = schemaFor<SubscriptionsQuery>()(
  Type.Object(
    {
      ...page,
      sort,
      view: Type.Optional(Type.Enum([...subscriptionViews])),
      account,
      matching: Type.Optional(subject),
      queue: Type.Optional(Type.String({ maxLength: 1024 })),
      subject: Type.Optional(subject),
      cid: Type.Optional(cid),
      includeSystem: Type.Optional(Type.Boolean()),
    },
    closed,
  ),
);

const payload = { encoding: Type.Enum(['utf8', 'base64']), payload: Type.String({ maxLength: 90_000_000 }) };
const runAs = Type.Optional(
  Type.Union([
    Type.Object({ kind: Type.Literal('anonymous') }, closed),
    Type.Object({ kind: Type.Literal('user'), username: natsText, password: Type.String({ maxLength: 256 }) }, closed),
    Type.Object({ kind: Type.Literal('token'), token: natsText }, closed),
  ]),
);
const headers = Type.Optional(
  Type.Array(Type.Tuple([Type.String({ minLength: 1, maxLength: 256 }), Type.String({ maxLength: 65_536 })]), { maxItems: 64 }),
);

export const publishRequestSchema: TUnsafe<PublishRequest> = schemaFor<PublishRequest>()(
  Type.Object(
    {
      ...payload,
      subject,
      reply: Type.Optional(subject),
      headers,
      runAs,
      repeat: Type.Optional(
        Type.Object(
          {
            count: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
            perSecond: Type.Number({ minimum: 0.01, maximum: 100_000 }),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
);

export const requestRequestSchema: TUnsafe<RequestRequest> = schemaFor<RequestRequest>()(
  Type.Object(
    {
      ...payload,
      subject,
      headers,
      runAs,
      timeoutMs: Type.Optional(Type.Integer({ minimum: 10, maximum: 30_000 })),
      maxReplies: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    },
    closed,
  ),
);

const patterns = Type.Array(subject, { maxItems: 1000 });
const ruleSet = Type.Object({ allow: patterns, deny: patterns }, closed);
const natsPermissions = Type.Object(
  {
    publish: Type.Optional(ruleSet),
    subscribe: Type.Optional(ruleSet),
    responses: Type.Optional(
      Type.Object({ maxCount: Type.Integer({ minimum: -1 }), expiresMs: Type.Integer({ minimum: 0 }) }, closed),
    ),
  },
  closed,
);
const natsUser = Type.Object(
  {
    username: natsText,
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    account,
    permissions: Type.Optional(Type.Union([natsPermissions, Type.Null()])),
  },
  closed,
);

export const configChangeSchema: TUnsafe<ConfigChangeRequest> = schemaFor<ConfigChangeRequest>()(
  Type.Object(
    {
      revision: Type.Integer({ minimum: 0 }),
      settings: Type.Optional(
        Type.Record(
          Type.String({ maxLength: 128 }),
          Type.Union([Type.String({ maxLength: 4096 }), Type.Number(), Type.Boolean(), Type.Null()]),
          { maxProperties: 64 },
        ),
      ),
      users: Type.Optional(Type.Array(natsUser, { maxItems: 1000 })),
      removeUsers: Type.Optional(Type.Array(natsText, { maxItems: 1000 })),
    },
    closed,
  ),
);
