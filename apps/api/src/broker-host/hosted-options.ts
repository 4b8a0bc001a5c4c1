/**
 * Options of the broker that `sluice` runs. The console's system user is added to whatever is configured; where nothing asks for
 * credentials, clients without any become the user `anonymous` of the global account, because a server that knows users would
 * otherwise refuse them. Source: nats-server `no_auth_user`.
 */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { defaultOptions, type ResolvedOptions } from '@sluice/broker';
import { ANONYMOUS_USER, accountUser, type BrokerStart } from '../supervisor/messages.ts';
import { type ConfigFile, loadConfigFile } from './config-file.ts';

/** Where Sluice listens unless the command line or the file names an address. */
const LOOPBACK = '127.0.0.1';

/** Name of the hosted server when its configuration file gives none. */
const DEFAULT_SERVER_NAME = 'sluice';

/** What `Broker.start` is told for `start`. @throws when the configuration file cannot be used. */
export function hostedOptions(start: Omit<BrokerStart, 'stateFolder' | 'state'>): {
  options: ResolvedOptions;
  warnings: readonly string[];
} {
  const file = start.configFile === undefined ? undefined : loadConfigFile(start.configFile);
  const base = file?.options ?? defaultOptions;
  const host = start.host ?? (file?.hasHost === true ? base.host : LOOPBACK);
  // An id of 56 letters says nothing to whoever looks at the console.
  const options = {
    ...base,
    host,
    port: start.port ?? base.port,
    serverName: base.serverName ?? DEFAULT_SERVER_NAME,
    jetstream: jetStreamOptions(file, dirname(start.overridesFile)),
  };
  return { options: withConsoleAccess(options, start.system), warnings: file?.warnings ?? [] };
}

/** Without a file JetStream is on; a file decides for itself, but what it leaves open stays inside the data folder. */
function jetStreamOptions(file: ConfigFile | undefined, folder: string): ResolvedOptions['jetstream'] {
  if (file === undefined) return { storeDir: folder };
  const { jetstream } = file.options;
  return jetstream === undefined || file.hasStoreDir ? jetstream : { ...jetstream, storeDir: folder };
}

/**
 * `options` with the system user, with a user of the console in every account that may hold streams, and with anonymous clients let
 * in where they would have been. The console's users have one password, which nobody else knows, and are shown to nobody.
 */
export function withConsoleAccess(options: ResolvedOptions, system: { user: string; password: string }): ResolvedOptions {
  const { auth } = options;
  const systemAccount = options.systemAccount ?? '$SYS';
  const isOpen = auth.users.length === 0 && auth.token === undefined && auth.user === undefined;
  const systemUser = { user: system.user, password: system.password, account: systemAccount };
  const accounts = new Set(['$G', ...options.accounts.map((account) => account.name)]);
  accounts.delete(systemAccount);
  const accountUsers = [...accounts].map((account) => ({
    user: accountUser(system, account),
    password: system.password,
    account,
    isHidden: true,
  }));
  const anonymous = { user: ANONYMOUS_USER, password: randomBytes(32).toString('base64url'), account: '$G' };
  return {
    ...options,
    systemAccount,
    auth: {
      ...auth,
      users: [...(isOpen ? [anonymous] : auth.users), systemUser, ...accountUsers],
      ...(isOpen ? { noAuthUser: ANONYMOUS_USER } : {}),
    },
  };
}
