/** Everything the server does on the system account: events, requests, taps, subject statistics, configuration. */
import type { Account } from '../account/account.ts';
import type { MonitorFacts } from '../monitor/facts.ts';
import type { ResolvedOptions } from '../options.ts';
import { AccountRequests } from './account-requests.ts';
import { subscribeAdmin } from './admin-requests.ts';
import { subscribeClaims } from './claims-requests.ts';
import { ConfigService } from './config/config-service.ts';
import { SystemEvents } from './events.ts';
import { OwnAccountRequests } from './own-account.ts';
import { PeerServers } from './peer-servers.ts';
import { RecentTroubles } from './recent.ts';
import { ServerRequests } from './server-requests.ts';
import { Speaker } from './speaker.ts';
import { subscribeSubjectServices } from './subjects/subject-services.ts';
import { TapService } from './tap/tap-service.ts';

/** What the composition root does on behalf of the system account. */
export interface SystemActions {
  /** Takes options into force; throws, with nothing changed, when one of them cannot change in a running server. */
  readonly reload: (options: ResolvedOptions) => void;
  /** Reads the configuration file again; absent when there is none. */
  readonly reloadFile?: () => void;
  /** A ConfigChange of an earlier run, taken into force at the start. */
  readonly configOverrides?: unknown;
}

export class SystemServices {
  private readonly facts: MonitorFacts;
  private readonly account: Account;
  private readonly actions: SystemActions;
  private readonly events: SystemEvents;
  private readonly speaker: Speaker;
  private readonly recent: RecentTroubles = new RecentTroubles();
  private readonly peers: PeerServers;
  private readonly taps: TapService;
  private endings: (() => void)[] = [];

  constructor(facts: MonitorFacts, account: Account, actions: SystemActions) {
    const { server } = facts;
    this.facts = facts;
    this.account = account;
    this.actions = actions;
    this.speaker = new Speaker(server, account);
    this.peers = new PeerServers(server);
    this.events = new SystemEvents(facts, this.speaker, this.recent, this.peers);
    this.taps = new TapService(server, this.speaker);
  }

  /** @throws when the configuration overrides of an earlier run do not fit any more. */
  start(): void {
    const { facts, account, speaker } = this;
    const { server } = facts;
    const config = new ConfigService(server, speaker, this.actions.reload);
    if (this.actions.configOverrides !== undefined) config.applyAtStart(this.actions.configOverrides);
    const ownAccounts = new OwnAccountRequests(facts, speaker);
    this.endings = [
      ...ownAccounts.subscribe(account),
      ...this.peers.subscribe(account),
      ...new ServerRequests(facts, speaker, { peers: this.peers, recent: this.recent, taps: this.taps }).subscribe(account),
      ...new AccountRequests(facts, speaker, this.events).subscribe(account),
      ...subscribeAdmin(server, speaker, this.actions),
      ...subscribeClaims(server, speaker),
      ...this.taps.subscribe(),
      ...subscribeSubjectServices(server, speaker),
      ...config.subscribe(),
    ];
    for (const ordinary of server.accounts.all()) if (ordinary !== account) ownAccounts.subscribe(ordinary);
    const onCreated = (created: Account): void => void ownAccounts.subscribe(created);
    server.accounts.creationObservers.add(onCreated);
    this.endings.push(() => server.accounts.creationObservers.delete(onCreated));
    this.events.start();
  }

  announceLameDuck(): void {
    this.events.announceLameDuck();
  }

  /** Says goodbye and ends everything that runs in the background. */
  stop(): void {
    this.events.stop();
    for (const end of this.endings) end();
    this.endings = [];
  }
}
