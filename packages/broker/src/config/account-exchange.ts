/** Exports and imports of an account. Source: nats-server server/opts.go parseExportStreamOrService, parseImportStreamOrService. */
import { hasWildcards, NS_PER_MS, parseDuration, placeholdersOf, SubjectTransform } from '@sluice/protocol';
import type { ConfigMap, ConfigNode } from '@sluice/protocol/config';
import { checkImport } from '../account/link-imports.ts';
import type { AccountExport, AccountImport, AccountOptions } from '../options.ts';
import { boolean, defineFields, type FieldReader, integer, readFields, text, wrongType } from './fields.ts';
import { goText, goType } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface ExportDraft extends Partial<Mutable<AccountExport>> {
  serviceOnly: { node: ConfigNode; what: string }[];
}
interface ImportDraft extends Partial<Mutable<AccountImport>> {
  streamOnly?: ConfigNode;
}

const RESPONSE_TYPES: Readonly<Record<string, AccountExport['responseType']>> = {
  single: 'single',
  singleton: 'single',
  stream: 'stream',
  chunk: 'chunked',
  chunked: 'chunked',
};

/** The exports of an account; unsound ones are reported and left out. */
export function readExports(node: ConfigNode, report: ConfigReport): AccountExport[] {
  if (node.value.kind !== 'array') {
    report.error(node, `Exports should be an array, got ${goType(node.value)}`);
    return [];
  }
  return node.value.items.flatMap((item) => readExport(item, report) ?? []);
}

function readExport(node: ConfigNode, report: ConfigReport): AccountExport | undefined {
  if (node.value.kind !== 'map') {
    report.error(node, `Export Items should be a map with type entry, got ${goType(node.value)}`);
    return undefined;
  }
  const draft: ExportDraft = { serviceOnly: [] };
  readFields(exportFields, node.value, draft, report);
  const { serviceOnly, kind, subject, ...rest } = draft;
  if (kind === 'stream') {
    for (const { node: at, what } of serviceOnly) report.error(at, `Detected ${what} directive on non-service`);
  }
  return kind === undefined || subject === undefined ? undefined : { kind, subject, ...rest };
}

const exported = (kind: 'stream' | 'service'): FieldReader<ExportDraft> => {
  return (node, draft, report) => {
    if (draft.kind !== undefined && draft.kind !== kind) {
      return report.error(node, `Detected ${kind} ${quoted(goText(node.value))} but already saw a ${draft.kind}`);
    }
    if (node.value.kind !== 'string') {
      return report.error(node, `Expected ${kind} name to be string, got ${goType(node.value)}`);
    }
    draft.kind = kind;
    draft.subject = node.value.text;
  };
};

const exportFields = defineFields<ExportDraft>({
  stream: exported('stream'),
  service: exported('service'),
  'response response_type': (node, draft, report) => {
    if (draft.responseType !== undefined) return report.error(node, 'Duplicate response type definition');
    if (node.value.kind !== 'string') {
      return report.error(node, `Expected response type to be string, got ${goType(node.value)}`);
    }
    const name = node.value.text.toLowerCase();
    const type = Object.hasOwn(RESPONSE_TYPES, name) ? RESPONSE_TYPES[name] : undefined;
    if (type === undefined) return report.error(node, `Unknown response type: ${quoted(node.value.text)}`);
    draft.responseType = type;
    draft.serviceOnly.push({ node, what: 'response' });
  },
  'threshold response_threshold response_max_time response_time': (node, draft, report) => {
    if (draft.responseThresholdMs !== undefined) return report.error(node, 'Duplicate response threshold detected');
    const wanted = 'Expected response threshold to be a parseable time duration, got';
    if (node.value.kind !== 'string') return report.error(node, `${wanted} ${goType(node.value)}`);
    const parsed = parseDuration(node.value.text);
    if (!parsed.ok) return report.error(node, `${wanted} ${quoted(node.value.text)}`);
    draft.responseThresholdMs = parsed.ns / NS_PER_MS;
    draft.serviceOnly.push({ node, what: 'response' });
  },
  accounts: (node, draft, report) => {
    if (node.value.kind !== 'array') {
      return wrongType(node, '[]interface {}', report);
    }
    draft.accounts = node.value.items.flatMap((item) => {
      if (item.value.kind === 'string') return [item.value.text];
      wrongType(item, 'string', report);
      return [];
    });
  },
  latency: (node, draft, report) => {
    const latency = readLatency(node, report);
    if (latency === undefined) return;
    draft.latency = latency;
    draft.serviceOnly.push({ node, what: 'latency' });
  },
  account_token_position: integer((draft, value) => {
    draft.accountTokenPosition = value;
  }),
  allow_trace: (node, draft, report, key) => {
    boolean<ExportDraft>((target, value) => {
      target.allowTrace = value;
    })(node, draft, report, key);
    draft.serviceOnly.push({ node, what: 'allow_trace' });
  },
});

/** A subject alone samples everything. */
function readLatency(node: ConfigNode, report: ConfigReport): AccountExport['latency'] {
  const { value } = node;
  if (value.kind === 'string') return { subject: value.text, samplingPercent: 100 };
  if (value.kind !== 'map') {
    report.error(node, `Expected latency entry to be a map/struct or string, got ${goType(value)}`);
    return undefined;
  }
  const sampling = value.entries.get('sampling');
  const samplingPercent = sampling === undefined ? 100 : readSampling(sampling);
  if (typeof samplingPercent === 'string') {
    report.error(sampling, samplingPercent);
    return undefined;
  }
  const subject = value.entries.get('subject');
  if (subject === undefined) {
    report.error(node, 'Latency subject required, but missing');
    return undefined;
  }
  if (subject.value.kind === 'string') return { subject: subject.value.text, samplingPercent };
  report.error(subject, `Expected latency subject to be a string, got ${goType(subject.value)}`);
  return undefined;
}

function readSampling({ value }: ConfigNode): number | string {
  if (value.kind !== 'integer' && value.kind !== 'string') {
    return `Expected latency sample to be a string or map/struct, got ${goType(value)}`;
  }
  if (value.kind === 'string' && value.text.trim().toLowerCase() === 'headers') return 0;
  const written = value.kind === 'string' ? value.text.replace(/%$/, '') : String(value.value);
  if (!/^[+-]?\d{1,15}$/.test(written)) {
    return `Failed to parse latency sample: strconv.Atoi: parsing ${quoted(written)}: invalid syntax`;
  }
  const percent = Number(written);
  return percent >= 1 && percent <= 100 ? percent : 'bad sampling percentage, should be 1-100';
}

/** The imports of an account; unsound ones are reported and left out. */
export function readImports(node: ConfigNode, report: ConfigReport): AccountImport[] {
  if (node.value.kind !== 'array') {
    report.error(node, `Imports should be an array, got ${goType(node.value)}`);
    return [];
  }
  const imports: AccountImport[] = [];
  for (const item of node.value.items) {
    const read = readImport(item, report);
    if (read === undefined) continue;
    const twin = read.kind === 'service' && imports.find((entry) => isSameService(entry, read));
    if (twin) {
      const previous = `account ${quoted(twin.account)}, subject ${quoted(twin.subject)}`;
      const why = `Duplicate service import subject ${quoted(read.to ?? read.subject)}, previously used in import for ${previous}`;
      report.error(item, why);
    } else imports.push(read);
  }
  return imports;
}

function isSameService(a: AccountImport, b: AccountImport): boolean {
  return a.kind === 'service' && a.account === b.account && (a.to ?? a.subject) === (b.to ?? b.subject);
}

function readImport(node: ConfigNode, report: ConfigReport): AccountImport | undefined {
  if (node.value.kind !== 'map') {
    report.error(node, `Import Items should be a map with type entry, got ${goType(node.value)}`);
    return undefined;
  }
  const draft: ImportDraft = {};
  readFields(importFields, node.value, draft, report);
  const { kind, account, subject, streamOnly, ...rest } = draft;
  if (kind === 'service' && streamOnly !== undefined) {
    report.error(streamOnly, 'Detected allow_trace directive on a non-stream');
  }
  if (kind === 'stream' && rest.prefix !== undefined && rest.prefix !== '' && rest.to !== undefined) {
    report.error(node.value.entries.get('to') ?? node, "Stream import can not have a 'prefix' and a 'to' property");
  }
  return kind === undefined || account === undefined || subject === undefined ? undefined : { kind, account, subject, ...rest };
}

const imported = (kind: 'stream' | 'service'): FieldReader<ImportDraft> => {
  return (node, draft, report) => {
    if (draft.kind !== undefined && draft.kind !== kind) {
      return report.error(node, `Detected ${kind} but already saw a ${draft.kind}`);
    }
    if (node.value.kind !== 'map') {
      const name = kind === 'stream' ? 'Stream' : 'Service';
      return report.error(node, `${name} entry should be an account map, got ${goType(node.value)}`);
    }
    const source = readSource(node.value, report);
    if (source.account === '' || source.subject === '') return report.error(node, 'Expect an account name and a subject');
    draft.kind = kind;
    draft.account = source.account;
    draft.subject = source.subject;
  };
};

interface Source {
  account: string;
  subject: string;
}

const sourceFields = defineFields<Source>({
  account: text((draft, value) => {
    draft.account = value;
  }),
  subject: text((draft, value) => {
    draft.subject = value;
  }),
});

function readSource(block: ConfigMap, report: ConfigReport): Source {
  const source: Source = { account: '', subject: '' };
  readFields(sourceFields, block, source, report);
  return source;
}

const importFields = defineFields<ImportDraft>({
  stream: imported('stream'),
  service: imported('service'),
  prefix: text((draft, value) => {
    draft.prefix = value;
  }),
  to: text((draft, value) => {
    draft.to = value;
  }),
  share: boolean((draft, value) => {
    draft.share = value;
  }),
  allow_trace: (node, draft, report, key) => {
    boolean<ImportDraft>((target, value) => {
      target.allowTrace = value;
    })(node, draft, report, key);
    draft.streamOnly = node;
  },
});

/** Every account that an export or import names must exist; `node` is the accounts block, where such errors are shown. */
export function checkExchanges(node: ConfigNode, accounts: readonly AccountOptions[], report: ConfigReport): void {
  const known = new Set(accounts.map(({ name }) => name));
  const missing = (name: string, use: string) => {
    if (!known.has(name)) report.error(node, `${quoted(name)} account not defined for ${use}`);
  };
  for (const kind of ['stream', 'service'] as const) {
    for (const { exports = [] } of accounts) {
      for (const entry of exports.filter((candidate) => candidate.kind === kind)) {
        for (const name of entry.accounts ?? []) missing(name, `${kind} export`);
        const problem = exportProblem(entry);
        if (problem !== undefined) report.error(node, problem);
      }
    }
  }
  // Imports are added one by one, so that a circle is found where it closes.
  const added = accounts.map((account) => ({ ...account, imports: [] as AccountImport[] }));
  for (const kind of ['stream', 'service'] as const) {
    for (const [index, account] of accounts.entries()) {
      for (const entry of (account.imports ?? []).filter((candidate) => candidate.kind === kind)) {
        const problem = known.has(entry.account) ? importProblem(account, entry, added) : undefined;
        if (problem === undefined) added[index]?.imports.push(entry);
        missing(entry.account, `${kind} import`);
        if (problem !== undefined) report.error(node, `Error adding ${kind} import ${quoted(entry.subject)}: ${problem}`);
      }
    }
  }
}

/** What is wrong with an export by itself, in nats-server's words. */
function exportProblem({ kind, subject, latency, accountTokenPosition = 0 }: AccountExport): string | undefined {
  if (accountTokenPosition > 0 && subject.split('.')[accountTokenPosition - 1] !== '*') {
    return `Error adding ${kind} export ${quoted(subject)}: sublist: invalid subject`;
  }
  if (latency === undefined || !hasWildcards(latency.subject)) return undefined;
  const where = `for ${quoted(subject)} on subject ${quoted(latency.subject)}`;
  return `Error adding service latency sampling ${where}: invalid publish subject`;
}

/** A renamed import must be reversible: every wildcard used once, and nothing else computed. */
function transformProblem({ kind, subject, to }: AccountImport): string | undefined {
  if (to === undefined || !hasWildcards(subject)) return undefined;
  const parsed = SubjectTransform.parse(subject, hasWildcards(to) ? placeholdersOf(to) : to, true);
  if (parsed.ok) return undefined;
  const [from, into] = kind === 'stream' ? [subject, to] : [to, subject];
  return `failed to create mapping transform for ${kind} import subject from ${quoted(from)} to ${quoted(into)}: ${parsed.error}`;
}

function importProblem(account: AccountOptions, entry: AccountImport, accounts: readonly AccountOptions[]): string | undefined {
  if (entry.kind === 'stream' && entry.prefix !== undefined && hasWildcards(entry.prefix)) {
    return 'stream import prefix can not contain wildcard tokens';
  }
  const transform = transformProblem(entry);
  if (transform !== undefined) return transform;
  try {
    checkImport(account, entry, new Map(accounts.map((one) => [one.name, one])));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
