/**
 * What `sluice` is: a small process that keeps a broker process and a console process alive, and tells the console how the
 * broker is. It holds no messages and no sockets; either child can die without the other.
 */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { BrokerState, BrokerStateName } from '@sluice/protocol/console';
import type { SluiceOptions } from '../cli/options.ts';
import type { Clock } from '../env/clock.ts';
import type { DataFolder } from './data-folder.ts';
import {
  type BrokerStart,
  type ConsoleStart,
  EXIT_CANNOT_START,
  type FromBroker,
  type FromConsole,
  type SystemCredentials,
  type ToBroker,
  type ToConsole,
} from './messages.ts';
import { type ChildEvents, type ChildExit, type ChildHandle, type ChildState, SupervisedChild } from './supervised-child.ts';

export interface SupervisorOptions {
  readonly options: SluiceOptions;
  readonly data: DataFolder;
  readonly clock: Clock;
  spawnBroker(events: ChildEvents<FromBroker>): ChildHandle<ToBroker>;
  spawnConsole(events: ChildEvents<FromConsole>): ChildHandle<ToConsole>;
  /** Both are up for the first time. */
  onReady(started: Started): void;
  /** The first start of a child failed: nothing is left running. */
  onCannotStart(message: string): void;
  /** Something an operator should read. */
  onNotice(text: string): void;
}

export interface Started {
  readonly natsUrl: string;
  readonly consoleUrl: string;
  /** Where the administrator is created; undefined when there is one. */
  readonly setupUrl: string | undefined;
  /** Whether each can be reached from this machine only. */
  readonly isNatsLocal: boolean;
  readonly isConsoleLocal: boolean;
}

/** Address that a browser or client on this machine can open, for a listener bound to `host`. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #broker: SupervisedChild<ToBroker, FromBroker>;
  readonly #console: SupervisedChild<ToConsole, FromConsole>;
  readonly #system: SystemCredentials = {
    user: 'sluice-console',
    password: randomBytes(32).toString('base64url'),
    hasAccountUsers: true,
  };
  readonly #state: SystemCredentials = { user: 'sluice-console', password: randomBytes(32).toString('base64url') };
  readonly #setupToken = randomBytes(32).toString('base64url');
  #natsAddress: { host: string; port: number } | undefined;
  #stateUrl: string | undefined;
  #consolePort: number | undefined;
  #isAnnounced = false;
  #hasGivenUp = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#broker = new SupervisedChild<ToBroker, FromBroker>({
      clock: options.clock,
      spawn: (events) => options.spawnBroker(events),
      startMessage: () => ({ type: 'start', start: this.#brokerStart() }),
      stopMessage: { type: 'stop' },
      onMessage: (message) => this.#fromBroker(message),
      onChange: () => this.#brokerChanged(),
    });
    this.#console = new SupervisedChild<ToConsole, FromConsole>({
      clock: options.clock,
      spawn: (events) => options.spawnConsole(events),
      startMessage: () => ({ type: 'start', start: this.#consoleStart() }),
      stopMessage: { type: 'stop' },
      onMessage: (message) => this.#fromConsole(message),
      onChange: () => this.#consoleChanged(),
    });
  }

  /** Starts the broker; the console follows when the broker listens, so that the first page has a server to show. */
  start(): void {
    this.#broker.start();
  }

  /** Ends console, then broker. */
  async stop(): Promise<void> {
    await this.#console.stop();
    await this.#broker.stop();
  }

  /** How the broker is, in the console's words. */
  brokerState(): BrokerState {
    const broker = this.#broker;
    return {
      state: stateNames[broker.state] ?? 'starting',
      sinceMs: broker.sinceMs,
      restarts: broker.restarts,
      lastExit: broker.lastExit ?? null,
      nextStartAtMs: broker.nextStartAtMs ?? null,
    };
  }

  #brokerStart(): BrokerStart {
    const { options, data } = this.#options;
    return {
      host: options.host,
      // A restarted broker takes the port that clients know.
      port: this.#natsAddress?.port ?? options.port,
      configFile: options.configFile,
      system: this.#system,
      overridesFile: data.overridesFile,
      stateFolder: data.console,
      state: this.#state,
      isVerbose: options.isVerbose,
    };
  }

  #consoleStart(): ConsoleStart {
    const { options, data } = this.#options;
    return {
      host: options.host ?? '127.0.0.1',
      port: this.#consolePort ?? options.consolePort,
      folder: data.console,
      state: this.#state,
      stateUrl: this.#stateUrl,
      overridesFile: data.overridesFile,
      configFile: options.configFile === undefined ? undefined : resolve(options.configFile),
      system: this.#system,
      broker: this.brokerState(),
      natsUrl: this.#natsUrl(),
      setupToken: this.#setupToken,
      adminPassword: options.adminPassword,
      allowedHosts: options.allowedHosts,
      isProxyTrusted: options.isProxyTrusted,
      metricsToken: options.metricsToken,
      isVerbose: options.isVerbose,
    };
  }

  #natsUrl(): string | undefined {
    if (this.#natsAddress === undefined) return undefined;
    return `nats://${reachableHost(this.#natsAddress.host)}:${this.#natsAddress.port}`;
  }

  #fromBroker(message: FromBroker): void {
    if (message.type === 'failed') {
      this.#childFailed(this.#broker, message);
      return;
    }
    this.#natsAddress = { host: message.host, port: message.port };
    this.#stateUrl = message.stateUrl;
    this.#broker.markReady();
    if (this.#console.state === 'stopped' && !this.#hasGivenUp) this.#console.start();
  }

  #fromConsole(message: FromConsole): void {
    if (message.type === 'failed') {
      this.#childFailed(this.#console, message);
      return;
    }
    if (message.type === 'progress') {
      this.#console.noteProgress();
      return;
    }
    this.#consolePort = message.port;
    this.#console.markReady();
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    const host = this.#options.options.host ?? '127.0.0.1';
    const consoleUrl = `http://${reachableHost(host)}:${message.port}`;
    this.#options.onReady({
      natsUrl: this.#natsUrl() ?? '',
      consoleUrl,
      setupUrl: message.isSetupRequired ? `${consoleUrl}/setup#${this.#setupToken}` : undefined,
      isNatsLocal: isLoopback(this.#natsAddress?.host ?? host),
      isConsoleLocal: isLoopback(host),
    });
  }

  /** Before the first announcement a failure ends everything; afterwards it is one more restart. */
  #childFailed(child: Watched, failure: { message: string }): void {
    if (this.#isAnnounced || child.restarts > 0) this.#options.onNotice(failure.message);
    else this.#giveUp(failure.message);
  }

  #giveUp(message: string): void {
    if (this.#hasGivenUp) return;
    this.#hasGivenUp = true;
    this.stop().then(
      () => this.#options.onCannotStart(message),
      (error: unknown) => this.#options.onCannotStart(`${message}; stopping failed too: ${String(error)}`),
    );
  }

  #brokerChanged(): void {
    this.#console.send({ type: 'broker', broker: this.brokerState(), natsUrl: this.#natsUrl(), stateUrl: this.#stateUrl });
    this.#noticeChange('broker', this.#broker);
  }

  #consoleChanged(): void {
    this.#noticeChange('console', this.#console);
  }

  #noticeChange(name: string, child: Watched): void {
    if (child.state === 'running' && this.#options.options.isVerbose)
      this.#options.onNotice(`${name} process ${child.pid} is ready`);
    if (child.state !== 'waiting' || this.#hasGivenUp) return;
    const { code, signal } = child.lastExit ?? { code: null, signal: null };
    if (!this.#isAnnounced && code !== EXIT_CANNOT_START && child.restarts >= 3) {
      this.#giveUp(`the ${name} process ended ${child.restarts + 1} times before it was ready (exit code ${code})`);
      return;
    }
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    this.#options.onNotice(`${name} process ended ${how}; starting it again`);
  }
}

/** What both children show of themselves. */
interface Watched {
  readonly pid: number | undefined;
  readonly state: ChildState;
  readonly restarts: number;
  readonly lastExit: ChildExit | undefined;
}

const stateNames: Readonly<Record<ChildState, BrokerStateName>> = {
  starting: 'starting',
  running: 'running',
  waiting: 'restarting',
  stopping: 'stopped',
  stopped: 'stopped',
};
