/**
 * Configuration changes applied in the console, as one change in a file: the console writes it, the broker's process hands it to the
 * broker at the next start.
 */
import type { ConfigChange } from '@sluice/protocol';
import { readIfPresent } from '../store/atomic-file.ts';

/** Everything applied so far; undefined when nothing was. Rejects when the file is damaged. */
export async function readOverrides(path: string): Promise<ConfigChange | undefined> {
  const text = await readIfPresent(path);
  return text === undefined ? undefined : parseOverrides(text, path);
}

function parseOverrides(text: string, path: string): ConfigChange {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${path} is damaged: it holds no object`);
  return value as ConfigChange;
}

/** `later` on top of `earlier`: the newest word about each key and user wins. */
export function mergeChanges(earlier: ConfigChange, later: ConfigChange): ConfigChange {
  const set: NonNullable<ConfigChange['set']> = { ...earlier.set };
  for (const [key, value] of Object.entries(later.set ?? {})) {
    if (value === null) delete set[key];
    else set[key] = value;
  }
  const users = new Map((earlier.users ?? []).map((user) => [user.user, user]));
  const removed = new Set(earlier.remove_users ?? []);
  for (const user of later.remove_users ?? []) {
    users.delete(user);
    removed.add(user);
  }
  for (const user of later.users ?? []) {
    users.set(user.user, { ...users.get(user.user), ...user });
    removed.delete(user.user);
  }
  return { set, users: [...users.values()], remove_users: [...removed] };
}
