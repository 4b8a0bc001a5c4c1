/**
 * The console's parts and how they hang together: store and accounts, the connection to the broker and what is measured over it,
 * the live hub. Routes get this object; nothing in it knows HTTP.
 */
import type { BrokerState } from '@sluice/protocol/console';
import { AuditTrail, systemActor } from './audit-trail.ts';
import { Accounts } from './auth/accounts.ts';
import { LONGEST_ACCOUNT_PAUSE_MS, LONGEST_ADDRESS_PAUSE_MS, LoginBackoff } from './auth/login-backoff.ts';
import { Sessions } from './auth/sessions.ts';
import type { Clock } from './env/clock.ts';
import { EventLog } from './live/event-log.ts';
import { LiveHub } from './live/live-hub.ts';
import { CapabilityProbe } from './nats/capability-probe.ts';
import { ConfigService } from './nats/config-service.ts';
import { ConnectionIndex } from './nats/connection-index.ts';
import { ConnectionWatch } from './nats/connection-watch.ts';
import { JetStreamService } from './nats/jetstream/jetstream-service.ts';
import { JetStreamWatch } from './nats/jetstream/jetstream-watch.ts';
import { NatsContext } from './nats/nats-context.ts';
import { Sampler } from './nats/sampler.ts';
import { SubscriptionIndex } from './nats/subscription-index.ts';
import { SystemEvents } from './nats/system-events.ts';
import { OverviewBuilder } from './overview.ts';
import { presentAuditEntry } from './presenters/audit-event.ts';
import { type Slowness, slownessOf } from './presenters/connection.ts';
import { sentence } from './presenters/sentence.ts';
import type { ConsoleStore } from './store/console-store.ts';
import { ANONYMOUS_USER, type ConsoleStart } from './supervisor/messages.ts';
import { Workbench } from './workbench/workbench.ts';

export type ConsoleSettings = Pick<ConsoleStart, 'system' | 'setupToken' | 'broker' | 'natsUrl' | 'overridesFile' | 'configFile'>;

export interface ConsoleOptions {
  readonly clock: Clock;
  readonly store: ConsoleStore;
  readonly settings: ConsoleSettings;
  onNotice(text: string): void;
}

const DISCOVER_INTERVAL_MS = 30_000;

export class Console {
  readonly clock: Clock;
  readonly store: ConsoleStore;
  readonly sessions: Sessions;
  readonly accounts: Accounts;
  readonly audit: AuditTrail;
  readonly eventLog = new EventLog();
  readonly nats: NatsContext;
  readonly probe: CapabilityProbe;
  readonly sampler: Sampler;
  readonly events: SystemEvents;
  readonly connections: ConnectionIndex;
  readonly watch: ConnectionWatch;
  readonly subscriptions: SubscriptionIndex;
  readonly config: ConfigService;
  readonly workbench: Workbench;
  readonly jetstream: JetStreamService;
  readonly jetstreamWatch: JetStreamWatch;
  readonly overview: OverviewBuilder;
  readonly live: LiveHub;
  readonly #onNotice: (text: string) => void;
  #broker: BrokerState;
  #natsUrl: string | undefined;
  #connectedTo = '';
  /** When the connection to the broker was lost; null while there is one. */
  #lostAtMs: number | null = null;

  constructor(options: ConsoleOptions) {
    const { clock, store, settings } = options;
    this.clock = clock;
    this.store = store;
    this.#onNotice = options.onNotice;
    this.#broker = settings.broker;
    this.sessions = new Sessions({ clock, records: store.sessions, onNotice: options.onNotice });
    this.accounts = new Accounts({
      store,
      clock,
      sessions: this.sessions,
      accountBackoff: new LoginBackoff(clock, LONGEST_ACCOUNT_PAUSE_MS),
      addressBackoff: new LoginBackoff(clock, LONGEST_ADDRESS_PAUSE_MS),
      setupToken: settings.setupToken,
    });
    this.audit = new AuditTrail({
      store,
      nowMs: () => clock.nowMs(),
      onEntry: (entry) => this.eventLog.add(presentAuditEntry(entry)),
      onNotice: options.onNotice,
    });
    store.onReloaded = () => this.#storeReloaded();
    this.nats = new NatsContext({
      clock,
      system: settings.system,
      onConnected: () => this.#connected(),
      onDisconnected: () => this.#disconnected(),
      onNotice: options.onNotice,
    });
    this.probe = new CapabilityProbe(this.nats);
    const naming = {
      clock,
      nats: this.nats,
      anonymousUser: () => this.anonymousUser(),
      serverNameOf: (serverId: string) => this.probe.serverName(serverId),
      systemAccount: () => this.probe.systemAccount,
      slownessOf: (serverId: string) => this.#slownessOf(serverId),
    };
    this.sampler = new Sampler({
      clock,
      nats: this.nats,
      sluiceVersionOf: (serverId) => this.probe.sluiceVersion(serverId),
      systemAccount: () => this.probe.systemAccount,
      dataTraffic: () => this.jetstream.ownTraffic(),
    });
    this.events = new SystemEvents({ clock, nats: this.nats, log: this.eventLog });
    this.connections = new ConnectionIndex({
      ...naming,
      isOwnConnection: (connection) => this.jetstream.isOwnConnection(connection),
      onSubscriptions: (count) => this.sampler.noteClientSubscriptions(count),
    });
    this.watch = new ConnectionWatch(naming);
    this.subscriptions = new SubscriptionIndex({ ...naming, connections: this.connections });
    this.config = new ConfigService({
      clock,
      nats: this.nats,
      probe: this.probe,
      overridesFile: settings.overridesFile,
      configFile: settings.configFile,
      connectionsOf: (username) => this.#connectionsOf(username),
    });
    this.workbench = new Workbench({
      clock,
      natsUrl: () => this.#natsUrl,
      maxPayloadBytes: () => this.nats.maxPayloadBytes,
      ruleFor: (runAs, subject) => this.config.ruleFor(runAs, subject),
    });
    this.jetstream = new JetStreamService({
      clock,
      nats: this.nats,
      probe: this.probe,
      system: settings.system,
      natsUrl: () => this.#natsUrl,
      usualAccount: () => this.usualAccount(),
      onNotice: options.onNotice,
    });
    this.jetstreamWatch = new JetStreamWatch({ clock, nats: this.nats, onNotice: options.onNotice });
    this.overview = new OverviewBuilder({ ...this.#readings(), store, brokerState: () => this.brokerState() });
    this.live = new LiveHub({
      ...this.#readings(),
      watch: this.watch,
      audit: this.audit,
      jetstream: this.jetstream,
      brokerState: () => this.brokerState(),
      usualAccount: () => this.usualAccount(),
    });
    this.setBroker(settings.broker, settings.natsUrl);
  }

  /** Starts measuring; creates `admin` from the environment's password when there is no administrator. */
  async start(adminPassword: string | undefined): Promise<void> {
    await this.sessions.load((username) => this.store.user(username));
    if (adminPassword !== undefined && (await this.accounts.ensureAdmin(adminPassword))) {
      await this.audit.record(systemActor, {
        action: 'user.create',
        target: 'admin',
        detail: 'created the administrator from SLUICE_ADMIN_PASSWORD',
        after: { role: 'admin', isDisabled: false },
      });
    }
    this.sampler.start();
    this.clock.setRepeatingTimer(DISCOVER_INTERVAL_MS, () => this.#probeAgain());
  }

  /** How the broker is. The supervisor knows the process; whether it answers is known here. */
  brokerState(): BrokerState {
    if (this.#broker.state === 'running' && !this.nats.isConnected)
      return { ...this.#broker, state: 'unreachable', sinceMs: Math.max(this.#broker.sinceMs, this.#lostAtMs ?? 0) };
    return this.#broker;
  }

  /** Where clients connect. */
  get natsUrl(): string | undefined {
    return this.#natsUrl;
  }

  /** Name of the user that stands for clients without credentials where nothing asks for any: shown as nobody. */
  anonymousUser(): string | null {
    return this.config.last?.noAuthUser === ANONYMOUS_USER ? ANONYMOUS_USER : null;
  }

  /** Where everybody looks who names no account: where clients without credentials are, else where the first user is. */
  usualAccount(): string {
    const { users = [], noAuthUser = null } = this.config.last ?? {};
    const anonymous = users.find((user) => user.username === noAuthUser);
    const own = users.filter((user) => user.account !== this.probe.systemAccount);
    return anonymous?.account ?? own.find((user) => user.account === '$G')?.account ?? own[0]?.account ?? '$G';
  }

  /** The supervisor has news of the broker's process. */
  setBroker(broker: BrokerState, natsUrl: string | undefined): void {
    const before = this.#broker;
    this.#broker = broker;
    this.#natsUrl = natsUrl;
    this.nats.setUrl(natsUrl);
    if (broker.state === 'restarting' && before.state !== 'restarting') {
      this.eventLog.add({
        atMs: this.clock.nowMs(),
        kind: 'broker',
        severity: 'bad',
        sentence: sentence`The broker process ended and is being started again`,
        cid: null,
        account: null,
        link: null,
      });
    }
    this.#publishBrokerState();
  }

  async stop(): Promise<void> {
    this.live.stop();
    this.workbench.stop();
    this.watch.stop();
    this.sampler.stop();
    this.events.stop();
    await this.sessions.close();
    await this.jetstream.stop();
    await this.nats.close();
    await this.store.close();
  }

  /** Connected to the state again: what was changed elsewhere counts, and what could not be written is. */
  #storeReloaded(): void {
    this.sessions.endStale((username) => this.store.user(username));
    this.audit.catchUp().catch((error: unknown) => this.#onNotice(`the audit log is still behind: ${String(error)}`));
  }

  #readings() {
    const { clock, sampler, events, eventLog, connections, nats, probe, jetstreamWatch } = this;
    return { clock, sampler, events, eventLog, connections, nats, probe, jetstreamWatch };
  }

  #disconnected(): void {
    this.#lostAtMs ??= this.clock.nowMs();
    this.#publishBrokerState();
  }

  /** Connected, perhaps to a fresh broker: what was read says nothing about it. */
  #connected(): void {
    this.#lostAtMs = null;
    const serverId = this.nats.serverId;
    if (serverId !== this.#connectedTo) {
      this.#connectedTo = serverId;
      this.connections.forget();
      this.subscriptions.forget();
      this.config.forget();
      this.jetstream.forget();
      this.jetstreamWatch.forget();
    }
    this.events.start();
    this.#probeAgain();
    this.#publishBrokerState();
  }

  #probeAgain(): void {
    if (!this.nats.isConnected) return;
    this.probe
      .probe()
      .then(() => Promise.all([this.config.known(), this.connections.snapshot()]))
      .then(
        () => this.sampler.tick(),
        (error: unknown) => this.#onNotice(`asking the servers what they offer failed: ${String(error)}`),
      );
  }

  #slownessOf(serverId: string): Slowness {
    const noted = this.sampler.ownStatistics(serverId)?.slowConsumers ?? [];
    const totals = this.sampler.totals.find((server) => server.serverId === serverId);
    return slownessOf(totals?.maxPendingBytes ?? null, new Set(noted.map((client) => client.cid)));
  }

  #publishBrokerState(): void {
    this.live?.tellBroker(this.brokerState());
  }

  #connectionsOf(username: string): number | null {
    const snapshot = this.connections.last;
    return snapshot === undefined ? null : snapshot.open.filter((row) => row.user === username).length;
  }
}
