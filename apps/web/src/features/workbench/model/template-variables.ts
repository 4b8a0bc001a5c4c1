/**
 * Variables in a message: `{{seq}}`, `{{now}}`, `{{uuid}}`, `{{random}}`. A single message is filled in here, so that what is seen is
 * what is sent; with repeat the console's server fills in each message, by the same rules.
 */

export const templateVariables = ['seq', 'now', 'uuid', 'random'] as const;
export type TemplateVariable = (typeof templateVariables)[number];

/** What each variable becomes, in words for the page. */
export const variableMeaning: Record<TemplateVariable, string> = {
  seq: 'number of the message, from 1',
  now: 'time in UTC, ISO 8601',
  uuid: 'a new UUID each time',
  random: 'a whole number from 0 to 999,999',
};

const VARIABLE = /\{\{\s*([A-Za-z_][\w.]*)\s*\}\}/g;

export interface VariableSources {
  seq: number;
  /** Milliseconds since the epoch. */
  nowMs: number;
  uuid: () => string;
  /** 0 to below 1. */
  random: () => number;
}

function isVariable(name: string): name is TemplateVariable {
  return templateVariables.some((known) => known === name);
}

/** `text` with every known variable replaced; unknown ones stay as they are. */
export function fillIn(text: string, sources: VariableSources): string {
  return text.replace(VARIABLE, (whole, name: string) => (isVariable(name) ? variableValue(name, sources) : whole));
}

function variableValue(name: TemplateVariable, sources: VariableSources): string {
  switch (name) {
    case 'seq':
      return String(sources.seq);
    case 'now':
      return new Date(sources.nowMs).toISOString();
    case 'uuid':
      return sources.uuid();
    case 'random':
      return String(Math.floor(sources.random() * 1_000_000));
  }
}

/** `{{ seq }}` as `{{seq}}`, the spelling that the server fills in. */
export function tightenVariables(text: string): string {
  return text.replace(VARIABLE, (whole, name: string) => (isVariable(name) ? `{{${name}}}` : whole));
}

/** Names in double braces that are no variables, each once. They are sent as they are, and the page says so. */
export function unknownVariables(text: string): string[] {
  const names = new Set<string>();
  for (const match of text.matchAll(VARIABLE)) {
    const name = match[1] ?? '';
    if (!isVariable(name)) names.add(name);
  }
  return [...names];
}
