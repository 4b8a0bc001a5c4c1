/**
 * Exports and imports of all accounts → the links between them. Everything is checked first, so that a configuration that asks for
 * what is not offered, or for a circle, changes nothing. Source: nats-server server/accounts.go AddServiceImport, AddStreamImport,
 * checkServiceImportsForCycles.
 */
import { isSubsetOf, placeholdersOf, subjectsOverlap } from '@sluice/protocol';
import type { AccountExport, AccountImport, AccountOptions } from '../options.ts';
import type { Account } from './account.ts';
import { ServiceImport } from './service-import.ts';
import { StreamImport } from './stream-import.ts';

/** How long a reply is awaited when the export does not say. */
const DEFAULT_RESPONSE_THRESHOLD_MS = 120_000;

export interface LinkDependencies {
  readonly find: (name: string) => Account | undefined;
  readonly newReplyToken: () => string;
  /** A number in [0, 1). */
  readonly randomFraction: () => number;
  readonly describeRequester: (importer: string, cid: number, isShared: boolean) => object;
}

/** What accounts are told to be, for whoever follows their imports. */
export interface AccountsByName {
  get(name: string): AccountOptions | undefined;
}

/** Links of one importer, each under what it was made of. */
interface ImporterLinks {
  readonly importer: Account;
  readonly services: Map<string, ServiceImport>;
  streamsKey: string;
}

/** The links in force. What stays the same when accounts change stays linked, so that replies that are due still arrive. */
export class ImportLinks {
  private readonly byImporter: Map<string, ImporterLinks> = new Map();

  /** @throws with nats-server's text when an import is not authorized or closes a circle; the links in force then stay. */
  relink(list: readonly AccountOptions[], dependencies: LinkDependencies): void {
    const accounts = new Map(list.map((account) => [account.name, account]));
    for (const account of list) for (const wanted of account.imports ?? []) checkImport(account, wanted, accounts);
    for (const name of this.byImporter.keys()) if (!accounts.has(name)) this.update({ name }, accounts, dependencies);
    for (const account of list) this.update(account, accounts, dependencies);
  }

  /** Takes the imports of one account into force, which are known to be allowed. */
  update(options: AccountOptions, accounts: AccountsByName, dependencies: LinkDependencies): void {
    const { name, imports = [] } = options;
    const importer = dependencies.find(name);
    if (importer === undefined || (imports.length === 0 && !this.byImporter.has(name))) return;
    const links = this.byImporter.get(name) ?? { importer, services: new Map(), streamsKey: '[]' };
    this.byImporter.set(name, links);
    const streams = imports.filter(({ kind }) => kind === 'stream');
    const streamsKey = JSON.stringify(streams);
    if (streamsKey !== links.streamsKey) {
      importer.setStreamImports(streams.flatMap((wanted) => linkStream(name, wanted, dependencies)));
      links.streamsKey = streamsKey;
    }
    updateServices(links, imports, accounts, dependencies);
    if (imports.length === 0) this.byImporter.delete(name);
  }
}

function updateServices(
  { importer, services }: ImporterLinks,
  imports: readonly AccountImport[],
  accounts: AccountsByName,
  dependencies: LinkDependencies,
): void {
  const wantedByKey = new Map<string, AccountImport>();
  for (const wanted of imports) {
    if (wanted.kind === 'service') wantedByKey.set(JSON.stringify([wanted, findExport(wanted, accounts)]), wanted);
  }
  for (const [key, service] of services) {
    if (wantedByKey.has(key)) continue;
    service.close();
    services.delete(key);
  }
  for (const [key, wanted] of wantedByKey) {
    const service = services.has(key) ? undefined : linkService(importer, wanted, accounts, dependencies);
    if (service !== undefined) services.set(key, service);
  }
}

function linkStream(importer: string, wanted: AccountImport, { find }: LinkDependencies): StreamImport[] {
  const exporter = find(wanted.account);
  if (exporter === undefined) return [];
  const allowsTrace = wanted.allowTrace === true;
  return [new StreamImport(exporter, wanted.subject, localSubject(wanted), { name: importer, allowsTrace })];
}

function linkService(
  importer: Account,
  wanted: AccountImport,
  accounts: AccountsByName,
  dependencies: LinkDependencies,
): ServiceImport | undefined {
  const exporter = dependencies.find(wanted.account);
  if (exporter === undefined) return undefined;
  const offer = findExport(wanted, accounts);
  const local = wanted.to ?? wanted.subject;
  const hasPlaceholders = /\$\d/.test(local);
  return new ServiceImport({
    importer,
    exporter,
    local: hasPlaceholders ? starsOf(local) : local,
    exported: hasPlaceholders ? reorder(wanted.subject, local) : placeholdersOf(wanted.subject),
    isFixed: !/(^|\.)[*>](\.|$)/.test(wanted.subject),
    responseType: offer?.responseType ?? 'single',
    responseThresholdMs: offer?.responseThresholdMs ?? DEFAULT_RESPONSE_THRESHOLD_MS,
    newReplyToken: dependencies.newReplyToken,
    describeRequester: (cid) => dependencies.describeRequester(importer.name, cid, wanted.share === true),
    describeResponder: (cid) => dependencies.describeRequester(exporter.name, cid, true),
    randomFraction: dependencies.randomFraction,
    allowsTrace: offer?.allowTrace === true,
    ...(offer?.latency === undefined ? {} : { latency: offer.latency }),
  });
}

/** `to`, or the exported subject behind the prefix. */
function localSubject({ subject, prefix, to }: AccountImport): string {
  if (to !== undefined) return to;
  return prefix === undefined ? subject : `${prefix}.${subject}`;
}

/** `req.$2.$1` as a pattern: `req.*.*`. */
function starsOf(local: string): string {
  return local
    .split('.')
    .map((token) => (/^\$\d+$/.test(token) ? '*' : token))
    .join('.');
}

/** The exported pattern with the wildcards of the local one in their places. */
function reorder(exported: string, local: string): string {
  const order = local.split('.').filter((token) => /^\$\d+$/.test(token));
  let wildcard = 0;
  return exported
    .split('.')
    .map((token) => (token === '*' ? `$${order.indexOf(`$${++wildcard}`) + 1}` : token))
    .join('.');
}

function findExport(wanted: AccountImport, accounts: AccountsByName): AccountExport | undefined {
  const exporter = accounts.get(wanted.account);
  return exporter?.exports?.find((offer) => offer.kind === wanted.kind && isSubsetOf(wanted.subject, offer.subject));
}

/** @throws with nats-server's text when the import asks for what is not offered, or closes a circle. */
export function checkImport(importer: AccountOptions, wanted: AccountImport, accounts: AccountsByName): void {
  const offer = findExport(wanted, accounts);
  if (offer === undefined || !mayImport(importer.name, wanted, offer)) throw new Error(`${wanted.kind} import not authorized`);
  const start = wanted.kind === 'service' ? wanted.subject : localSubject(wanted);
  if (formsCycle(importer.name, wanted.account, start, { kind: wanted.kind, accounts, visited: new Set() })) {
    throw new Error('import forms a cycle');
  }
}

function mayImport(importer: string, wanted: AccountImport, offer: AccountExport): boolean {
  if (offer.accountTokenPosition !== undefined && offer.accountTokenPosition > 0) {
    return wanted.subject.split('.')[offer.accountTokenPosition - 1] === importer;
  }
  if (offer.tokenRequired === true) return wanted.isActivated === true;
  return offer.accounts === undefined || offer.accounts.includes(importer);
}

interface Walk {
  readonly kind: AccountImport['kind'];
  readonly accounts: AccountsByName;
  readonly visited: Set<string>;
}

/** Follows imports of the same kind from `at` for as long as their subjects overlap; true when they lead back to `home`. */
function formsCycle(home: string, at: string, subject: string, walk: Walk): boolean {
  const key = `${at} ${subject}`;
  if (at === home) return true;
  if (walk.visited.has(key)) return false;
  walk.visited.add(key);
  const imports = walk.accounts.get(at)?.imports ?? [];
  return imports.some((next) => {
    if (next.kind !== walk.kind) return false;
    const local = next.kind === 'service' ? starsOf(next.to ?? next.subject) : starsOf(localSubject(next));
    return (
      subjectsOverlap(local, subject) && formsCycle(home, next.account, next.kind === 'service' ? next.subject : subject, walk)
    );
  });
}
