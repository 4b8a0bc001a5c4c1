/** The flags of `nats-server`: every spelling, what kind of value it takes, and the setting it stands for. Source: nats-server --help. */

/** `boolean` takes no separate value; `integer` is Go's int, with 0x, 0o and 0b and underscores. */
export type FlagKind = 'boolean' | 'integer' | 'text';

export type FlagName =
  | 'help'
  | 'port'
  | 'serverName'
  | 'host'
  | 'clientAdvertise'
  | 'debug'
  | 'trace'
  | 'verboseTrace'
  | 'debugAndTrace'
  | 'debugAndVerboseTrace'
  | 'logtime'
  | 'logtimeUtc'
  | 'user'
  | 'password'
  | 'token'
  | 'httpPort'
  | 'httpsPort'
  | 'configFile'
  | 'checkConfig'
  | 'signal'
  | 'pidFile'
  | 'portsFileDir'
  | 'logFile'
  | 'logSizeLimit'
  | 'syslog'
  | 'remoteSyslog'
  | 'version'
  | 'profilePort'
  | 'routes'
  | 'clusterListen'
  | 'clusterAdvertise'
  | 'noAdvertise'
  | 'connectRetries'
  | 'clusterName'
  | 'tlsHelp'
  | 'tls'
  | 'tlsVerify'
  | 'tlsCert'
  | 'tlsKey'
  | 'tlsCaCert'
  | 'maxTracedMessageLength'
  | 'jetstream'
  | 'storeDir';

export interface FlagDefinition {
  readonly name: FlagName;
  readonly kind: FlagKind;
  readonly spellings: readonly string[];
}

const flag = (name: FlagName, kind: FlagKind, ...spellings: string[]): FlagDefinition => ({ name, kind, spellings });

export const flagTable: readonly FlagDefinition[] = [
  flag('help', 'boolean', 'h', 'help'),
  flag('version', 'boolean', 'v', 'version'),
  flag('tlsHelp', 'boolean', 'help_tls'),
  flag('host', 'text', 'a', 'addr', 'net'),
  flag('port', 'integer', 'p', 'port'),
  flag('serverName', 'text', 'n', 'name', 'server_name'),
  flag('pidFile', 'text', 'P', 'pid'),
  flag('httpPort', 'integer', 'm', 'http_port'),
  flag('httpsPort', 'integer', 'ms', 'https_port'),
  flag('configFile', 'text', 'c', 'config'),
  flag('checkConfig', 'boolean', 't'),
  flag('signal', 'text', 'sl', 'signal'),
  flag('clientAdvertise', 'text', 'client_advertise'),
  flag('portsFileDir', 'text', 'ports_file_dir'),
  flag('logFile', 'text', 'l', 'log'),
  flag('logtime', 'boolean', 'T', 'logtime'),
  flag('logtimeUtc', 'boolean', 'logtime_utc'),
  flag('syslog', 'boolean', 's', 'syslog'),
  flag('remoteSyslog', 'text', 'r', 'remote_syslog'),
  flag('debug', 'boolean', 'D', 'debug'),
  flag('trace', 'boolean', 'V', 'trace'),
  flag('verboseTrace', 'boolean', 'VV'),
  flag('debugAndTrace', 'boolean', 'DV'),
  flag('debugAndVerboseTrace', 'boolean', 'DVV'),
  flag('logSizeLimit', 'integer', 'log_size_limit'),
  flag('maxTracedMessageLength', 'integer', 'max_traced_msg_len'),
  flag('jetstream', 'boolean', 'js', 'jetstream'),
  flag('storeDir', 'text', 'sd', 'store_dir'),
  flag('user', 'text', 'user'),
  flag('password', 'text', 'pass'),
  flag('token', 'text', 'auth'),
  flag('tls', 'boolean', 'tls'),
  flag('tlsCert', 'text', 'tlscert'),
  flag('tlsKey', 'text', 'tlskey'),
  flag('tlsVerify', 'boolean', 'tlsverify'),
  flag('tlsCaCert', 'text', 'tlscacert'),
  flag('routes', 'text', 'routes'),
  flag('clusterListen', 'text', 'cluster', 'cluster_listen'),
  flag('clusterName', 'text', 'cluster_name'),
  flag('noAdvertise', 'boolean', 'no_advertise'),
  flag('clusterAdvertise', 'text', 'cluster_advertise'),
  flag('connectRetries', 'integer', 'connect_retries'),
  flag('profilePort', 'integer', 'profile'),
];
