/** Permissions and limits of JWT claims → the broker's. Source: nats-io/jwt v2 types.go Permissions, user_claims.go. */
import type { Permissions, SubjectRules } from '../../options.ts';
import { asInteger, asRecord, asTexts } from './decode-jwt.ts';

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
      : { allowResponses: { maxCount: asInteger(responses['max'], 1), expiresMs: asInteger(responses['ttl'], 0) / 1e6 } }),
  };
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

/** Values that one template may have, so that no combination of tags grows without bound. */
const MAX_EXPANSIONS = 256;

/**
 * Permissions with `{{name()}}` and the like filled in. A subject whose template has no value, or makes a subject of it that is
 * none, allows nothing; as a deny rule it refuses the user: undefined.
 */
export function fillTemplates(permissions: Permissions, values: TemplateValues): Permissions | undefined {
  const fill = (rules: SubjectRules | undefined): SubjectRules | undefined | null => {
    if (rules === undefined) return undefined;
    const allow = rules.allow.flatMap((subject) => expand(subject, values) ?? []);
    const deny: string[] = [];
    for (const subject of rules.deny) {
      const expanded = expand(subject, values);
      if (expanded === undefined || expanded.length === 0) return null;
      deny.push(...expanded);
    }
    // An allow list that lost all its entries allows nothing, and not everything.
    if (rules.allow.length > 0 && allow.length === 0) return { allow: [], deny: ['>', ...deny] };
    return { allow, deny };
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

function expand(subject: string, values: TemplateValues): string[] | undefined {
  let expanded = [subject];
  for (const match of subject.matchAll(/\{\{\s*([\w-]+)\(\s*([^)]*?)\s*\)\s*\}\}/g)) {
    const replacements = valuesOf(match[1] ?? '', match[2] ?? '', values);
    if (replacements === undefined || replacements.length === 0) return undefined;
    expanded = expanded.flatMap((text) => replacements.map((replacement) => text.replace(match[0], replacement)));
    if (expanded.length > MAX_EXPANSIONS) return undefined;
  }
  const isBad = expanded.some((text) => /\{\{|\}\}|[ \t\r\n]/.test(text) || text.split('.').includes(''));
  return isBad ? undefined : expanded;
}

function valuesOf(name: string, argument: string, values: TemplateValues): string[] | undefined {
  const tagValues = (tags: readonly string[]): string[] => {
    const prefix = `${argument.toLowerCase()}:`;
    return tags.flatMap((tag) => (tag.toLowerCase().startsWith(prefix) ? [tag.slice(prefix.length)] : []));
  };
  switch (name.toLowerCase()) {
    case 'name':
      return [values.name];
    case 'subject':
      return [values.subject];
    case 'account-name':
      return [values.accountName];
    case 'account-subject':
      return [values.accountSubject];
    case 'tag':
      return tagValues(values.tags);
    case 'account-tag':
      return tagValues(values.accountTags);
    default:
      return undefined;
  }
}
