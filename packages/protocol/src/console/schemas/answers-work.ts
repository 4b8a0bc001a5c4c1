/** Answers of the workbench and of the configuration. */
import Type, { type TUnsafe } from 'typebox';
import type { ConfigChangeReport, ConfigSetting, ConsoleConfig, NatsUser } from '../config.ts';
import type { PublishJob, PublishResult, RequestReply, RequestResult } from '../workbench.ts';
import { nullable } from './parts.ts';
import { closed, schemaFor } from './schema-for.ts';

const text = Type.String();
const number = Type.Number();
const maybeText = nullable(text);
const flag = Type.Boolean();

export const publishResultSchema: TUnsafe<PublishResult> = schemaFor<PublishResult>()(
  Type.Object(
    {
      outcome: Type.Enum(['published', 'denied', 'unreachable']),
      message: text,
      published: number,
      sizeBytes: number,
      durationMs: number,
      rule: maybeText,
    },
    closed,
  ),
);

export const publishJobSchema: TUnsafe<PublishJob> = schemaFor<PublishJob>()(
  Type.Object(
    {
      id: text,
      state: Type.Enum(['running', 'done', 'stopped', 'failed']),
      published: number,
      count: number,
      perSecond: number,
      startedAtMs: number,
      finishedAtMs: nullable(number),
      message: text,
    },
    closed,
  ),
);

const reply = schemaFor<RequestReply>()(
  Type.Object(
    {
      encoding: Type.Enum(['utf8', 'base64']),
      payload: text,
      subject: text,
      headers: Type.Array(Type.Tuple([text, text])),
      sizeBytes: number,
      isTruncated: flag,
      latencyMs: number,
    },
    closed,
  ),
);

export const requestResultSchema: TUnsafe<RequestResult> = schemaFor<RequestResult>()(
  Type.Object(
    {
      outcome: Type.Enum(['replied', 'no_responders', 'timeout', 'denied', 'unreachable']),
      message: text,
      replies: Type.Array(reply),
      durationMs: number,
      rule: maybeText,
    },
    closed,
  ),
);

const effect = Type.Enum(['live', 'reload', 'restart']);
const source = Type.Enum(['default', 'file', 'command_line', 'console']);
const scalar = Type.Union([text, number, flag, Type.Null()]);
const setting = schemaFor<ConfigSetting>()(
  Type.Object(
    {
      key: text,
      title: text,
      description: text,
      section: text,
      value: scalar,
      defaultValue: scalar,
      unit: Type.Enum(['bytes', 'ms', 'count', 'none']),
      min: nullable(number),
      max: nullable(number),
      source,
      effect,
      isEditable: flag,
    },
    closed,
  ),
);

const rules = Type.Optional(Type.Object({ allow: Type.Array(text), deny: Type.Array(text) }, closed));
const natsUser = schemaFor<NatsUser>()(
  Type.Object(
    {
      username: text,
      account: text,
      hasPassword: flag,
      source,
      permissions: nullable(
        Type.Object(
          {
            publish: rules,
            subscribe: rules,
            responses: Type.Optional(Type.Object({ maxCount: number, expiresMs: number }, closed)),
          },
          closed,
        ),
      ),
      connections: nullable(number),
    },
    closed,
  ),
);

export const consoleConfigSchema: TUnsafe<ConsoleConfig> = schemaFor<ConsoleConfig>()(
  Type.Object(
    {
      revision: number,
      loadedAtMs: number,
      configFile: maybeText,
      configDigest: text,
      settings: Type.Array(setting),
      users: Type.Array(natsUser),
      noAuthUser: maybeText,
      isAnonymousAllowed: flag,
    },
    closed,
  ),
);

export const configReportSchema: TUnsafe<ConfigChangeReport> = schemaFor<ConfigChangeReport>()(
  Type.Object(
    {
      isValid: flag,
      isApplied: flag,
      revision: number,
      problems: Type.Array(Type.Object({ path: text, message: text }, closed)),
      changes: Type.Array(
        Type.Object({ path: text, before: Type.Unknown(), after: Type.Unknown(), effect, consequence: text }, closed),
      ),
      droppedClients: Type.Array(Type.Object({ cid: number, name: maybeText, user: maybeText, why: text }, closed)),
      droppedTotal: number,
      message: text,
    },
    closed,
  ),
);
