/** Starts the broker as nats-server does: banner, listeners, files, signals; ends with nats-server's exit codes. */
import { Broker } from '../broker.ts';
import { nodeEnv } from '../env/node/node-env.ts';
import { NodeLog } from '../env/node/node-log.ts';
import { reportedVersion, sluiceVersion } from '../version.ts';
import { removeFile, writePidFile, writePortsFile } from './files.ts';
import type { Settings } from './settings.ts';

export interface RunHooks {
  /** Reads flags and file again; throws with the text to log. */
  readonly reloadSettings: () => Settings;
  /** Lines about the configuration file, logged after the banner. */
  readonly configLines: readonly string[];
}

/** Go's text for the errors that listening meets. */
const LISTEN_ERRORS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'address already in use'],
  ['EADDRNOTAVAIL', 'cannot assign requested address'],
  ['EACCES', 'permission denied'],
]);

/** Resolves when the server is ready; failures are logged and end the process with 1. */
export async function runServer(settings: Settings, hooks: RunHooks): Promise<void> {
  const { command } = settings;
  const log = new NodeLog({
    file: command.logFile,
    sizeLimitBytes: command.logSizeLimitBytes,
    maxFiles: command.logMaxFiles,
    isTimeShown: command.isLogTimeShown,
    isTimeUtc: command.isLogTimeUtc,
    isDebug: command.isDebug,
    isTrace: command.isTrace,
  });
  const env = nodeEnv(log);
  const fail = (text: string): never => {
    log.write('FTL', text);
    process.exit(1);
  };
  const broker = await Broker.start(settings.options, env).catch((error: unknown) => {
    banner(log, settings, undefined, hooks);
    return fail(startFailure(error, settings));
  });
  banner(log, settings, broker, hooks);
  for (const line of listening(broker)) log.write('INF', line);
  log.write('INF', 'Server is ready');
  writeFiles(command, broker, log, fail);
}

function writeFiles(command: Settings['command'], broker: Broker, log: NodeLog, fail: (text: string) => never): void {
  let portsFile: string | undefined;
  try {
    if (command.pidFile !== undefined) writePidFile(command.pidFile);
    if (command.portsFileDir !== undefined) portsFile = writePortsFile(command.portsFileDir, broker);
  } catch (error) {
    fail(`Could not write pidfile: ${error instanceof Error ? error.message : String(error)}`);
  }
  trapSignals(broker, log, portsFile);
}

function banner(log: NodeLog, settings: Settings, broker: Broker | undefined, hooks: RunHooks): void {
  log.write('INF', 'Starting nats-server');
  log.write('INF', `  Version:  ${reportedVersion}`);
  log.write('INF', `  Git:      [${sluiceVersion}]`);
  log.write('DBG', `  Runtime:  node ${process.version}`);
  if (broker !== undefined) {
    log.write('INF', `  Name:     ${broker.name}`);
    log.write('INF', `  ID:       ${broker.id}`);
  }
  for (const line of hooks.configLines) log.write('INF', line);
  for (const notice of settings.notices) log.write('WRN', `This build does not support ${notice}; the setting is ignored`);
}

function listening(broker: Broker): string[] {
  const { monitor, websocket } = broker.server.options;
  const lines: string[] = [];
  if (monitor !== undefined) lines.push(`Starting http monitor on ${address(monitor.host, broker.monitorPort)}`);
  if (websocket !== undefined)
    lines.push(`Listening for websocket clients on ws://${address(websocket.host, broker.websocketPort)}`);
  lines.push(`Listening for client connections on ${address(broker.host, broker.port)}`);
  return lines;
}

function address(host: string, port: number | undefined): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? 0}`;
}

function startFailure(error: unknown, settings: Settings): string {
  const failure = error as { code?: string; port?: number; address?: string; message?: string };
  const reason = LISTEN_ERRORS.get(failure.code ?? '');
  if (reason === undefined) return failure.message ?? String(error);
  const where = `${failure.address ?? settings.options.host}:${failure.port ?? settings.options.port}`;
  const bind = `listen tcp ${where}: bind: ${reason}`;
  const isMonitor = settings.options.monitor !== undefined && failure.port === settings.options.monitor.port;
  return isMonitor
    ? `Can't start monitoring: can't listen to the monitor port: ${bind}`
    : `Error listening on port: ${where}, "${bind}"`;
}

/** Signals that mean something, and what the log calls them. */
function trapSignals(broker: Broker, log: NodeLog, portsFile: string | undefined): void {
  let isStopping = false;
  const exit = (): void => {
    if (portsFile !== undefined) removeFile(portsFile);
    log.write('INF', 'Server Exiting..');
    process.exit(0);
  };
  const stop = (name: string): void => {
    log.write('INF', `Trapped "${name}" signal`);
    if (isStopping) return;
    isStopping = true;
    log.write('INF', 'Initiating Shutdown...');
    broker.stop().then(exit, exit);
  };
  process.on('SIGINT', () => stop('interrupt'));
  process.on('SIGTERM', () => stop('terminated'));
  process.on('SIGQUIT', () => process.exit(2));
  process.on('SIGUSR1', () => {
    log.write('INF', 'Trapped "user defined signal 1" signal');
    log.reopen();
    log.write('INF', 'File log re-opened');
  });
  process.on('SIGUSR2', () => {
    log.write('INF', 'Trapped "user defined signal 2" signal');
    if (isStopping) return;
    isStopping = true;
    log.write('INF', 'Entering lame duck mode, stop accepting new clients');
    broker.lameDuck().then(() => {
      log.write('INF', 'Initiating Shutdown...');
      exit();
    }, exit);
  });
  process.on('SIGHUP', () => {
    log.write('INF', 'Trapped "hangup" signal');
  });
}
