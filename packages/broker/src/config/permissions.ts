/** Permissions of users, accounts and routes. Source: nats-server server/opts.go parseUserPermissions. */
import { isValidSubject } from '@sluice/protocol';
import type { ConfigNode, ConfigValue } from '@sluice/protocol/config';
import type { Permissions, SubjectRules } from '../options.ts';
import { defineFields, readDuration, readInteger } from './fields.ts';
import { goText, goType } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';

/** Replies that may be sent to one request, and for how long, when `allow_responses` says no more than true. */
const DEFAULT_RESPONSES = { maxCount: 1, expiresMs: 120_000 };

type Draft<T> = { -readonly [K in keyof T]: T[K] };
type PermissionsDraft = Draft<Permissions>;
type RulesDraft = { allow: string[]; deny: string[] };
type ResponsesDraft = { maxCount: number; expiresMs: number };

/** The permissions of a `permissions { … }` block, or undefined after an error, which names its place unless `hasPlace` is false. */
export function readPermissions(node: ConfigNode, report: ConfigReport, hasPlace = true): Permissions | undefined {
  if (node.value.kind !== 'map') {
    report.error(hasPlace ? node : undefined, `Expected permissions to be a map/struct, got ${goText(node.value)}`);
    return undefined;
  }
  const draft: PermissionsDraft = {};
  for (const [key, child] of node.value.entries) {
    const name = key.toLowerCase();
    if (name === 'pub' || name === 'publish' || name === 'import') setRules(draft, 'publish', readRules(child, false, report));
    else if (name === 'sub' || name === 'subscribe' || name === 'export')
      setRules(draft, 'subscribe', readRules(child, true, report));
    else if (name === 'allow_responses' || name === 'publish_allow_responses') setResponses(draft, child, report);
    else if (!child.isUsedVariable) report.error(child, `Unknown field ${quoted(key)} parsing permissions`);
  }
  return draft;
}

function setRules(draft: PermissionsDraft, direction: 'publish' | 'subscribe', rules: SubjectRules | undefined): void {
  if (rules !== undefined) draft[direction] = rules;
}

/** One subject, a list of them, or a block with `allow` and `deny`. */
function readRules(node: ConfigNode, hasQueues: boolean, report: ConfigReport): SubjectRules | undefined {
  if (node.value.kind !== 'map') {
    // Without a block around the subjects, their errors have no place: so it is in nats-server.
    const allow = readSubjects(node, hasQueues, report, false);
    return allow === undefined ? undefined : { allow, deny: [] };
  }
  if (node.value.entries.size === 0) return undefined;
  const rules: RulesDraft = { allow: [], deny: [] };
  for (const [key, child] of node.value.entries) {
    const name = key.toLowerCase();
    if (name === 'allow' || name === 'deny') rules[name] = readSubjects(child, hasQueues, report) ?? [];
    else if (!child.isUsedVariable) {
      const why = `Unknown field name ${quoted(key)} parsing subject permissions, only 'allow' or 'deny' are permitted`;
      report.error(child, why);
    }
  }
  return rules;
}

/**
 * One subject or a list; of a subscription, each may name a queue group behind a blank. Undefined after an error, which names
 * its place unless `hasPlace` is false.
 */
export function readSubjects(node: ConfigNode, hasQueues: boolean, report: ConfigReport, hasPlace = true): string[] | undefined {
  const errorsAt = hasPlace ? node : undefined;
  const subjects = subjectsOf(node.value, errorsAt, report);
  const problem = subjects?.map((subject) => subjectProblem(subject, hasQueues)).find((text) => text !== undefined);
  if (problem === undefined) return subjects;
  report.error(errorsAt, problem);
  return undefined;
}

function subjectsOf(value: ConfigValue, errorsAt: ConfigNode | undefined, report: ConfigReport): string[] | undefined {
  if (value.kind === 'string') return [value.text];
  if (value.kind !== 'array') {
    report.error(errorsAt, `Expected subject permissions to be a subject, or array of subjects, got ${goType(value)}`);
    return undefined;
  }
  const wrong = value.items.find((item) => item.value.kind !== 'string');
  if (wrong === undefined) return value.items.flatMap((item) => (item.value.kind === 'string' ? [item.value.text] : []));
  report.error(wrong, 'Subject in permissions array cannot be cast to string');
  return undefined;
}

function subjectProblem(subject: string, hasQueues: boolean): string | undefined {
  if (isValidSubject(subject)) return undefined;
  const [name, queue, ...more] = subject.split(/\s+/).filter((part) => part !== '');
  if (!hasQueues || name === undefined || queue === undefined || more.length > 0) {
    return `subject ${quoted(subject)} is not a valid subject`;
  }
  if (!isValidSubject(name)) return `subject ${quoted(name)} is not a valid subject`;
  return isValidSubject(queue) ? undefined : `queue ${quoted(queue)} is not a valid queue`;
}

function setResponses(draft: PermissionsDraft, node: ConfigNode, report: ConfigReport): void {
  const { value } = node;
  if (value.kind === 'boolean') {
    if (value.value) draft.allowResponses = DEFAULT_RESPONSES;
  } else if (value.kind === 'map') {
    const responses = { ...DEFAULT_RESPONSES };
    for (const [key, child] of value.entries) {
      const reader = responseFields.get(key.toLowerCase());
      if (reader !== undefined) reader(child, responses, report, key);
      else if (!child.isUsedVariable) report.error(child, `Unknown field ${quoted(key)} parsing permissions`);
    }
    draft.allowResponses = responses;
  } else {
    report.error(node, 'error parsing response permissions, expected a boolean or a map');
  }
}

/** 0 means the default; a negative count or time means no limit. */
const responseFields = defineFields<ResponsesDraft>({
  'max max_msgs max_messages max_responses': (node, draft, report) => {
    const count = readInteger(node, report) ?? 0;
    if (count !== 0) draft.maxCount = Math.max(count, -1);
  },
  'expires expiration ttl': (node, draft, report) => {
    if (node.value.kind !== 'string') return report.error(node, 'error parsing expires, not a duration string');
    const ms = readDuration(node, 'expires', report) ?? 0;
    if (ms !== 0) draft.expiresMs = Math.max(ms, 0);
  },
});
