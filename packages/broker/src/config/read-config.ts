/**
 * From a file's text to settings: parse, system account first because others depend on it, then every key; and the digest that tells two
 * configurations apart. Source: nats-server server/opts.go ProcessConfigFile.
 */
import { createHash } from 'node:crypto';
import { type ConfigMap, type ConfigSources, canonicalJson, parseConfig } from '@sluice/protocol/config';
import { readFields } from './fields.ts';
import { ConfigReport, quoted, type UnsupportedUse } from './report.ts';
import { emptySettings, type ServerSettings } from './settings.ts';
import { topLevelFields } from './top-level.ts';

/** Settings with what else there is to say, or the whole error text, each line ended. */
export type ReadConfigResult =
  | {
      readonly ok: true;
      readonly settings: ServerSettings;
      readonly warnings: readonly string[];
      readonly unsupported: readonly UnsupportedUse[];
    }
  | { readonly ok: false; readonly error: string };

/** Reads a configuration file by its name. `storeDir` was named already. */
export function readConfigFile(file: string, sources: ConfigSources, storeDir?: string): ReadConfigResult {
  const read = sources.readFile(file);
  return read.ok ? readConfigText(read.text, file, sources, storeDir) : { ok: false, error: read.error };
}

/** Reads a configuration; `file` is its name in error texts. */
export function readConfigText(text: string, file: string, sources: ConfigSources, storeDir?: string): ReadConfigResult {
  const parsed = parseConfig(text, { file, sources });
  if (!parsed.ok) return { ok: false, error: parsed.error.message };
  const { root } = parsed.document;
  const settings = emptySettings();
  settings.configFile = file;
  if (storeDir !== undefined) settings.features.jetstream = { storeDir };
  settings.configDigest = configDigest(root);
  const report = new ConfigReport(sources.readFile);
  if (root.entries.size === 0) report.warning(undefined, `${file}: config has no values or is empty`);
  readSystemAccount(root, settings, report);
  readFields(topLevelFields, root, settings, report);
  checkCalloutAccounts(settings, report);
  if (report.errors.length > 0) return { ok: false, error: report.text() };
  return { ok: true, settings, warnings: report.warnings, unsupported: report.unsupported };
}

/** `sha256:` and the hash of the configuration without comments, order and places. */
export function configDigest(root: ConfigMap): string {
  return `sha256:${createHash('sha256')
    .update(`${canonicalJson(root)}\n`)
    .digest('hex')}`;
}

function readSystemAccount(root: ConfigMap, settings: ServerSettings, report: ConfigReport): void {
  const node = root.entries.get('system_account') ?? root.entries.get('system');
  if (node === undefined) return;
  if (node.value.kind === 'string') settings.systemAccount = node.value.text;
  else report.error(node, 'system account name must be a string');
}

/** Accounts of an auth callout can only be told from others when all of them are known. */
function checkCalloutAccounts({ authorization, accounts }: ServerSettings, report: ConfigReport): void {
  for (const allowed of authorization.callout?.allowedAccounts ?? []) {
    if (accounts.some(({ name }) => name === allowed)) continue;
    report.error(undefined, `auth_callout allowed account ${quoted(allowed)} not found in configured accounts`);
  }
}
