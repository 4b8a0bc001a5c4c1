/** Answers about people: sessions, users, audit, refused logins, errors. */
import Type, { type TUnsafe } from 'typebox';
import { type AuditEntry, type AuditPage, auditOutcomes } from '../audit.ts';
import type { AuthFailureRow, AuthFailuresPage } from '../auth-failures.ts';
import { type ApiError, apiErrorCodes, type Page } from '../common.ts';
import type { ApiErrorDetails } from '../jetstream.ts';
import type { SessionInfo, SessionRow, SetupState } from '../session.ts';
import type { ConsoleUser } from '../users.ts';
import { nullable, pageOf, roleSchema } from './parts.ts';
import { closed, schemaFor } from './schema-for.ts';

const payload = Type.Object({ encoding: Type.Enum(['utf8', 'base64']), payload: Type.String() }, closed);
const details = schemaFor<ApiErrorDetails>()(
  Type.Object(
    {
      jetstream: Type.Optional(Type.Object({ code: Type.Number(), errCode: Type.Number(), description: Type.String() }, closed)),
      current: Type.Optional(
        nullable(
          Type.Object(
            {
              revision: Type.Number(),
              operation: Type.Enum(['put', 'delete', 'purge']),
              value: payload,
              createdAtMs: Type.Number(),
            },
            closed,
          ),
        ),
      ),
      wanted: Type.Optional(Type.Object({ expectedRevision: Type.Number(), value: nullable(payload) }, closed)),
    },
    closed,
  ),
);

export const apiErrorSchema: TUnsafe<ApiError> = schemaFor<ApiError>()(
  Type.Object(
    {
      error: Type.Object(
        {
          code: Type.Enum([...apiErrorCodes]),
          message: Type.String(),
          fields: Type.Optional(
            Type.Array(
              Type.Object(
                { in: Type.Enum(['body', 'query', 'params', 'headers']), path: Type.String(), message: Type.String() },
                closed,
              ),
            ),
          ),
          retryAfterMs: Type.Optional(Type.Number()),
          details: Type.Optional(details),
          requestId: Type.String(),
        },
        closed,
      ),
    },
    closed,
  ),
);

export const setupStateSchema: TUnsafe<SetupState> = schemaFor<SetupState>()(Type.Object({ isRequired: Type.Boolean() }, closed));

export const sessionInfoSchema: TUnsafe<SessionInfo> = schemaFor<SessionInfo>()(
  Type.Object(
    {
      username: Type.String(),
      role: roleSchema,
      csrfToken: Type.String(),
      idleTimeoutMs: Type.Number(),
      expiresAtMs: Type.Number(),
      serverTimeMs: Type.Number(),
    },
    closed,
  ),
);

const sessionRow = schemaFor<SessionRow>()(
  Type.Object(
    {
      id: Type.String(),
      username: Type.String(),
      role: roleSchema,
      isCurrent: Type.Boolean(),
      address: Type.String(),
      userAgent: Type.String(),
      createdAtMs: Type.Number(),
      lastSeenAtMs: Type.Number(),
      expiresAtMs: Type.Number(),
      liveSockets: Type.Integer(),
    },
    closed,
  ),
);

export const sessionListSchema: TUnsafe<{ items: SessionRow[] }> = schemaFor<{ items: SessionRow[] }>()(
  Type.Object({ items: Type.Array(sessionRow) }, closed),
);

export const consoleUserSchema: TUnsafe<ConsoleUser> = schemaFor<ConsoleUser>()(
  Type.Object(
    {
      username: Type.String(),
      role: roleSchema,
      isDisabled: Type.Boolean(),
      createdAtMs: Type.Number(),
      updatedAtMs: Type.Number(),
      lastLoginAtMs: nullable(Type.Number()),
      activeSessions: Type.Integer(),
      revision: Type.Integer(),
    },
    closed,
  ),
);

export const consoleUserPageSchema: TUnsafe<Page<ConsoleUser>> = pageOf(consoleUserSchema);

const auditEntry = schemaFor<AuditEntry>()(
  Type.Object(
    {
      seq: Type.Integer(),
      atMs: Type.Number(),
      actor: Type.String(),
      address: Type.String(),
      action: Type.String(),
      target: Type.String(),
      outcome: Type.Enum([...auditOutcomes]),
      detail: Type.String(),
      before: Type.Optional(Type.Unknown()),
      after: Type.Optional(Type.Unknown()),
      hash: Type.String(),
    },
    closed,
  ),
);

export const auditPageSchema: TUnsafe<AuditPage> = schemaFor<AuditPage>()(
  Type.Object(
    {
      items: Type.Array(auditEntry),
      total: Type.Integer(),
      offset: Type.Integer(),
      limit: Type.Integer(),
      chain: Type.Object(
        {
          isIntact: Type.Boolean(),
          brokenAtSeq: nullable(Type.Integer()),
          firstSeq: Type.Integer(),
          lastSeq: Type.Integer(),
        },
        closed,
      ),
    },
    closed,
  ),
);

const authFailureRow = schemaFor<AuthFailureRow>()(
  Type.Object(
    {
      id: Type.String(),
      user: nullable(Type.String()),
      name: nullable(Type.String()),
      address: Type.String(),
      client: nullable(Type.String()),
      tries: Type.Integer(),
      firstAtMs: Type.Number(),
      lastAtMs: Type.Number(),
      reason: Type.String(),
      hint: nullable(Type.String()),
    },
    closed,
  ),
);

export const authFailuresPageSchema: TUnsafe<AuthFailuresPage> = schemaFor<AuthFailuresPage>()(
  Type.Object(
    {
      items: Type.Array(authFailureRow),
      total: Type.Integer(),
      offset: Type.Integer(),
      limit: Type.Integer(),
      sinceMs: Type.Number(),
    },
    closed,
  ),
);
