/** What a change of configuration changes, field by field, in words of the form. Pure. */
import type { ConfigJson } from './config-draft.ts';
import { draftOf } from './config-draft.ts';
import { configFields } from './config-fields.ts';

export interface ConfigChange {
  readonly key: string;
  readonly label: string;
  /** As people write it; `no limit`, `off` and `none` for what is empty. */
  readonly before: string;
  readonly after: string;
}

/** Every field whose value differs. Fields of the form first, in its order; then the others by name. */
export function configChanges(before: ConfigJson, after: ConfigJson): ConfigChange[] {
  const [old, next] = [draftOf(before), draftOf(after)];
  const changes: ConfigChange[] = [];
  for (const { key, label, kind } of configFields) {
    const [from, to] = [old.texts[key] ?? '', next.texts[key] ?? ''];
    if (from !== to) changes.push({ key, label, before: worded(from, kind), after: worded(to, kind) });
  }
  for (const key of [...new Set([...Object.keys(old.rest), ...Object.keys(next.rest)])].sort()) {
    const [from, to] = [jsonOf(old.rest[key]), jsonOf(next.rest[key])];
    if (from !== to) changes.push({ key, label: key, before: from, after: to });
  }
  return changes;
}

function worded(text: string, kind: string): string {
  if (kind === 'flag') return text === 'true' ? 'on' : 'off';
  if (text !== '') return text;
  return kind === 'count' || kind === 'bytes' || kind === 'duration' ? 'no limit' : 'none';
}

function jsonOf(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

/** The changed keys of `config` alone, as an update sends them. */
export function changedPart(config: ConfigJson, changes: readonly ConfigChange[]): Record<string, unknown> {
  return Object.fromEntries(changes.map(({ key }) => [key, config[key] ?? null]));
}
