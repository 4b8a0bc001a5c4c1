/** A NATS user as a form: permissions as lines of text, one subject each. Pure. */
import { isValidSubject } from '@sluice/protocol';
import type { NatsUser, NatsUserChange, NatsUserPermissions } from '@sluice/protocol/console';

export interface UserForm {
  readonly username: string;
  readonly password: string;
  /** Of a new user; empty: the account that the server puts users in. */
  readonly account: string;
  /** False: the user may publish and subscribe to everything. */
  readonly isRestricted: boolean;
  readonly publishAllow: string;
  readonly publishDeny: string;
  readonly subscribeAllow: string;
  readonly subscribeDeny: string;
  /** True: may answer requests though the reply subject is not allowed. */
  readonly areRepliesAllowed: boolean;
}

export type SubjectListName = 'publishAllow' | 'publishDeny' | 'subscribeAllow' | 'subscribeDeny';
export const subjectLists: readonly SubjectListName[] = ['publishAllow', 'publishDeny', 'subscribeAllow', 'subscribeDeny'];

/** The form for a user as it runs, or as a pending change says; empty for a new one. */
export function formOf(user: Pick<NatsUser, 'username' | 'permissions'> | null, change: NatsUserChange | undefined): UserForm {
  const permissions = change?.permissions === undefined ? (user?.permissions ?? null) : change.permissions;
  return {
    username: change?.username ?? user?.username ?? '',
    password: change?.password ?? '',
    account: change?.account ?? '',
    isRestricted: permissions !== null,
    publishAllow: linesOf(permissions?.publish?.allow),
    publishDeny: linesOf(permissions?.publish?.deny),
    subscribeAllow: linesOf(permissions?.subscribe?.allow),
    subscribeDeny: linesOf(permissions?.subscribe?.deny),
    areRepliesAllowed: permissions?.responses !== undefined,
  };
}

function linesOf(subjects: readonly string[] | undefined): string {
  return subjects?.join('\n') ?? '';
}

export function subjectsOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The first subject of a list that is none, or null. A subscribe rule may name a queue after a blank. */
export function subjectListProblem(text: string, name: SubjectListName): string | null {
  const bad = subjectsOf(text).find((subject) => {
    const [pattern, queue, ...rest] = subject.split(/\s+/);
    const isQueueAllowed = name.startsWith('subscribe');
    return pattern === undefined || !isValidSubject(pattern) || rest.length > 0 || (queue !== undefined && !isQueueAllowed);
  });
  return bad === undefined ? null : `“${bad}” is not a subject`;
}

export function isValidForm(form: UserForm, isNew: boolean): boolean {
  if (form.username.trim() === '' || (isNew && form.password === '')) return false;
  return !form.isRestricted || subjectLists.every((name) => subjectListProblem(form[name], name) === null);
}

/** Replies a restricted user may send to a request when replies are allowed, as nats-server's default: one, within 2 minutes. */
const DEFAULT_RESPONSES = { maxCount: 1, expiresMs: 120_000 };

export function changeOf(form: UserForm, before: NatsUserPermissions | null): NatsUserChange {
  const rules = {
    publish: { allow: subjectsOf(form.publishAllow), deny: subjectsOf(form.publishDeny) },
    subscribe: { allow: subjectsOf(form.subscribeAllow), deny: subjectsOf(form.subscribeDeny) },
    ...(form.areRepliesAllowed ? { responses: before?.responses ?? DEFAULT_RESPONSES } : {}),
  };
  return {
    username: form.username.trim(),
    ...(form.password === '' ? {} : { password: form.password }),
    ...(form.account === '' ? {} : { account: form.account }),
    permissions: form.isRestricted ? rules : null,
  };
}
