/**
 * What is wrong with the claims of an account, in the words and the order of the official package. An account with a blocking problem
 * is unknown to the server. Source: nats-io/jwt v2 account_claims.go, imports.go, exports.go Validate.
 */
import { decodePublicNkey } from '@sluice/protocol';
import { activationProblems } from './activation.ts';
import { isContainedIn } from './contained-subject.ts';
import { asInteger, asRecord, asTexts, type JwtClaims } from './decode-jwt.ts';
import { rulesProblems, subjectProblem, timeProblem } from './user-rights.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface AccountProblem {
  readonly text: string;
  /** Of time alone: the claims may be pushed, and do not count now. */
  readonly isOfTime: boolean;
}

/** All that keeps the account from being used. */
export function accountProblems(claims: JwtClaims, nowS: number): AccountProblem[] {
  const time = timeProblem(claims, nowS);
  const texts = [...importProblems(claims), ...exportProblems(claims), ...ownProblems(claims)];
  return [...(time === undefined ? [] : [{ text: time, isOfTime: true }]), ...texts.map((text) => ({ text, isOfTime: false }))];
}

function ownProblems({ nats }: JwtClaims): string[] {
  const { mappings, authorization, trace, signing_keys: keys, cluster_traffic: traffic = '' } = nats;
  return [
    ...limitProblems(asRecord(nats['limits']) ?? {}),
    ...permissionProblems(asRecord(nats['default_permissions']) ?? {}),
    ...Object.entries(asRecord(mappings) ?? {}).flatMap(([from, list]) => mappingProblems(from, listOf(list))),
    ...authorizationProblems(asRecord(authorization) ?? {}),
    ...traceProblems(asRecord(trace)),
    ...countProblems(nats),
    ...(Array.isArray(keys) ? keys : []).flatMap(signingKeyProblems),
    ...(traffic === '' || traffic === 'system' || traffic === 'owner'
      ? []
      : [`unknown cluster traffic option: ${JSON.stringify(traffic)}`]),
  ];
}

function importProblems({ nats, subject }: JwtClaims): string[] {
  const services: { readonly account: string; readonly subject: string }[] = [];
  return listOf(nats['imports']).flatMap((item) => {
    const account = textOf(item['account']);
    const problems: string[] = [];
    if (item['type'] === 'service') {
      const local = localSubject(item);
      for (const other of services) {
        if (other.account !== account || !overlap(local, other.subject)) continue;
        const [left, right] = [JSON.stringify(local), JSON.stringify(other.subject)];
        problems.push(`overlapping subject namespace for ${left} and ${right} in same account ${JSON.stringify(account)}`);
      }
      if (services.some((other) => other.account === account && other.subject === local)) {
        problems.push(`overlapping subject namespace for ${JSON.stringify(local)} in account ${JSON.stringify(account)}`);
      }
      services.push({ account, subject: local });
    }
    return [...problems, ...oneImportProblems(item, subject)];
  });
}

function localSubject(item: Fields): string {
  const local = textOf(item['local_subject']);
  return textOf(item['to']) || local.replace(/(^|\.)\$\d+(?=\.|$)/g, '$1*') || textOf(item['subject']);
}

const overlap = (left: string, right: string): boolean => isContainedIn(left, right) || isContainedIn(right, left);

function oneImportProblems(item: Fields, importer: string): string[] {
  const { type } = item;
  const subject = textOf(item['subject']);
  const local = textOf(item['local_subject']);
  const quoted = JSON.stringify(subject);
  return [
    ...(type === 'service' || type === 'stream' ? [] : ['invalid import type: "unknown"']),
    ...(type === 'service' && item['allow_trace'] === true ? ['AllowTrace only valid for stream import'] : []),
    ...(textOf(item['account']) === '' ? ['account to import from is not specified'] : []),
    ...some(subjectProblem(subject)),
    ...(local === '' ? [] : renamingProblems(local, subject)),
    ...(local !== '' && textOf(item['to']) !== '' ? ['Local Subject replaces To'] : []),
    ...(item['share'] === true && type !== 'service'
      ? [`sharing information (for latency tracking) is only valid for services: ${quoted}`]
      : []),
    ...(textOf(item['token']) === '' ? [] : activationProblems(item, importer)),
  ];
}

function renamingProblems(local: string, from: string): string[] {
  const endsWild = (text: string): boolean => text === '>' || text.endsWith('.>');
  const stars = from.split('.').filter((token) => token === '*').length;
  let references = 0;
  const problems: string[] = [...some(subjectProblem(local))];
  if (endsWild(local) !== endsWild(from)) problems.push('both, renaming subject and subject, need to end or not end in >');
  for (const token of local.split('.')) {
    const index = /^\$(\d+)$/.exec(token)?.[1];
    if (index !== undefined && Number(index) > stars) {
      const what = `Reference $${Number(index)} in ${JSON.stringify(local)} reference * in ${JSON.stringify(from)}`;
      problems.push(`${what} that do not exist`);
    } else if (token === '*' || index !== undefined) references++;
  }
  if (references !== stars) problems.push('subject does not contain enough * or reference wildcards $[0-9]');
  return problems;
}

function exportProblems({ nats }: JwtClaims): string[] {
  const exports = listOf(nats['exports']);
  const ofKind = (isService: boolean): string[] =>
    exports.filter(({ type }) => (type === 'service') === isService).map((item) => textOf(item['subject']));
  return [
    ...exports.flatMap(oneExportProblems),
    ...containmentProblems('service', ofKind(true)),
    ...containmentProblems('stream', ofKind(false)),
  ];
}

function oneExportProblems(item: Fields): string[] {
  const { type, response_type: response = '' } = item;
  const isService = type === 'service';
  const threshold = asInteger(item['response_threshold'], 0);
  const latency = asRecord(item['service_latency']);
  const quoted = JSON.stringify(response);
  const isKnown = ['', 'Singleton', 'Stream', 'Chunked'].includes(String(response));
  return [
    ...(isService || type === 'stream' ? [] : ['invalid export type: "unknown"']),
    ...(isService && !isKnown ? [`invalid response type for service: ${quoted}`] : []),
    ...(type === 'stream' && response !== '' ? [`invalid response type for stream: ${quoted}`] : []),
    ...(type === 'stream' && item['allow_trace'] === true ? ['AllowTrace only valid for service export'] : []),
    ...(latency !== undefined && !isService ? ['latency tracking only permitted for services'] : []),
    ...(latency === undefined ? [] : latencyProblems(latency)),
    ...(threshold < 0 ? ['negative response threshold is invalid'] : []),
    ...(threshold > 0 && !isService ? ['response threshold only valid for services'] : []),
    ...some(subjectProblem(textOf(item['subject']))),
    ...some(positionProblem(textOf(item['subject']), asInteger(item['account_token_position'], 0))),
  ];
}

function latencyProblems(latency: Fields): string[] {
  const results = textOf(latency['results']);
  const sampling = asInteger(latency['sampling'], 0);
  return [
    ...(sampling < 0 || sampling > 100 ? ['sampling percentage needs to be between 1-100'] : []),
    ...some(subjectProblem(results)),
    ...(hasWildcards(results) ? ['results subject can not contain wildcards'] : []),
  ];
}

function positionProblem(subject: string, position: number): string | undefined {
  if (position <= 0) return undefined;
  if (!hasWildcards(subject)) return `Account Token Position can only be used with wildcard subjects: ${subject}`;
  const token = subject.split('.')[position - 1];
  if (token === undefined) return `Account Token Position ${position} exceeds length of subject '${subject}'`;
  return token === '*' ? undefined : `Account Token Position ${position} matches '${token}' but must match a * in: ${subject}`;
}

function containmentProblems(kind: string, subjects: readonly string[]): string[] {
  const seen = new Set<string>();
  return subjects.flatMap((inner, index) =>
    subjects.flatMap((outer, other) => {
      if (index === other || seen.has(outer) || !isContainedIn(inner, outer)) return [];
      seen.add(outer);
      return [`${kind} export subject ${JSON.stringify(outer)} already exports ${JSON.stringify(inner)}`];
    }),
  );
}

function limitProblems(limits: Fields): string[] {
  const tiers = asRecord(limits['tiered_limits']) ?? {};
  return '' in tiers ? ['Tiered JetStream Limits can not contain a blank "" tier name'] : [];
}

function permissionProblems(permissions: Fields): string[] {
  return [...rulesProblems(permissions['sub'], true), ...rulesProblems(permissions['pub'], false)];
}

function mappingProblems(from: string, destinations: readonly Fields[]): string[] {
  const totals = new Map<string, number>();
  const name = JSON.stringify(from);
  const problems = [...some(subjectProblem(from))];
  for (const item of destinations) {
    const weight = asInteger(item['weight'], 0) || 100;
    const cluster = textOf(item['cluster']);
    const total = (totals.get(cluster) ?? 0) + weight;
    totals.set(cluster, total);
    problems.push(...some(subjectProblem(textOf(item['subject']))));
    if (weight > 100) problems.push(`Mapping ${name} has a weight ${weight} that exceeds 100`);
    if (cluster !== '' && total > 100) {
      problems.push(`Mapping ${name} in cluster ${JSON.stringify(cluster)} exceeds 100% among all of it's weighted to mappings`);
    }
  }
  if ((totals.get('') ?? 0) > 100) problems.push(`Mapping ${name} exceeds 100% among all of it's weighted to mappings`);
  return problems;
}

function authorizationProblems(authorization: Fields): string[] {
  const users = asTexts(authorization['auth_users']);
  const allowed = asTexts(authorization['allowed_accounts']);
  const xkey = textOf(authorization['xkey']);
  const isKind = (text: string, kind: string): boolean => decodePublicNkey(text)?.kind === kind;
  return [
    ...(allowed.length > 0 && users.length === 0 ? ['External authorization cannot have accounts without users specified'] : []),
    ...users.flatMap((user) => (isKind(user, 'user') ? [] : [`AuthUser ${JSON.stringify(user)} is not a valid user public key`])),
    ...allowed.flatMap((account) => {
      if (account === '*') return allowed.length > 1 ? ['AllowedAccounts can only be a list of accounts or "*"'] : [];
      return isKind(account, 'account') ? [] : [`Account ${JSON.stringify(account)} is not a valid account public key`];
    }),
    ...(xkey === '' || isKind(xkey, 'curve') ? [] : [`XKey ${JSON.stringify(xkey)} is not a valid public xkey`]),
  ];
}

function traceProblems(trace: Fields | undefined): string[] {
  if (trace === undefined) return [];
  const destination = textOf(trace['dest']);
  const sampling = asInteger(trace['sampling'], 0);
  const problem = subjectProblem(destination);
  const quoted = JSON.stringify(destination);
  return [
    ...(problem === undefined ? [] : [`the account Trace.Destination ${problem}`]),
    ...(hasWildcards(destination) ? [`the account Trace.Destination subject ${quoted} is not a valid publish subject`] : []),
    ...(sampling < 0 || sampling > 100
      ? [`the account Trace.Sampling value '${sampling}' is not valid, should be in the range [1..100]`]
      : []),
  ];
}

/** An account whose limits say nothing at all may import nothing, which is said once; others say it twice, as there. */
function countProblems(nats: Fields): string[] {
  const limits = asRecord(nats['limits']) ?? {};
  const isEmpty = Object.values(limits).every((value) => value === 0 || value === false || value === null);
  const [imports, exports] = [listOf(nats['imports']), listOf(nats['exports'])];
  const [maxImports, maxExports] = [asInteger(limits['imports'], 0), asInteger(limits['exports'], 0)];
  const tooMany = 'the account contains more imports than allowed by the operator';
  return [
    ...(!isEmpty && maxImports >= 0 && imports.length > maxImports ? [tooMany] : []),
    ...(maxImports !== -1 && imports.length > maxImports ? [tooMany] : []),
    ...(maxExports !== -1 && exports.length > maxExports
      ? ['the account contains more exports than allowed by the operator']
      : []),
    ...(maxExports !== -1 && limits['wildcards'] !== true
      ? exports.flatMap((item) =>
          hasWildcards(textOf(item['subject']))
            ? ['the account contains wildcard exports that are not allowed by the operator']
            : [],
        )
      : []),
  ];
}

function signingKeyProblems(value: unknown): string[] {
  const key = typeof value === 'string' ? value : textOf(asRecord(value)?.['key']);
  if (decodePublicNkey(key)?.kind === 'account') return [];
  return [typeof value === 'string' ? `"${key}" is not a valid account signing key` : `${key} is not an account public key`];
}

const hasWildcards = (subject: string): boolean => subject.split('.').some((token) => token === '*') || /(^|\.)>$/.test(subject);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const some = (text: string | undefined): string[] => (text === undefined ? [] : [text]);

function listOf(value: unknown): Fields[] {
  return (Array.isArray(value) ? value : []).flatMap((item: unknown) => {
    const record = asRecord(item);
    return record === undefined ? [] : [record];
  });
}
