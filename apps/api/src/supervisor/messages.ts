/**
 * What the supervisor and its two children tell each other over the IPC channel. Secrets (the system user's password, the
 * one-time token, the administrator's first password) travel only here: never on a command line, where every user of the
 * machine can read them.
 */
import type { BrokerState } from '@sluice/protocol/console';

export interface SystemCredentials {
  readonly user: string;
  readonly password: string;
  /** True: the broker has a user of this password in every account, named by `accountUser`. */
  readonly hasAccountUsers?: boolean;
}

/** The account of the console's own state: the only one that anybody can log in to on the server that keeps it. */
export const STATE_ACCOUNT = 'CONSOLE';

/** Streams of that account. */
export const stateStreams = ['KV_users', 'KV_sessions', 'KV_messages', 'KV_meta', 'AUDIT'] as const;

/** User that clients without credentials become while nothing asks for credentials. */
export const ANONYMOUS_USER = 'anonymous';

/** The console's own user in an ordinary account. */
export function accountUser(system: SystemCredentials, account: string): string {
  return `${system.user}@${account}`;
}

export interface BrokerStart {
  readonly host: string | undefined;
  /** Undefined: the configuration file decides, or 4222. */
  readonly port: number | undefined;
  readonly configFile: string | undefined;
  readonly system: SystemCredentials;
  /** Where changes applied in the console are kept. */
  readonly overridesFile: string;
  /** Where the console's own state is kept, and as whom the console reads it. */
  readonly stateFolder: string;
  readonly state: SystemCredentials;
  readonly isVerbose: boolean;
}

export interface ConsoleStart {
  readonly host: string;
  readonly port: number;
  /** Folder of the console's own state; the broker writes there, the console only looks for files left for it. */
  readonly folder: string;
  /** The console's user in its private account. */
  readonly state: SystemCredentials;
  readonly stateUrl: string | undefined;
  readonly overridesFile: string;
  /** Path of the broker's configuration file, as it is shown. */
  readonly configFile?: string | undefined;
  readonly system: SystemCredentials;
  readonly broker: BrokerState;
  readonly natsUrl: string | undefined;
  /** Opens `/setup` while no administrator exists. */
  readonly setupToken: string;
  /** Creates `admin` when no user exists yet. */
  readonly adminPassword: string | undefined;
  /** Extra `Host` names that the console answers to. */
  readonly allowedHosts: readonly string[];
  /** True: `X-Forwarded-*` of a proxy in front are believed. */
  readonly isProxyTrusted: boolean;
  readonly metricsToken: string | undefined;
  readonly isVerbose: boolean;
}

export type ToBroker = { type: 'start'; start: BrokerStart } | { type: 'stop' };

export type FromBroker =
  | { type: 'ready'; host: string; port: number; stateUrl: string }
  | { type: 'failed'; message: string; isPortInUse: boolean; isConfigError: boolean };

export type ToConsole =
  | { type: 'start'; start: ConsoleStart }
  | { type: 'broker'; broker: BrokerState; natsUrl: string | undefined; stateUrl: string | undefined }
  | { type: 'stop' };

export type FromConsole =
  | { type: 'ready'; port: number; isSetupRequired: boolean }
  /** It is still at its start, and getting on. */
  | { type: 'progress' }
  | { type: 'failed'; message: string; isPortInUse: boolean; isConfigError: boolean };

/** Exit code of a child that could not start and has said why in a `failed` message. */
export const EXIT_CANNOT_START = 78;
