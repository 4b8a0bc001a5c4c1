/** `@sluice/broker`: a NATS server as a library. */
export { Broker, type BrokerOptions, type BrokerStartup } from './broker.ts';
export { readConfigFile, type ServerSettings, toOptions, validateSettings } from './config/index.ts';
export type { Env } from './env/env.ts';
export type { Log, LogLevel } from './env/log.ts';
export { nodeEnv } from './env/node/node-env.ts';
export {
  type AccountOptions,
  type AuthOptions,
  defaultOptions,
  type MonitorOptions,
  type Permissions,
  type ResolvedOptions,
  type SubjectRules,
  type UserOptions,
  unlimitedAccount,
  type WebSocketOptions,
} from './options.ts';
export { reportedVersion, sluiceVersion } from './version.ts';
