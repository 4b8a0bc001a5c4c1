/**
 * The console's connection to the broker as the system user: one official client, kept connected, and requests to the server's
 * services on top. Everything the console knows about the broker comes through here, so the same code talks to a nats-server.
 */
import { connect, type Msg, type NatsConnection, RequestError, TimeoutError } from '@nats-io/transport-node';
import type { Clock, Timer } from '../env/clock.ts';
import type { SystemCredentials } from '../supervisor/messages.ts';
import { type JsonRecord, numberAt, recordAt, recordOf, stringAt } from './json-fields.ts';

/** Name that the console's own connections carry; they are left out of every list and count. */
export const CONSOLE_CLIENT_NAME = 'sluice-console';

/** Why a service gave no data. `refused`: it answered with an error of its own. */
export interface ServiceError {
  readonly kind: 'no_responders' | 'timeout' | 'disconnected' | 'refused';
  readonly message: string;
}

export type ServiceAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ServiceError };

export interface NatsContextOptions {
  readonly clock: Clock;
  readonly system: SystemCredentials;
  /** Connected, at first or again: perhaps to a fresh broker. */
  onConnected(): void;
  onDisconnected(): void;
  onNotice(text: string): void;
}

/** Messages and bytes in both directions, named as the server sees them. */
export interface Traffic {
  readonly inMsgs: number;
  readonly outMsgs: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

const noTraffic: Traffic = { inMsgs: 0, outMsgs: 0, inBytes: 0, outBytes: 0 };
const RETRY_MS = 250;
const PING_INTERVAL_MS = 5000;
const REQUEST_TIMEOUT_MS = 3000;
/** Servers that did not answer within this time after the last answer are left out. */
const SCATTER_STALL_MS = 300;

/** What measuring needs of the connection; tests stand in with a few lines. */
export interface SystemRequests {
  readonly isConnected: boolean;
  readonly serverId: string;
  readonly ownCid: number;
  readonly serverIds: readonly string[];
  ownTraffic(): Traffic;
  ask(service: string, body?: unknown, serverId?: string, timeoutMs?: number): Promise<ServiceAnswer<JsonRecord>>;
  request(subject: string, body: unknown, timeoutMs?: number): Promise<ServiceAnswer<JsonRecord>>;
}

export class NatsContext implements SystemRequests {
  readonly #options: NatsContextOptions;
  #url: string | undefined;
  #connection: NatsConnection | undefined;
  #isUp = false;
  #isClosed = false;
  #retry: Timer | undefined;
  #serverIds: readonly string[] = [];
  #isConnecting = false;
  /** Traffic of this client with servers before the present one: a fresh broker counts from zero. */
  #earlier = noTraffic;
  #countedServerId = '';
  /** Ends every question under way when the connection is lost: no answer can come any more. */
  readonly #pending = new Set<() => void>();

  constructor(options: NatsContextOptions) {
    this.#options = options;
  }

  /** True while requests can be made. */
  get isConnected(): boolean {
    return this.#isUp;
  }

  /** The client itself; undefined before the first connection. */
  get connection(): NatsConnection | undefined {
    return this.#connection;
  }

  /** Id of the server this connection is to; empty before the first. */
  get serverId(): string {
    return this.#connection?.info?.server_id ?? '';
  }

  /** The connection's own client id on that server; 0 before the first. */
  get ownCid(): number {
    return this.#connection?.info?.client_id ?? 0;
  }

  get maxPayloadBytes(): number | null {
    return this.#connection?.info?.max_payload ?? null;
  }

  /** Ids of the servers that answered the last scatter. */
  get serverIds(): readonly string[] {
    return this.#serverIds;
  }

  /** Messages and bytes of this connection, as the server counts them: in = what the console published. */
  ownTraffic(): Traffic {
    const stats = this.#connection?.stats();
    if (stats === undefined) return noTraffic;
    return {
      inMsgs: stats.outMsgs - this.#earlier.inMsgs,
      outMsgs: stats.inMsgs - this.#earlier.outMsgs,
      inBytes: stats.outBytes - this.#earlier.inBytes,
      outBytes: stats.inBytes - this.#earlier.outBytes,
    };
  }

  /** Where the broker is. The first call connects; later ones matter only when the address changed. */
  setUrl(url: string | undefined): void {
    if (url === undefined || url === this.#url || this.#isClosed) return;
    this.#url = url;
    const old = this.#connection;
    this.#connection = undefined;
    this.#isUp = false;
    if (old !== undefined) this.#closeQuietly(old);
    this.#connect();
  }

  /** Asks one server (or the one connected to) for a service and unwraps the answer. */
  async ask(
    service: string,
    body: unknown = {},
    serverId = this.serverId,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<ServiceAnswer<JsonRecord>> {
    return this.request(`$SYS.REQ.SERVER.${serverId}.${service}`, body, timeoutMs);
  }

  /** A request on the system account, unwrapped: `{ data }` or `{ error }`. */
  async request(subject: string, body: unknown, timeoutMs = REQUEST_TIMEOUT_MS): Promise<ServiceAnswer<JsonRecord>> {
    const connection = this.#connection;
    if (connection === undefined || !this.#isUp) return refused('disconnected', 'the broker is not connected');
    const answered = connection.request(subject, JSON.stringify(body), { timeout: timeoutMs }).then(unwrap).catch(refusedBy);
    return this.#unlessLost(answered);
  }

  /** Every server's answer to `$SYS.REQ.SERVER.PING.<service>`; those that refuse are left out. */
  async scatter(service: string, body: unknown = {}): Promise<JsonRecord[]> {
    const connection = this.#connection;
    if (connection === undefined || !this.#isUp) return [];
    const answers: JsonRecord[] = [];
    try {
      const many = await connection.requestMany(
        `$SYS.REQ.SERVER.PING${service === '' ? '' : `.${service}`}`,
        JSON.stringify(body),
        {
          strategy: 'stall',
          stall: SCATTER_STALL_MS,
          maxWait: REQUEST_TIMEOUT_MS,
        },
      );
      for await (const message of many) answers.push(parseObject(message));
    } catch (error) {
      const { kind, message } = refusedBy(error).error;
      if (kind === 'refused') this.#options.onNotice(`asking all servers for ${service} failed: ${message}`);
    }
    return answers.filter((answer) => !('error' in answer));
  }

  /** Asks who is there; the answers hold each server's `server` object. */
  async discover(): Promise<JsonRecord[]> {
    const servers = (await this.scatter('')).map((answer) => recordAt(answer, 'server'));
    const ids = servers.map((server) => stringAt(server, 'id')).filter((id) => id !== '');
    this.#serverIds = ids.length > 0 ? [...new Set(ids)].sort() : this.serverId === '' ? [] : [this.serverId];
    return servers;
  }

  /** Listens on the system account for as long as this connection lasts; the client subscribes again by itself. */
  subscribe(subject: string, onMessage: (message: Msg) => void): () => void {
    const connection = this.#connection;
    if (connection === undefined) return () => undefined;
    const subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null || error === undefined) onMessage(message);
        else this.#options.onNotice(`subscription to ${subject} failed: ${error.message}`);
      },
    });
    return () => subscription.unsubscribe();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#isUp = false;
    await this.#connection?.close();
  }

  /** `answered`, or "disconnected" as soon as the connection is lost. */
  #unlessLost(answered: Promise<ServiceAnswer<JsonRecord>>): Promise<ServiceAnswer<JsonRecord>> {
    return new Promise((resolve, reject) => {
      const lose = (): void => resolve(refused('disconnected', 'the connection to the broker was lost'));
      this.#pending.add(lose);
      answered.then(resolve, reject).finally(() => this.#pending.delete(lose));
    });
  }

  #lost(): void {
    this.#isUp = false;
    for (const lose of [...this.#pending]) lose();
    this.#options.onDisconnected();
  }

  #connect(): void {
    const url = this.#url;
    if (this.#isClosed || this.#isConnecting || url === undefined) return;
    this.#isConnecting = true;
    connect({
      servers: url,
      user: this.#options.system.user,
      pass: this.#options.system.password,
      name: CONSOLE_CLIENT_NAME,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RETRY_MS,
      reconnectJitter: 50,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: 2,
      ignoreClusterUpdates: true,
      timeout: 5000,
    }).then(
      (connection) => this.#connected(connection, url),
      () => this.#tryAgain(),
    );
  }

  #tryAgain(): void {
    this.#isConnecting = false;
    this.#retry = this.#options.clock.setTimer(RETRY_MS, () => this.#connect());
  }

  #connected(connection: NatsConnection, url: string): void {
    this.#isConnecting = false;
    if (this.#isClosed || url !== this.#url) {
      this.#closeQuietly(connection);
      if (!this.#isClosed) this.#connect();
      return;
    }
    this.#connection = connection;
    this.#earlier = noTraffic;
    this.#countedServerId = this.serverId;
    this.#isUp = true;
    this.#options.onConnected();
    this.#watch(connection).catch((error: unknown) => this.#options.onNotice(`watching the connection failed: ${String(error)}`));
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (connection !== this.#connection) return;
      if (status.type === 'disconnect') {
        this.#lost();
      } else if (status.type === 'reconnect') {
        this.#isUp = true;
        this.#startCounting();
        this.#options.onConnected();
      }
    }
    // The client has given up (an authentication error twice, say): start over with a new one.
    if (connection !== this.#connection || this.#isClosed) return;
    if (this.#isUp) this.#lost();
    this.#connection = undefined;
    this.#tryAgain();
  }

  #startCounting(): void {
    if (this.serverId === this.#countedServerId) return;
    this.#countedServerId = this.serverId;
    this.#earlier = noTraffic;
    this.#earlier = this.ownTraffic();
  }

  #closeQuietly(connection: NatsConnection): void {
    connection.close().catch((error: unknown) => this.#options.onNotice(`closing an old connection failed: ${String(error)}`));
  }
}

function parseObject(message: Msg): JsonRecord {
  return recordOf(message.json());
}

function unwrap(message: Msg): ServiceAnswer<JsonRecord> {
  const answer = parseObject(message);
  const error = recordAt(answer, 'error');
  if ('error' in answer) {
    return refused('refused', stringAt(error, 'description', `the server refused it (code ${numberAt(error, 'code')})`));
  }
  return { ok: true, value: 'data' in answer ? recordAt(answer, 'data') : answer };
}

function refused(kind: ServiceError['kind'], message: string): { ok: false; error: ServiceError } {
  return { ok: false, error: { kind, message } };
}

function refusedBy(error: unknown): { ok: false; error: ServiceError } {
  if (error instanceof RequestError && error.isNoResponders())
    return refused('no_responders', 'the server offers no such service');
  if (error instanceof TimeoutError) return refused('timeout', 'the server did not answer in time');
  return refused(
    error instanceof SyntaxError ? 'refused' : 'disconnected',
    error instanceof Error ? error.message : String(error),
  );
}
