/**
 * JetStream for the pages: opens accounts, says whether JetStream is on and how to get it, and keeps what is shared between requests:
 * listings with rates, what the server promises about durability, deliveries pulled by hand.
 */
import type { Durability, JetStreamOffReason, JetStreamState } from '@sluice/protocol/console';
import type { Clock } from '../../env/clock.ts';
import { HttpFailure } from '../../http-failure.ts';
import { fileDurability, presentAccountInfo, type StreamReading } from '../../presenters/streams.ts';
import { accountUser, type SystemCredentials } from '../../supervisor/messages.ts';
import type { CapabilityProbe } from '../capability-probe.ts';
import { booleanAt, durationMs, type JsonRecord, numberAt, recordAt, stringAt } from '../json-fields.ts';
import type { NatsContext, Traffic } from '../nats-context.ts';
import { AccountConnections } from './account-connections.ts';
import { JsAccount } from './js-account.ts';
import { type JsError, jsCodes } from './js-failure.ts';
import { AccountListings } from './listings.ts';
import { PulledMessages } from './pulled-messages.ts';

export interface JetStreamServiceOptions {
  readonly clock: Clock;
  readonly nats: NatsContext;
  readonly probe: CapabilityProbe;
  readonly system: SystemCredentials;
  natsUrl(): string | undefined;
  usualAccount(): string;
  onNotice(text: string): void;
}

export type JsOpening =
  | { readonly ok: true; readonly js: JsAccount }
  | { readonly ok: false; readonly reason: JetStreamOffReason; readonly account: string; readonly message: string };

const MAX_LISTINGS = 32;
const SERVER_TTL_MS = 10_000;

export class JetStreamService {
  readonly pulled: PulledMessages;
  readonly #options: JetStreamServiceOptions;
  readonly #connections: AccountConnections;
  readonly #listings = new Map<string, AccountListings>();
  #server: { readonly atMs: number; readonly config: JsonRecord } | undefined;
  #durability: { readonly atMs: number; readonly value: Durability | undefined } | undefined;

  constructor(options: JetStreamServiceOptions) {
    this.#options = options;
    this.pulled = new PulledMessages(options.clock);
    this.#connections = new AccountConnections(options);
  }

  /** The account's JetStream; throws 503 with the reason when the account cannot be had. */
  async open(account: string | undefined): Promise<JsAccount> {
    const opening = await this.tryOpen(account);
    if (opening.ok) return opening.js;
    throw new HttpFailure('unavailable', opening.message);
  }

  async tryOpen(account: string | undefined): Promise<JsOpening> {
    if (!this.#options.nats.isConnected)
      return {
        ok: false,
        reason: 'unreachable',
        account: account ?? this.#options.usualAccount(),
        message: 'the broker is not connected',
      };
    const opening = await this.#connections.open(account);
    return opening.ok ? { ok: true, js: new JsAccount(opening.connection, opening.account) } : opening;
  }

  /** Whether there is JetStream, with what is used of it. Never throws for its absence. */
  async state(account: string | undefined): Promise<JetStreamState> {
    const opening = await this.tryOpen(account);
    if (!opening.ok) return offState(opening.reason, opening.account, opening.message);
    const { js } = opening;
    try {
      const answer = await js.ask('INFO');
      if (answer.ok) return presentAccountInfo(answer.value, js.account, await this.#serverConfig());
      return offState(offReason(answer.error), js.account, answer.error.description);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      const reason = error.code === 'unavailable' ? 'server' : 'unreachable';
      return offState(reason, js.account, error.message);
    }
  }

  /** The state beside a list. @throws 503 while nobody answers: an empty list would say that there is nothing. */
  async listState(account: string | undefined): Promise<JetStreamState> {
    const state = await this.state(account);
    if (!state.isEnabled && state.reason === 'unreachable') throw new HttpFailure('unavailable', state.message);
    return state;
  }

  /** Lists of an account, shared by everybody who looks. */
  listings(account: string | undefined): AccountListings {
    const key = account ?? '';
    const known = this.#listings.get(key);
    if (known !== undefined) return known;
    const oldest = this.#listings.keys().next();
    if (this.#listings.size >= MAX_LISTINGS && oldest.done !== true) this.#listings.delete(oldest.value);
    const made = new AccountListings(this.#options.clock, () => this.open(account), this.#options.onNotice);
    this.#listings.set(key, made);
    return made;
  }

  /** What presenting a stream takes beside its info. */
  async readingOf(account: string | undefined, stream: string, atMs = this.#options.clock.nowMs()): Promise<StreamReading> {
    return { nowMs: atMs, rates: this.listings(account).streamRates(stream), fileDurability: await this.durability(account) };
  }

  /** When files are synced, as far as the server tells; asked every few seconds at most. */
  async durability(account: string | undefined): Promise<Durability | undefined> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#durability !== undefined && nowMs - this.#durability.atMs < SERVER_TTL_MS) return this.#durability.value;
    const value = (await this.#sluiceDurability(account)) ?? serverDurability(await this.#serverConfig());
    this.#durability = { atMs: nowMs, value };
    return value;
  }

  /** Another server answers now: what was read of the last one says nothing. */
  forget(): void {
    this.#connections.startCounting();
    this.#listings.clear();
    this.#server = undefined;
    this.#durability = undefined;
    this.pulled.clear();
  }

  /** The console's connections into accounts, which no page shows as somebody's. */
  ownTraffic(): Traffic & { connections: number } {
    return this.#connections.traffic();
  }

  /** True for the console's own connections into accounts; of other consoles those that came as a user that only consoles know. */
  isOwnConnection({ serverId, cid, user }: { serverId: string; cid: number; user: string }): boolean {
    const { system } = this.#options;
    if (system.hasAccountUsers === true && user.startsWith(accountUser(system, ''))) return true;
    return this.#connections.holds(serverId, cid);
  }

  async stop(): Promise<void> {
    await this.#connections.close();
  }

  /** A Sluice broker tells it per stream, when asked for. */
  async #sluiceDurability(account: string | undefined): Promise<Durability | undefined> {
    const { nats, probe } = this.#options;
    if (probe.sluiceVersion(nats.serverId) === null) return undefined;
    const { entries } = await this.listings(account).streams();
    const file = entries.find((info) => stringAt(recordAt(info, 'config'), 'storage') === 'file');
    if (file === undefined) return undefined;
    const js = await this.open(account);
    const answer = await js.ask(`STREAM.INFO.${stringAt(recordAt(file, 'config'), 'name')}`, { durability: true });
    const text = answer.ok ? stringAt(answer.value, 'durability') : '';
    if (text === '') return undefined;
    const interval = /every (.+)$/.exec(text)?.[1];
    return fileDurability(interval === undefined ? null : durationMs(interval));
  }

  /** The server's own limits and habits, from `JSZ`; empty where it does not offer that. */
  async #serverConfig(): Promise<JsonRecord> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#server !== undefined && nowMs - this.#server.atMs < SERVER_TTL_MS) return this.#server.config;
    const answer = await this.#options.nats.ask('JSZ', { config: true });
    const config = answer.ok ? recordAt(answer.value, 'config') : {};
    this.#server = { atMs: nowMs, config };
    return config;
  }
}

function serverDurability(config: JsonRecord): Durability | undefined {
  if (booleanAt(config, 'sync_always')) return fileDurability(null);
  const ns = numberAt(config, 'sync_interval');
  return ns > 0 ? fileDurability(ns / 1_000_000) : undefined;
}

function offReason({ errCode }: JsError): JetStreamOffReason {
  return errCode === jsCodes.notEnabledForAccount ? 'account' : 'server';
}

function offState(reason: JetStreamOffReason, account: string, message: string): JetStreamState {
  return { isEnabled: false, account, reason, message, ...teaching[reason](account) };
}

const teaching: Readonly<Record<JetStreamOffReason, (account: string) => { hint: string; example: string | null }>> = {
  server: () => ({
    hint: 'Switch JetStream on in the configuration, with a folder for what it keeps, and start the server anew.',
    example: 'jetstream {\n  store_dir: "./data/jetstream"\n}',
  }),
  account: (account) => ({
    hint: `JetStream runs, but the account ${account} may not use it. Give it JetStream in the configuration.`,
    example: `accounts {\n  ${account} {\n    jetstream: enabled\n  }\n}`,
  }),
  no_access: (account) => ({
    hint: `The console cannot log in to the account ${account}. Choose another account.`,
    example: null,
  }),
  unreachable: () => ({ hint: 'This page comes back by itself as soon as it does.', example: null }),
};
