/**
 * The server that keeps the console's own state: one private account with JetStream, on a loopback port of its own beside the server that
 * clients use, in the same process. No setting of the operator reaches it (limits, TLS, JetStream off, operator mode), and no client
 * of the operator's server can, whatever its configuration imports. See docs/adr/0012-console-state-in-jetstream.md.
 */
import { Broker, type Log, nodeEnv, type ResolvedOptions } from '@sluice/broker';
import { STATE_ACCOUNT, type SystemCredentials } from '../supervisor/messages.ts';

export interface StateBroker {
  /** Where the console connects. */
  readonly url: string;
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
/** Saved messages are the largest: 256 Ki characters of payload, escaped. */
const MAX_PAYLOAD_BYTES = 4_194_304;
/** One console at a time, a little room for one that has just died and for whoever looks with a client. */
const MAX_CONNECTIONS = 16;

/** Starts it on what `folder` holds. Rejects when the folder cannot be written or what is in it cannot be read. */
export async function startStateBroker(folder: string, credentials: SystemCredentials): Promise<StateBroker> {
  const options: Partial<ResolvedOptions> = {
    host: LOOPBACK,
    port: 0,
    serverName: 'sluice-console-state',
    systemAccount: undefined,
    maxConnections: MAX_CONNECTIONS,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    jetstream: { storeDir: folder },
    accounts: [
      {
        name: STATE_ACCOUNT,
        jetstream: {
          maxMemoryBytes: 0,
          maxStoreBytes: -1,
          maxStreams: -1,
          maxConsumers: -1,
          maxAckPending: -1,
          memoryMaxStreamBytes: -1,
          storeMaxStreamBytes: -1,
          isMaxBytesRequired: true,
          clusterTraffic: 'system',
        },
      },
    ],
    auth: { users: [{ user: credentials.user, password: credentials.password, account: STATE_ACCOUNT }], timeoutMs: 2000 },
  };
  const broker = await Broker.start(options, nodeEnv(log));
  return { url: broker.url, stop: () => broker.stop() };
}

/** Only what somebody should act on: damage, a disk that fails. */
const log: Log = {
  isDebug: false,
  isTrace: false,
  write(level, text) {
    if (level === 'WRN' || level === 'ERR' || level === 'FTL') process.stderr.write(`console state: ${text}\n`);
  },
};
