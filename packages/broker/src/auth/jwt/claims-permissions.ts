/** Permissions and limits of JWT claims → the broker's. Source: nats-io/jwt v2 types.go Permissions, user_claims.go. */
import type { Permissions, SubjectRules } from '../../options.ts';
import { asInteger, asRecord, asTexts } from './decode-jwt.ts';

const DEFAULT_RESPONSE_TIME_MS = 120_000;

/** Undefined when the claims say nothing: everything is allowed. */
export function permissionsOf(nats: Readonly<Record<string, unknown>> | undefined): Permissions | undefined {
  if (nats === undefined) return undefined;
  const publish = rulesOf(nats['pub']);
  const subscribe = rulesOf(nats['sub']);
  const responses = asRecord(nats['resp']);
  if (publish === undefined && subscribe === undefined && responses === undefined) return undefined;
  return {
    ...(publish === undefined ? {} : { publish }),
    ...(subscribe === undefined ? {} : { subscribe }),
    ...(responses === undefined
      ? {}
      : { allowResponses: { maxCount: asInteger(responses['max'], 0) || 1, expiresMs: responseTimeMs(responses['ttl']) } }),
  };
}

/** Nanoseconds → milliseconds; 0 is two minutes, and less than that is no limit. */
function responseTimeMs(value: unknown): number {
  const ns = asInteger(value, 0);
  return ns === 0 ? DEFAULT_RESPONSE_TIME_MS : Math.max(0, ns / 1e6);
}

function rulesOf(value: unknown): SubjectRules | undefined {
  const rules = asRecord(value);
  if (rules === undefined) return undefined;
  const allow = asTexts(rules['allow']);
  const deny = asTexts(rules['deny']);
  return allow.length === 0 && deny.length === 0 ? undefined : { allow, deny };
}

/** What the templates of a scoped signing key may name. */
export interface TemplateValues {
  readonly name: string;
  readonly subject: string;
  readonly accountName: string;
  readonly accountSubject: string;
  /** `key:value` entries. */
  readonly tags: readonly string[];
  readonly accountTags: readonly string[];
}

/** Subjects that one list may become, so that no combination of tags grows without bound. */
const MAX_EXPANSIONS = 4096;

/**
 * Permissions with `{{name()}}` and the like filled in. An entry to allow that becomes no subject is left out; one to deny, an unknown
 * function and too many combinations of tags refuse the user: undefined.
 */
export function fillTemplates(permissions: Permissions, values: TemplateValues): Permissions | undefined {
  const fill = (rules: SubjectRules | undefined): SubjectRules | undefined | null => {
    if (rules === undefined) return undefined;
    const allow = expandAll(rules.allow, values, false);
    const deny = expandAll(rules.deny, values, true);
    if (allow === undefined || deny === undefined) return null;
    // An allow list that lost all its entries allows nothing, and not everything.
    return rules.allow.length > 0 && allow.length === 0 ? { allow, deny: [...deny, '>'] } : { allow, deny };
  };
  const publish = fill(permissions.publish);
  const subscribe = fill(permissions.subscribe);
  if (publish === null || subscribe === null) return undefined;
  return {
    ...(permissions.allowResponses === undefined ? {} : { allowResponses: permissions.allowResponses }),
    ...(publish === undefined ? {} : { publish }),
    ...(subscribe === undefined ? {} : { subscribe }),
  };
}

const TEMPLATE = /\{\{[^}]+\}\}/g;

/** A list in which nothing is filled in stays as it is, even where it is not right. */
function expandAll(subjects: readonly string[], values: TemplateValues, mustAll: boolean): string[] | undefined {
  if (!subjects.some((subject) => subject.search(TEMPLATE) >= 0)) return [...subjects];
  const filled: string[] = [];
  for (const subject of subjects) {
    const expanded = expand(subject, values, MAX_EXPANSIONS - filled.length);
    if (expanded === undefined) return undefined;
    const good = expanded.filter(isSubject);
    if (mustAll && good.length < Math.max(1, expanded.length)) return undefined;
    filled.push(...good);
  }
  return filled;
}

/** Every combination of the values; undefined for a function that there is not, and for more than `limit`. */
function expand(subject: string, values: TemplateValues, limit: number): string[] | undefined {
  let expanded = [subject];
  for (const [template] of subject.matchAll(TEMPLATE)) {
    const replacements = valuesOf(template.slice(2, -2).trim(), values);
    if (replacements === undefined || expanded.length * replacements.length > limit) return undefined;
    expanded = expanded.flatMap((text) => replacements.map((replacement) => text.replaceAll(template, () => replacement)));
  }
  return expanded;
}

function isSubject(text: string): boolean {
  const tokens = text.split('.');
  return tokens.every(
    (token, index) => token !== '' && !/[ \t\r\n\f]/.test(token) && (token !== '>' || index === tokens.length - 1),
  );
}

function valuesOf(operation: string, values: TemplateValues): string[] | undefined {
  switch (operation.toLowerCase()) {
    case 'name()':
      return [values.name];
    case 'subject()':
      return [values.subject];
    case 'account-name()':
      return [values.accountName];
    case 'account-subject()':
      return [values.accountSubject];
    default: {
      const match = /^(tag|account-tag)\((.*)\)$/i.exec(operation);
      if (match === null) return undefined;
      return tagValues(match[1]?.toLowerCase() === 'tag' ? values.tags : values.accountTags, match[2] ?? '');
    }
  }
}

/** What follows `name:` in tags of that name. */
function tagValues(tags: readonly string[], name: string): string[] {
  const prefix = `${name.toLowerCase()}:`;
  return tags.flatMap((tag) => (tag.startsWith(prefix) ? [tag.slice(prefix.length)] : []));
}
