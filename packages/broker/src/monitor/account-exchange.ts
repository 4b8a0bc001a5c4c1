/**
 * What an account maps, exports and imports, as `/accountz` tells it; with the services of the system account that every account may
 * ask about itself. Source: nats-server server/accounts.go, server/monitor.go accountInfo.
 */
import type { AccountExportInfo, AccountImportInfo, AccountMapDestination } from '@sluice/protocol';
import type { AccountExport, AccountImport, AccountOptions, MappingOptions } from '../options.ts';

const systemExports: readonly AccountExportInfo[] = [
  { subject: '$SYS.REQ.ACCOUNT.*.CONNZ', type: 'service', response_type: 'Streamed' },
  { subject: '$SYS.REQ.ACCOUNT.*.STATZ', type: 'service', response_type: 'Streamed' },
  { subject: '$SYS.DEBUG.SUBSCRIBERS', type: 'service', response_type: 'Singleton' },
  { subject: '$SYS.REQ.USER.*.INFO', type: 'service', response_type: 'Singleton' },
];

const jetStreamExport: AccountExportInfo = { subject: '$JS.API.>', type: 'service', response_type: 'Singleton' };

const responseTypes = { single: 'Singleton', stream: 'Streamed', chunked: 'Chunked' } as const;

/** Destinations by source, weights adding up as the server walks through them; what is left over stays with the source. */
export function mappingsOf(mappings: readonly MappingOptions[]): Record<string, AccountMapDestination[]> {
  return Object.fromEntries(mappings.map((mapping) => [mapping.source, destinationsOf(mapping)]));
}

function destinationsOf(mapping: MappingOptions): AccountMapDestination[] {
  let weight = 0;
  const destinations = mapping.destinations.map((one): AccountMapDestination => {
    weight += one.weight;
    return { subject: one.destination, weight, ...(one.cluster === undefined ? {} : { cluster: one.cluster }) };
  });
  const isSourceNamed = mapping.destinations.some((one) => one.destination === mapping.source);
  return weight < 100 && !isSourceNamed ? [...destinations, { subject: mapping.source, weight: 100 }] : destinations;
}

/** Exports of the configuration, and those of the system account. */
export function exportsOf(options: AccountOptions, isSystem: boolean, hasJetStream: boolean): AccountExportInfo[] {
  const configured = (options.exports ?? []).map(exportInfo);
  return isSystem ? [...configured, ...systemExports, ...(hasJetStream ? [jetStreamExport] : [])] : configured;
}

function exportInfo(given: AccountExport): AccountExportInfo {
  const approved = given.accounts === undefined ? {} : { approved_accounts: [...given.accounts] };
  if (given.kind === 'stream') return { subject: given.subject, type: 'stream', ...approved };
  return { subject: given.subject, type: 'service', response_type: responseTypes[given.responseType ?? 'single'], ...approved };
}

/**
 * Imports of the configuration, and the services of the system account `system`, when there is one: with `hasApi` JetStream's API too, which
 * nats-server answers there for all accounts.
 */
export function importsOf(options: AccountOptions, system: string | undefined, hasApi: boolean): AccountImportInfo[] {
  const configured = (options.imports ?? []).map(importInfo);
  if (system === undefined) return configured;
  const api = hasApi ? [systemService(system, '$JS.API.>', '$JS.API.>', true)] : [];
  return [...configured, ...systemImports(options.name, system), ...api];
}

function importInfo(given: AccountImport): AccountImportInfo {
  const local = given.to ?? (given.prefix === undefined ? given.subject : `${given.prefix}.${given.subject}`);
  return {
    subject: given.subject,
    account: given.account,
    ...(given.kind === 'service' ? { to: local } : {}),
    local_subject: local,
    type: given.kind,
    invalid: false,
    share: given.share === true,
    tracking: false,
  };
}

/** `system/own-account.ts` answers these. */
function systemImports(account: string, system: string): AccountImportInfo[] {
  const service = (subject: string, to: string, share: boolean) => systemService(system, subject, to, share);
  const user = service(`$SYS.REQ.USER.${account}.INFO`, '$SYS.REQ.USER.INFO', true);
  if (account === system) return [user];
  return [
    service(`$SYS.REQ.ACCOUNT.${account}.CONNZ`, '$SYS.REQ.ACCOUNT.PING.CONNZ', false),
    service(`$SYS.REQ.ACCOUNT.${account}.CONNZ`, '$SYS.REQ.SERVER.PING.CONNZ', false),
    service(`$SYS.REQ.ACCOUNT.${account}.STATZ`, '$SYS.REQ.ACCOUNT.PING.STATZ', false),
    user,
  ];
}

function systemService(account: string, subject: string, to: string, share: boolean): AccountImportInfo {
  return { subject, account, to, local_subject: to, type: 'service', invalid: false, share, tracking: false };
}
