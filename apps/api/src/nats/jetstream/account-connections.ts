/**
 * Streams live in ordinary accounts, which the system user cannot see into: for data the console holds one more connection per
 * account, opened when somebody looks and closed when nobody has for a while. The broker that `sluice` hosts has a user for the
 * console in every account; elsewhere the console comes as a client without credentials does.
 */
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Clock, Timer } from '../../env/clock.ts';
import { accountUser, type SystemCredentials } from '../../supervisor/messages.ts';
import { recordAt, recordOf, stringAt } from '../json-fields.ts';
import { CONSOLE_CLIENT_NAME, type Traffic } from '../nats-context.ts';

const noTraffic: Traffic = { inMsgs: 0, outMsgs: 0, inBytes: 0, outBytes: 0 };
const MAX_ACCOUNTS = 32;
const IDLE_MS = 300_000;
const CONNECT_TIMEOUT_MS = 3000;
/** A refused account is not tried again for so long: each try is a failed login in the server's log. */
const REFUSED_MS = 10_000;

export type AccountOpening =
  | { readonly ok: true; readonly connection: NatsConnection; readonly account: string }
  | { readonly ok: false; readonly reason: 'no_access' | 'unreachable'; readonly account: string; readonly message: string };

interface Held {
  readonly url: string;
  readonly opening: Promise<AccountOpening>;
  usedAtMs: number;
  /** Set once it failed; then it is tried again from `retryAtMs` on. */
  retryAtMs: number | undefined;
}

export interface AccountConnectionsOptions {
  readonly clock: Clock;
  readonly system: SystemCredentials;
  natsUrl(): string | undefined;
  /** The account of whoever names none. */
  usualAccount(): string;
  onNotice(text: string): void;
}

export class AccountConnections {
  readonly #options: AccountConnectionsOptions;
  readonly #held = new Map<string, Held>();
  readonly #sweeper: Timer;
  readonly #live = new Set<NatsConnection>();
  /** Of connections that are closed. */
  #gone = noTraffic;
  /** What had been counted when the present server began to count. */
  #base = noTraffic;

  constructor(options: AccountConnectionsOptions) {
    this.#options = options;
    this.#sweeper = options.clock.setRepeatingTimer(IDLE_MS / 5, () => this.#sweep());
  }

  /** The connection into `account`, or into the usual one. */
  async open(account: string | undefined): Promise<AccountOpening> {
    const wanted = account ?? this.#options.usualAccount();
    const url = this.#options.natsUrl();
    if (url === undefined) return refused('unreachable', wanted, 'the broker is not connected');
    const nowMs = this.#options.clock.monotonicMs();
    const key = this.#options.system.hasAccountUsers === true ? wanted : '';
    let held = this.#held.get(key);
    if (held !== undefined && (held.url !== url || (held.retryAtMs !== undefined && held.retryAtMs <= nowMs))) {
      this.#drop(key, held);
      held = undefined;
    }
    if (held === undefined) {
      if (this.#held.size >= MAX_ACCOUNTS) this.#dropOldest();
      held = this.#start(key, url, wanted);
    }
    held.usedAtMs = nowMs;
    const opening = await held.opening;
    if (opening.ok && account !== undefined && opening.account !== account)
      return refused('no_access', account, `the console has no user in the account ${account}`);
    return opening;
  }

  /** Connections that are open, and what they moved, as the present server sees it: in = what the console published. */
  traffic(): Traffic & { connections: number } {
    return { ...plus(this.#counted(), this.#base, -1), connections: this.#live.size };
  }

  /** True for a connection that is held here. */
  holds(serverId: string, cid: number): boolean {
    return [...this.#live].some(({ info }) => info?.server_id === serverId && info.client_id === cid);
  }

  /** Another server answers, which counts from zero. */
  startCounting(): void {
    this.#base = this.#counted();
  }

  async close(): Promise<void> {
    this.#sweeper.cancel();
    const held = [...this.#held.values()];
    this.#held.clear();
    await Promise.all(held.map(async ({ opening }) => this.#end(await opening)));
  }

  #counted(): Traffic {
    return [...this.#live].reduce((sum, connection) => plus(sum, trafficOf(connection)), this.#gone);
  }

  #start(key: string, url: string, account: string): Held {
    const held: Held = {
      url,
      opening: this.#connect(url, account, key !== ''),
      usedAtMs: this.#options.clock.monotonicMs(),
      retryAtMs: undefined,
    };
    this.#held.set(key, held);
    held.opening.then((opening) => {
      if (!opening.ok) held.retryAtMs = this.#options.clock.monotonicMs() + (opening.reason === 'no_access' ? REFUSED_MS : 0);
      else this.#watch(key, held, opening.connection);
    }, this.#options.onNotice);
    return held;
  }

  async #connect(url: string, account: string, hasUser: boolean): Promise<AccountOpening> {
    const { system } = this.#options;
    try {
      const connection = await connect({
        servers: url,
        ...(hasUser ? { user: accountUser(system, account), pass: system.password } : {}),
        name: CONSOLE_CLIENT_NAME,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 50,
        pingInterval: 5000,
        maxPingOut: 2,
        ignoreClusterUpdates: true,
        timeout: CONNECT_TIMEOUT_MS,
      });
      const who = recordAt(recordOf((await connection.request('$SYS.REQ.USER.INFO', '', { timeout: 3000 })).json()), 'data');
      return { ok: true, connection, account: stringAt(who, 'account', account) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const isRefused = /authoriz|authentic|permission/i.test(message);
      return refused(isRefused ? 'no_access' : 'unreachable', account, message);
    }
  }

  /** A connection that its client has given up is forgotten, so that the next question opens another. */
  #watch(key: string, held: Held, connection: NatsConnection): void {
    this.#live.add(connection);
    connection.closed().then(
      () => {
        this.#live.delete(connection);
        this.#gone = plus(this.#gone, trafficOf(connection));
        if (this.#held.get(key) === held) this.#held.delete(key);
      },
      (error: unknown) => this.#options.onNotice(`a connection into an account ended: ${String(error)}`),
    );
  }

  #sweep(): void {
    const before = this.#options.clock.monotonicMs() - IDLE_MS;
    for (const [key, held] of this.#held) if (held.usedAtMs < before) this.#drop(key, held);
  }

  #dropOldest(): void {
    const oldest = [...this.#held].sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs)[0];
    if (oldest !== undefined) this.#drop(...oldest);
  }

  #drop(key: string, held: Held): void {
    this.#held.delete(key);
    held.opening.then((opening) => this.#end(opening)).catch((error: unknown) => this.#options.onNotice(String(error)));
  }

  async #end(opening: AccountOpening): Promise<void> {
    if (opening.ok) await opening.connection.close();
  }
}

function refused(reason: 'no_access' | 'unreachable', account: string, message: string): AccountOpening {
  return { ok: false, reason, account, message };
}

/** Named as the server sees it. */
function trafficOf(connection: NatsConnection): Traffic {
  const { inMsgs, outMsgs, inBytes, outBytes } = connection.stats();
  return { inMsgs: outMsgs, outMsgs: inMsgs, inBytes: outBytes, outBytes: inBytes };
}

function plus(a: Traffic, b: Traffic, sign = 1): Traffic {
  return {
    inMsgs: a.inMsgs + sign * b.inMsgs,
    outMsgs: a.outMsgs + sign * b.outMsgs,
    inBytes: a.inBytes + sign * b.inBytes,
    outBytes: a.outBytes + sign * b.outBytes,
  };
}
