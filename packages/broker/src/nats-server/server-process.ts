/**
 * One running `nats-server`: the broker, its log, its files, and what signals do to it. Everything that must hold when the process ends
 * (ports file gone, last log line written, exit code) is decided here. Source: nats-server server/server.go, server/signal.go.
 */
import { writeFileSync } from 'node:fs';
import { Broker } from '../broker.ts';
import { RANDOM_PORT, type ServerSettings, toOptions, type UnsupportedUse, validateSettings } from '../config/index.ts';
import { type NatsLog, openErrorText, writeStderr } from '../env/node/nats-log.ts';
import { nodeEnv } from '../env/node/node-env.ts';
import { advertiseProblem } from './advertise-problem.ts';
import type { LoadedSettings, LoadResult } from './command-line.ts';
import { listenErrorText, MAX_PORT, systemReason } from './listen-error.ts';
import { toLogOptions } from './log-options.ts';
import { portsFilePath, removePortsFile, writePortsFile } from './ports-file.ts';
import type { ProfilingPort } from './profiler.ts';
import { type ReloadLine, reloadLines } from './reload-lines.ts';
import { settingsRefusal } from './reload-refusal.ts';
import { logBanner, logListeners, logUnsupported } from './start-lines.ts';

/** The signals that a server answers, as Go names them in the log. */
const SIGNAL_NAMES = {
  SIGINT: 'interrupt',
  SIGTERM: 'terminated',
  SIGHUP: 'hangup',
  SIGUSR1: 'user defined signal 1',
  SIGUSR2: 'user defined signal 2',
} as const;
type HandledSignal = keyof typeof SIGNAL_NAMES;

/** Go ends with this after SIGQUIT. */
const QUIT_EXIT_CODE = 2;
/** The broker's timers do not keep a process alive; this one does, until the process ends itself. */
const KEEP_ALIVE_MS = 2 ** 30;

export class ServerProcess {
  private readonly log: NatsLog;
  private readonly reread: () => LoadResult;
  private settings: ServerSettings;
  private readonly unsupported: readonly UnsupportedUse[];
  private broker: Broker | undefined;
  private portsFile: string | undefined;
  private profiler: ProfilingPort | undefined;
  private isLameDuck = false;
  private isEnding = false;

  /** `reread` reads file and flags again, for a reload. */
  constructor(loaded: LoadedSettings, log: NatsLog, reread: () => LoadResult) {
    this.settings = loaded.settings;
    this.unsupported = loaded.unsupported;
    this.log = log;
    this.reread = reread;
  }

  /** Starts, and stays until a signal; every failure ends the process with 1. */
  async run(): Promise<void> {
    const options = toOptions(this.settings);
    setInterval(() => undefined, KEEP_ALIVE_MS);
    this.handleSignals();
    const profiling = await this.openProfiler(options.host);
    try {
      this.broker = await Broker.start(options, nodeEnv(this.log), {
        onBuilt: (broker) => this.announce(broker, profiling),
        reloadFile: () => this.reload(),
      });
    } catch (error) {
      return this.die(listenErrorText(error, options));
    }
    const route = advertiseProblem(options.cluster?.advertise);
    if (route !== undefined) {
      logListeners(this.log, this.broker);
      return this.die(`Error setting route INFO with Cluster.Advertise value of ${options.cluster?.advertise}, err=${route}`);
    }
    const advertised = advertiseProblem(options.clientAdvertise);
    if (advertised !== undefined) {
      this.log.write('INF', `Listening for client connections on ${options.host}:${this.broker.port}`);
      return this.die(`Error setting server INFO with ClientAdvertise value of ${options.clientAdvertise}, err=${advertised}`);
    }
    logListeners(this.log, this.broker);
    this.writePorts(this.broker, this.settings.portsFileDir);
  }

  /** Opens the profiling port, where one is asked for; returns why that cannot be. */
  private async openProfiler(host: string): Promise<string | undefined> {
    const { profilePort = 0 } = this.settings;
    if (profilePort === 0) return undefined;
    if (profilePort < RANDOM_PORT || profilePort > MAX_PORT) return `listen tcp: address ${profilePort}: invalid port`;
    const { startProfiler } = await import('./profiler.ts');
    try {
      this.profiler = await startProfiler(host, profilePort === RANDOM_PORT ? 0 : profilePort);
      return undefined;
    } catch (error) {
      return `listen tcp ${host}:${profilePort}: ${systemReason(error)}`;
    }
  }

  /** The log's first lines, and what must not go on without. */
  private announce(broker: Broker, profiling: string | undefined): void {
    logBanner(this.log, broker, this.settings, () => {
      if (this.profiler !== undefined) this.log.write('INF', `profiling port: ${this.profiler.port}`);
      else if (profiling !== undefined) this.die(`error starting profiler: ${profiling}`);
    });
    logUnsupported(this.log, this.unsupported);
    if (this.unsupported.some((use) => use.isFatal)) process.exit(1);
    this.writePid(this.settings.pidFile, (problem) => this.die(`Could not write pidfile: ${problem}`));
    const problem = monitorProblem(this.settings, broker.server.options.tls !== undefined);
    if (problem !== undefined) this.die(`Can't start monitoring: ${problem}`);
  }

  private writePid(pidFile: string | undefined, onFailure: (problem: string) => void): void {
    if (pidFile === undefined || pidFile === '') return;
    try {
      writeFileSync(pidFile, String(process.pid), { mode: 0o640 });
    } catch (error) {
      onFailure(openErrorText(pidFile, error));
    }
  }

  private writePorts(broker: Broker, portsFileDir: string | undefined): void {
    if (portsFileDir === undefined || portsFileDir === '') return;
    this.portsFile = portsFilePath(portsFileDir);
    try {
      writePortsFile(this.portsFile, broker, this.profiler?.port);
    } catch (error) {
      this.log.write('ERR', `Error writing ports file (${this.portsFile}): ${openErrorText(this.portsFile, error)}`);
    }
  }

  private die(text: string): void {
    this.log.write('FTL', text);
    process.exit(1);
  }

  private handleSignals(): void {
    const handle = (signal: HandledSignal, act: () => void) => {
      process.on(signal, () => {
        if (this.isEnding) return;
        this.log.write('INF', `Trapped "${SIGNAL_NAMES[signal]}" signal`);
        act();
      });
    };
    handle('SIGINT', () => this.end());
    handle('SIGTERM', () => {
      if (!this.isLameDuck) this.end();
    });
    handle('SIGHUP', () => this.reloadOnSignal());
    handle('SIGUSR1', () => this.log.reopen());
    handle('SIGUSR2', () => this.lameDuck());
    process.on('SIGQUIT', () => {
      // The Go runtime says this, not the log.
      writeStderr('SIGQUIT: quit\n');
      process.exit(QUIT_EXIT_CODE);
    });
  }

  private end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.log.write('INF', 'Initiating Shutdown...');
    const server = this.broker?.server;
    if (server?.hasJetStream === true) this.log.write('INF', 'Initiating JetStream Shutdown...');
    Promise.resolve(this.broker?.stop({ endsProcess: true })).then(
      () => {
        if (server?.hasJetStream === true) this.log.write('INF', 'JetStream Shutdown');
        if (server?.cluster !== undefined) this.log.write('DBG', 'Route accept loop exiting..');
        if (!this.isLameDuck) this.log.write('DBG', 'Client accept loop exiting..');
        if (server?.systemAccount !== undefined) this.log.write('DBG', 'SYSTEM - System connection closed: Client Closed');
        this.exit(0);
      },
      (error: unknown) => this.die(`Could not stop: ${String(error)}`),
    );
  }

  private exit(code: number): void {
    if (this.portsFile !== undefined) removePortsFile(this.portsFile);
    this.log.write('INF', 'Server Exiting..');
    process.exit(code);
  }

  private lameDuck(): void {
    if (this.isLameDuck || this.isEnding || this.broker === undefined) return;
    this.isLameDuck = true;
    this.log.write('INF', 'Entering lame duck mode, stop accepting new clients');
    this.broker
      .lameDuck(() => this.log.write('INF', 'Closing existing clients'))
      .then(
        () => this.end(),
        (error: unknown) => this.die(`Could not stop: ${String(error)}`),
      );
  }

  private reloadOnSignal(): void {
    if (this.broker === undefined || this.isEnding) return;
    try {
      this.reload();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const [first = '', ...more] = text.split('\n').filter((line) => line !== '');
      this.log.write('ERR', `Failed to reload server configuration: ${first}`);
      for (const line of more) this.log.write('ERR', line);
    }
  }

  /** Takes file and flags into force anew; throws, with nothing changed, with the text of what is wrong. */
  private reload(): void {
    const { broker } = this;
    if (broker === undefined) throw new Error('the server is starting');
    if (this.settings.configFile === undefined) {
      throw new Error('can only reload config when a file is provided using -c or --config');
    }
    const result = this.reread();
    if (!result.ok) throw new Error(result.error);
    const { settings, unsupported } = result.loaded;
    const fatal = unsupported.find((use) => use.isFatal);
    // A system account that was not there at the start is refused as a change, whether it exists or not.
    const problem =
      validateSettings({ ...settings, systemAccount: '' }) ??
      (fatal && `${fatal.feature} is not in this build yet`) ??
      settingsRefusal(this.settings, settings);
    if (problem !== undefined) throw new Error(problem);
    const before = { options: broker.server.options, settings: this.settings };
    const options = toOptions(settings);
    const lines = reloadLines(before, { options, settings });
    // The sink stays as it was until all is said, but what it shows is wanted from now on.
    this.log.isDebug = settings.log.isDebug === true;
    this.log.isTrace = settings.log.isTrace === true;
    broker.replaceOptions(options, () => {
      for (const line of lines) this.tellReload(broker, line, settings);
    });
    logUnsupported(
      this.log,
      unsupported.filter(({ feature }) => !this.unsupported.some((known) => known.feature === feature)),
    );
    this.settings = settings;
    const finish = (): void => {
      this.log.reconfigure(toLogOptions(settings.log, () => broker.server.env.clock.nowUs()));
      this.log.write('INF', `Reloaded server configuration (${settings.configDigest ?? ''})`);
    };
    // JetStream that was switched on or off has the last word before.
    if (broker.jetStreamSettling === undefined) finish();
    else broker.jetStreamSettling.then(finish);
  }

  /** Two settings are files that are written anew when it is their turn. */
  private tellReload(broker: Broker, { level, text, setting }: ReloadLine, settings: ServerSettings): void {
    if (setting === 'pid_file')
      this.writePid(settings.pidFile, (problem) => this.log.write('ERR', `Failed to write pidfile: ${problem}`));
    this.log.write(level, text);
    if (setting !== 'ports_file_dir') return;
    if (this.portsFile !== undefined) removePortsFile(this.portsFile);
    this.portsFile = undefined;
    this.writePorts(broker, settings.portsFileDir);
  }
}

/** Why the monitoring pages cannot be served as the settings want them. */
function monitorProblem({ monitorPort = 0, monitorTlsPort = 0 }: ServerSettings, hasTls: boolean): string | undefined {
  if (monitorPort !== 0 && monitorTlsPort !== 0) {
    return `can't specify both HTTP (${monitorPort}) and HTTPs (${monitorTlsPort}) ports`;
  }
  return monitorTlsPort !== 0 && !hasTls ? 'TLS cert and key required for HTTPS' : undefined;
}
