/** All subscriptions of all servers, read only while somebody looks, with the names of their connections. */
import type { SubscriptionRow } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import type { ConnectionIndex } from './connection-index.ts';
import { type JsonRecord, numberAt, recordsAt, stringAt, textOrNull } from './json-fields.ts';
import type { SystemRequests } from './nats-context.ts';
import { type Read, Refreshed } from './refreshed.ts';

export interface SubscriptionSnapshot {
  readonly asOfMs: number;
  readonly rows: readonly SubscriptionRow[];
  readonly isTruncated: boolean;
}

export interface SubscriptionIndexOptions {
  readonly clock: Clock;
  readonly nats: SystemRequests;
  readonly connections: ConnectionIndex;
  /** Its subscriptions are the console's and the server's own: left out. */
  systemAccount(): string;
}

const PAGE_ROWS = 4096;
/** Subscriptions that are read per server. */
export const MAX_SUBSCRIPTION_ROWS = 200_000;

export class SubscriptionIndex {
  readonly #options: SubscriptionIndexOptions;
  readonly #all: Refreshed<SubscriptionSnapshot>;

  constructor(options: SubscriptionIndexOptions) {
    this.#options = options;
    this.#all = new Refreshed(options.clock, () => this.#read());
  }

  snapshot(): Promise<Read<SubscriptionSnapshot>> {
    return this.#all.get();
  }

  forget(): void {
    this.#all.forget();
  }

  async #read(): Promise<Read<SubscriptionSnapshot>> {
    const { clock, nats, connections } = this.#options;
    // Names only; without them the rows still say the cid.
    await connections.snapshot();
    const rows: SubscriptionRow[] = [];
    let isTruncated = false;
    const ids = nats.serverIds.length > 0 ? nats.serverIds : [nats.serverId];
    for (const serverId of ids) {
      const total = await this.#readServer(serverId, (entry) => {
        const row = this.#present(entry, serverId);
        if (row.account !== this.#options.systemAccount()) rows.push(row);
      });
      if (!total.ok) return total;
      isTruncated ||= total.value > MAX_SUBSCRIPTION_ROWS;
    }
    return { ok: true, value: { asOfMs: clock.nowMs(), rows, isTruncated } };
  }

  async #readServer(serverId: string, onEntry: (entry: JsonRecord) => void): Promise<Read<number>> {
    let total = 0;
    for (let offset = 0; offset < MAX_SUBSCRIPTION_ROWS; offset += PAGE_ROWS) {
      const answer = await this.#options.nats.ask('SUBSZ', { subscriptions: true, limit: PAGE_ROWS, offset }, serverId, 10_000);
      if (!answer.ok) return answer;
      const entries = recordsAt(answer.value, 'subscriptions_list');
      for (const entry of entries) onEntry(entry);
      total = numberAt(answer.value, 'total');
      if (entries.length === 0 || offset + entries.length >= total) break;
    }
    return { ok: true, value: total };
  }

  #present(entry: JsonRecord, serverId: string): SubscriptionRow {
    const cid = numberAt(entry, 'cid');
    const connection = this.#options.connections.find(cid, serverId);
    return {
      subject: stringAt(entry, 'subject'),
      queue: textOrNull(entry, 'qgroup'),
      sid: stringAt(entry, 'sid'),
      cid,
      serverId,
      name: connection?.name ?? null,
      user: connection?.user ?? null,
      account: stringAt(entry, 'account', '$G'),
      messages: numberAt(entry, 'msgs'),
    };
  }
}
