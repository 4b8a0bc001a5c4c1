/**
 * JetStream of a broker, which a reload may switch on and off. Either takes a moment (a folder to lock, files to finish), in which no
 * other switch is made: the same files would be in two hands.
 */
import type { Engine } from './jetstream/engine.ts';
import { JetStreamMonitor } from './jetstream/monitor.ts';
import { enableJetStream, openJetStream, reloadJetStream } from './jetstream.ts';
import type { ResolvedOptions } from './options.ts';
import type { Server } from './server.ts';

export class JetStreamSwitch {
  private readonly server: Server;
  private engine: Engine | undefined;
  /** False until the server's own start is through: what changes the options before that is in force by then. */
  private isBegun = false;
  /** Resolves, never rejects, when a switch that a reload has made is through; undefined otherwise. */
  settling: Promise<void> | undefined;

  constructor(server: Server) {
    this.server = server;
  }

  /** Starts what the options ask for; rejects when that cannot be. */
  async start(): Promise<void> {
    const { server } = this;
    const engine = await openJetStream(server);
    this.isBegun = true;
    if (engine === undefined) return;
    this.engine = engine;
    server.hooks.onAccountsChanged = () => {
      const problem = enableJetStream(engine, server);
      if (problem !== undefined) server.env.log.write('ERR', problem);
    };
    server.jetstream = new JetStreamMonitor(engine);
    server.hasJetStream = true;
  }

  /** Throws while a switch is under way that these options would turn round. */
  check(next: ResolvedOptions): void {
    if (this.settling === undefined || (next.jetstream === undefined) === (this.server.options.jetstream === undefined)) return;
    throw new Error('JetStream is still starting or shutting down');
  }

  /** Makes of JetStream what the options say now. */
  reload(): void {
    const { engine, server } = this;
    if (!this.isBegun) return;
    if (engine === undefined) {
      if (server.options.jetstream !== undefined && this.settling === undefined) this.settle(this.restart());
    } else if (server.options.jetstream === undefined) this.settle(this.end(engine));
    else reloadJetStream(engine, server);
  }

  private settle(work: Promise<void>): void {
    const done = (): void => {
      this.settling = undefined;
    };
    this.settling = work.then(done, done);
  }

  /** That it cannot start is no reason for the server to go. */
  private async restart(): Promise<void> {
    const { log } = this.server.env;
    log.write('INF', 'Restarting JetStream');
    try {
      await this.start();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      log.write('WRN', text.startsWith("Can't ") ? text : `Can't start JetStream: ${text}`);
    }
  }

  private async end(engine: Engine): Promise<void> {
    const { server } = this;
    const { log } = server.env;
    this.engine = undefined;
    server.jetstream = undefined;
    server.hasJetStream = false;
    server.hooks.onAccountsChanged = null;
    log.write('INF', 'Initiating JetStream Shutdown...');
    engine.announceShutdown();
    try {
      await engine.stop();
      log.write('INF', 'JetStream Shutdown');
    } catch (error) {
      log.write('ERR', `JetStream: ${String(error)}`);
    }
  }

  /** Another JetStream may be reachable from the account now. */
  onReachable(account: string): void {
    this.engine?.onReachable(account);
  }

  /** Tells whoever waits for messages that the server goes. Returns how many were told. */
  announceShutdown(): number {
    return this.engine?.announceShutdown() ?? 0;
  }

  /** Resolves when all data is durable. */
  async stop(): Promise<void> {
    await this.settling;
    await this.engine?.stop();
  }
}
