/**
 * What the claims of a user give it, once it is known which account it belongs to: its own permissions, or those of the scope of the
 * key that signed it. And what is wrong with claims as such. Source: nats-io/jwt v2 types.go Validate, account_claims.go
 * ValidateScopedSigner; nats-server server/auth.go processUserPermissionsTemplate.
 */
import { decodePublicNkey } from '@sluice/protocol';
import type { Permissions } from '../../options.ts';
import type { AccountClaims } from './account-claims.ts';
import { fillTemplates, permissionsOf } from './claims-permissions.ts';
import { asAddressBlocks, asInteger, asRecord, asTexts, type JwtClaims } from './decode-jwt.ts';
import { isAddressBlock, isTimeOfDay, isTimeZone } from './user-restrictions.ts';

export interface UserRights {
  readonly ok: true;
  /** The claims that apply: the user's own, or the template of its scope. */
  readonly nats: Readonly<Record<string, unknown>>;
  readonly permissions: Permissions | undefined;
}

/** `unknown`: the issuer may not sign users of the account. `invalid`: its scope forbids this one. */
export type RightsResult = UserRights | { readonly ok: false; readonly problem: 'unknown' | 'scope' | 'template' };

/** What a user may do in its account: what its JWT says, or the template of the signing key that issued it. */
export function rightsOf(claims: JwtClaims, account: AccountClaims): RightsResult {
  const own: UserRights = { ok: true, nats: claims.nats, permissions: permissionsOf(claims.nats) };
  if (!account.issuers.has(claims.issuer)) return { ok: false, problem: 'unknown' };
  const key = account.signingKeys.get(claims.issuer);
  if (key?.scope === undefined) return own;
  if (!hasNoPermissions(claims.nats)) return { ok: false, problem: 'scope' };
  const { template } = key.scope;
  const scoped = permissionsOf(template);
  if (scoped === undefined) return { ok: true, nats: template, permissions: undefined };
  const permissions = fillTemplates(scoped, {
    name: claims.name,
    subject: claims.subject,
    accountName: account.name,
    accountSubject: account.id,
    tags: asTexts(claims.nats['tags']),
    accountTags: account.tags,
  });
  return permissions === undefined ? { ok: false, problem: 'template' } : { ok: true, nats: template, permissions };
}

/** A user of a scoped key says nothing about what it may do, not even that there is no limit. */
function hasNoPermissions(nats: Readonly<Record<string, unknown>>): boolean {
  const lists = ['pub', 'sub'].flatMap((name) => {
    const rules = asRecord(nats[name]) ?? {};
    return [rules['allow'], rules['deny']];
  });
  const { resp, src, times, times_location, subs = 0, data = 0, payload = 0 } = nats;
  return (
    [...lists, resp, src, times, nats['allowed_connection_types']].every((value) => value === undefined || value === null) &&
    [subs, data, payload].every((limit) => limit === 0) &&
    (times_location ?? '') === '' &&
    nats['bearer_token'] !== true &&
    nats['proxy_required'] !== true
  );
}

/** The first thing that is wrong with the claims of a user, in the words of the official package; undefined when nothing is. */
export function userProblem(claims: JwtClaims, nowS: number): string | undefined {
  const issuerAccount = claims.nats['issuer_account'];
  return (
    timeProblem(claims, nowS) ??
    rulesProblems(claims.nats['sub'], true)[0] ??
    rulesProblems(claims.nats['pub'], false)[0] ??
    limitsProblem(claims.nats) ??
    (typeof issuerAccount === 'string' && issuerAccount !== '' && decodePublicNkey(issuerAccount)?.kind !== 'account'
      ? 'account_id is not an account public key'
      : undefined)
  );
}

/** Claims are good until the end of the second in which they expire. */
export function timeProblem({ expiresAt, notBefore }: JwtClaims, nowS: number): string | undefined {
  const second = Math.floor(nowS);
  if (expiresAt > 0 && second > expiresAt) return 'claim is expired';
  return notBefore > second ? 'claim is not yet valid' : undefined;
}

/** What is wrong with the subjects of a direction. */
export function rulesProblems(value: unknown, mayNameQueue: boolean): string[] {
  const rules = asRecord(value) ?? {};
  return [...asTexts(rules['allow']), ...asTexts(rules['deny'])].flatMap((text) => {
    const [subject = '', queue, ...more] = text.split(' ');
    if (more.length > 0) return [`Permission Subject "${text}" contains too many spaces`];
    const problems = [subject, ...(queue === undefined ? [] : [queue])].flatMap((part) => subjectProblem(part) ?? []);
    const misplaced = queue !== undefined && !mayNameQueue;
    return misplaced ? [...problems, `Permission Subject "${text}" is not allowed to contain queue`] : problems;
  });
}

/** What is wrong with a subject in claims. */
export function subjectProblem(subject: string): string | undefined {
  if (subject === '') return 'subject cannot be empty';
  if (subject.includes(' ')) return `subject ${JSON.stringify(subject)} cannot have spaces`;
  if (subject.startsWith('.') || subject.endsWith('.')) {
    return `subject ${JSON.stringify(subject)} cannot start or end with a \`.\``;
  }
  return subject.includes('..') ? `subject ${JSON.stringify(subject)} cannot contain consecutive \`.\`` : undefined;
}

function limitsProblem(nats: Readonly<Record<string, unknown>>): string | undefined {
  const { times, times_location: zone } = nats;
  return (
    first(asAddressBlocks(nats['src']), (block) =>
      isAddressBlock(block) ? undefined : `invalid cidr ${JSON.stringify(block)} in user src limits`,
    ) ??
    first(Array.isArray(times) ? times : [], rangeProblem) ??
    (typeof zone === 'string' && zone !== '' && !isTimeZone(zone)
      ? `could not parse iana time zone by name: unknown time zone ${zone}`
      : undefined)
  );
}

function rangeProblem(range: unknown): string | undefined {
  const { start, end } = asRecord(range) ?? {};
  if (start === undefined || start === '') return 'time ranges start must contain a start';
  if (!isTimeOfDay(start)) return `start in time range is invalid ${JSON.stringify(start)}`;
  if (end === undefined || end === '') return 'time ranges end must contain an end';
  return isTimeOfDay(end) ? undefined : `end in time range is invalid ${JSON.stringify(end)}`;
}

function first<T>(items: readonly T[], problemOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Limits of the user itself: negative ones are none, and what is not said is 0. */
export function limitsOf(nats: Readonly<Record<string, unknown>>): { maxSubscriptions?: number; maxPayloadBytes?: number } {
  const subs = asInteger(nats['subs'], 0);
  const payload = asInteger(nats['payload'], 0);
  return { ...(subs >= 0 ? { maxSubscriptions: subs } : {}), ...(payload >= 0 ? { maxPayloadBytes: payload } : {}) };
}
