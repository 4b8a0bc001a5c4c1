/** Changes that are not applied yet: what differs from the running configuration. Pure. */
import type { ConfigChangeRequest, ConfigScalar, ConsoleConfig, NatsUserChange } from '@sluice/protocol/console';

export interface ConfigDraft {
  readonly settings: Readonly<Record<string, ConfigScalar>>;
  readonly users: readonly NatsUserChange[];
  readonly removeUsers: readonly string[];
}

export const emptyDraft: ConfigDraft = { settings: {}, users: [], removeUsers: [] };

export function isEmptyDraft(draft: ConfigDraft): boolean {
  return draftSize(draft) === 0;
}

/** Number of settings and users that would change. */
export function draftSize(draft: ConfigDraft): number {
  return Object.keys(draft.settings).length + draft.users.length + draft.removeUsers.length;
}

/** With a new value for `key`; the value that runs already takes the change back. */
export function withSetting(draft: ConfigDraft, config: ConsoleConfig, key: string, value: ConfigScalar): ConfigDraft {
  const settings = { ...draft.settings };
  const running = config.settings.find((setting) => setting.key === key);
  if (running !== undefined && running.value === value) delete settings[key];
  else settings[key] = value;
  return { ...draft, settings };
}

export function withoutSetting(draft: ConfigDraft, key: string): ConfigDraft {
  const settings = { ...draft.settings };
  delete settings[key];
  return { ...draft, settings };
}

/** With a user added or replaced. */
export function withUser(draft: ConfigDraft, change: NatsUserChange): ConfigDraft {
  return {
    ...draft,
    users: [...draft.users.filter((user) => user.username !== change.username), change],
    removeUsers: draft.removeUsers.filter((name) => name !== change.username),
  };
}

/** With a user removed; one that was only added in the draft is forgotten. */
export function withoutUser(draft: ConfigDraft, config: ConsoleConfig, username: string): ConfigDraft {
  const users = draft.users.filter((user) => user.username !== username);
  const isRunning = config.users.some((user) => user.username === username);
  return { ...draft, users, removeUsers: isRunning ? [...new Set([...draft.removeUsers, username])] : draft.removeUsers };
}

/** With nothing said about a user. */
export function withUserUntouched(draft: ConfigDraft, username: string): ConfigDraft {
  return {
    ...draft,
    users: draft.users.filter((user) => user.username !== username),
    removeUsers: draft.removeUsers.filter((name) => name !== username),
  };
}

/** The request that checks or applies the draft on top of `revision`. */
export function requestOf(draft: ConfigDraft, revision: number): ConfigChangeRequest {
  return {
    revision,
    ...(Object.keys(draft.settings).length === 0 ? {} : { settings: { ...draft.settings } }),
    ...(draft.users.length === 0 ? {} : { users: [...draft.users] }),
    ...(draft.removeUsers.length === 0 ? {} : { removeUsers: [...draft.removeUsers] }),
  };
}
