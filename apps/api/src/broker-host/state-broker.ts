/**
 * The server that keeps the console's own state: one private account with JetStream, on a loopback port of its own beside the server that
 * clients use, in the same process. No setting of the operator reaches it (limits, TLS, JetStream off, operator mode), and no client
 * of the operator's server can, whatever its configuration imports. See docs/adr/0012-console-state-in-jetstream.md.
 */
import { statfs } from 'node:fs/promises';
import { Broker, type Env, type Log, nodeEnv, type ResolvedOptions, unlimitedAccount } from '@sluice/broker';
import { type Clock, systemClock, type Timer } from '../env/clock.ts';
import { Serial } from '../store/serial.ts';
import { STATE_ACCOUNT, type SystemCredentials, stateStreams } from '../supervisor/messages.ts';

export interface StateBroker {
  /** Where the console connects. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface StateBrokerOptions {
  readonly clock?: Clock;
  /** The world it runs in; the machine's unless given. */
  readonly env?: Env;
}

const LOOPBACK = '127.0.0.1';
/** Saved messages are the largest: 256 Ki characters of payload, escaped. */
const MAX_PAYLOAD_BYTES = 4_194_304;
/** There is one console; the rest is room, so that nobody on the machine keeps it out by holding connections open. */
const MAX_CONNECTIONS = 1024;
/** A stream that a full disk made read-only is opened anew this soon, then half as often each time. */
export const LOOK_INTERVAL_MS = 5000;
const LONGEST_PAUSE_MS = 300_000;
/** Below this there is no use in trying. */
const ROOM_BYTES = 8_388_608;

/** Starts it on what `folder` holds. Rejects when the folder cannot be written or what is in it cannot be read. */
export async function startStateBroker(
  folder: string,
  credentials: SystemCredentials,
  { clock = systemClock, env = nodeEnv(log) }: StateBrokerOptions = {},
): Promise<StateBroker> {
  const options = optionsOf(folder, credentials);
  const broker = await Broker.start(options, env);
  // Whoever opens it anew keeps the address, so that the console finds it again by itself.
  const start = (): Promise<Broker> => Broker.start({ ...options, port: broker.port }, env);
  return new Reopening(broker, { clock, folder, start });
}

/**
 * A store whose disk has failed takes no writes any more: what was written last may or may not be there. Reading it back from the disk
 * settles that, so the server is opened anew, now and then, as soon as there is room.
 */
class Reopening implements StateBroker {
  readonly url: string;
  readonly #options: { clock: Clock; folder: string; start: () => Promise<Broker> };
  readonly #serial = new Serial();
  readonly #timer: Timer;
  #broker: Broker | undefined;
  #pauseMs = 0;
  #nextMs = 0;

  constructor(broker: Broker, options: { clock: Clock; folder: string; start: () => Promise<Broker> }) {
    this.#broker = broker;
    this.url = broker.url;
    this.#options = options;
    this.#timer = options.clock.setRepeatingTimer(LOOK_INTERVAL_MS, () => {
      this.#serial
        .run(() => this.#look())
        .catch((error: unknown) =>
          log.write('ERR', `opening it anew failed: ${error instanceof Error ? error.message : String(error)}`),
        );
    });
  }

  stop(): Promise<void> {
    this.#timer.cancel();
    return this.#serial.run(async () => this.#broker?.stop());
  }

  async #look(): Promise<void> {
    const { clock, folder, start } = this.#options;
    const facts = this.#broker?.server.jetstream;
    const problem = stateStreams
      .map((name) => facts?.problem(STATE_ACCOUNT, name, '')?.error)
      .find((text) => text?.includes('cannot be written'));
    if (this.#broker !== undefined && problem === undefined) {
      if (clock.monotonicMs() >= this.#nextMs) this.#pauseMs = 0;
      return;
    }
    if (clock.monotonicMs() < this.#nextMs || !(await hasRoom(folder))) return;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(LOOK_INTERVAL_MS, this.#pauseMs * 2));
    this.#nextMs = clock.monotonicMs() + this.#pauseMs;
    log.write('WRN', `${problem ?? 'it is not running'}; opening it anew`);
    await this.#broker?.stop();
    this.#broker = undefined;
    this.#broker = await start();
  }
}

async function hasRoom(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= ROOM_BYTES;
}

function optionsOf(folder: string, credentials: SystemCredentials): Partial<ResolvedOptions> {
  return {
    host: LOOPBACK,
    port: 0,
    serverName: 'sluice-console-state',
    systemAccount: undefined,
    maxConnections: MAX_CONNECTIONS,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    jetstream: { storeDir: folder },
    accounts: [{ name: STATE_ACCOUNT, jetstream: { ...unlimitedAccount, maxMemoryBytes: 0, isMaxBytesRequired: true } }],
    auth: { users: [{ user: credentials.user, password: credentials.password, account: STATE_ACCOUNT }], timeoutMs: 2000 },
  };
}

/** Only what somebody should act on: damage, a disk that fails. */
const log: Log = {
  isDebug: false,
  isTrace: false,
  write(level, text) {
    if (level === 'WRN' || level === 'ERR' || level === 'FTL') process.stderr.write(`console state: ${text}\n`);
  },
};
