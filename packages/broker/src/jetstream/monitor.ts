/** JetStream as monitoring shows it: `/jsz`, the part of `/varz`, and whether a stream is well. Source: nats-server server/monitor.go Jsz. */
import { goQuote, type HealthProblem } from '@sluice/protocol';
import {
  API_LEVEL,
  encodeStreamConfig,
  formatTime,
  fromByteText,
  goJson,
  type JsonObject,
  omitEmpty,
  toByteText,
} from '@sluice/protocol/jetstream';
import type { Engine } from './engine.ts';
import type { JetStreamFacts, JszOptions } from './facts.ts';
import { consumerInfo, publicConsumers, streamState } from './infos.ts';
import type { JsAccount } from './js-account.ts';
import { DEFAULT_MAX_CONSUMERS } from './limits.ts';
import type { Stream } from './stream/stream.ts';

const NS_PER_MS = 1_000_000;
const DEFAULT_SYNC_NS = 120_000_000_000;
const DEFAULT_LIMIT = 1024;
/** How an unlimited reservation looks as an unsigned number. */
const UNLIMITED = 2 ** 64;

export class JetStreamMonitor implements JetStreamFacts {
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  hasAccount(name: string): boolean {
    return this.engine.accounts.has(name);
  }

  answersIn(name: string): boolean {
    return this.engine.answersIn(name);
  }

  varz(): JsonObject {
    return { config: this.config(), stats: this.stats(), limits: this.limits() };
  }

  private config(): JsonObject {
    const { options } = this.engine;
    const { sync } = options;
    return {
      max_memory: options.maxMemoryBytes,
      max_storage: options.maxStoreBytes,
      store_dir: `${options.storeDir}/jetstream`,
      sync_interval: sync.kind === 'interval' ? sync.intervalMs * NS_PER_MS : DEFAULT_SYNC_NS,
      ...(sync.kind === 'always' ? { sync_always: true } : {}),
      ...omitEmpty({ domain: options.domain }),
      compress_ok: true,
      ...omitEmpty({ unique_tag: options.uniqueTag, strict: options.isStrict }),
    };
  }

  private limits(): JsonObject {
    const { options } = this.engine;
    return {
      ...omitEmpty({
        max_request_batch: options.maxRequestBatch,
        max_ack_pending: options.maxAckPending,
        max_ha_assets: options.maxHaAssets,
        max_duplicate_window: options.duplicateWindowNs,
      }),
      default_max_consumers: DEFAULT_MAX_CONSUMERS,
    };
  }

  private stats(): JsonObject {
    const { engine } = this;
    const total = { total: 0, errors: 0, memory: 0, file: 0 };
    for (const account of engine.accounts.values()) {
      total.total += account.api.total;
      total.errors += account.api.errors;
      total.memory += account.reserved('memory');
      total.file += account.reserved('file');
    }
    return {
      memory: engine.used('memory'),
      storage: engine.used('file'),
      reserved_memory: total.memory,
      reserved_storage: total.file,
      accounts: engine.accounts.size,
      ha_assets: 0,
      api: { level: API_LEVEL, total: total.total, errors: total.errors },
    };
  }

  /** Keys stand in nats-server's order. */
  jsz(options: JszOptions, serverId: string): JsonObject {
    const accounts = [...this.engine.accounts.values()];
    const { streams, consumers, messages, bytes } = this.totals();
    const details = this.chosen(accounts, options).map((account) => accountDetail(account, options));
    return {
      ...this.stats(),
      server_id: serverId,
      now: formatTime(this.engine.clock.nowUs()),
      config: this.config(),
      limits: this.limits(),
      streams,
      ...(options.hasRaft ? { streams_leader: streams } : {}),
      consumers,
      ...(options.hasRaft ? { consumers_leader: consumers } : {}),
      messages,
      bytes,
      ...(details.length === 0 ? {} : { account_details: details }),
      total: accounts.length,
    };
  }

  private totals(): { streams: number; consumers: number; messages: number; bytes: number } {
    const totals = { streams: 0, consumers: 0, messages: 0, bytes: 0 };
    for (const account of this.engine.accounts.values()) {
      for (const stream of account.streams.values()) {
        const state = stream.store.state();
        totals.streams++;
        totals.consumers += publicConsumers(stream).length;
        totals.messages += state.messages;
        totals.bytes += state.bytes;
      }
    }
    return totals;
  }

  private chosen(accounts: JsAccount[], options: JszOptions): JsAccount[] {
    const asked = accounts.filter(({ account }) => account.name === options.account);
    if (asked.length > 0) return asked;
    const hasAll = options.hasAccounts || ((options.hasStreams || options.hasConsumers) && options.account === '');
    if (!hasAll) return [];
    const from = Math.max(0, options.offset);
    const limit = options.limit === 0 ? DEFAULT_LIMIT : options.limit;
    const sorted = accounts.sort((a, b) => (a.account.name < b.account.name ? -1 : 1));
    return limit < 0 ? sorted : sorted.slice(from, from + limit);
  }

  /** What is wrong with a stream or a consumer; undefined when all is well. Empty names ask about nothing. */
  problem(account: string, stream: string, consumer: string): HealthProblem | undefined {
    if (account === '') return undefined;
    const js = this.engine.accounts.get(account);
    if (js === undefined) return { type: 'ACCOUNT', account, error: `JetStream account ${goQuote(account)} not found` };
    if (stream === '') return undefined;
    const found = js.streams.get(toByteText(stream));
    const where = `on account ${goQuote(account)}`;
    const about = { account, stream };
    if (found === undefined) return { type: 'STREAM', ...about, error: `JetStream stream ${goQuote(stream)} not found ${where}` };
    if (found.store.hasFailed) {
      return { type: 'STREAM', ...about, error: `JetStream stream ${goQuote(stream)} ${where} cannot be written any more` };
    }
    if (consumer === '' || found.consumers.has(toByteText(consumer))) return undefined;
    const error = `JetStream consumer ${goQuote(consumer)} not found for stream ${goQuote(stream)} ${where}`;
    return { type: 'CONSUMER', ...about, consumer, error };
  }
}

function accountDetail(js: JsAccount, options: JszOptions): JsonObject {
  const { limits, api } = js;
  const { name } = js.account;
  const reserved = (bytes: number): number => (bytes < 0 ? UNLIMITED : bytes);
  const hasStreams = options.hasStreams || options.hasConsumers;
  const streams = hasStreams ? [...js.streams.values()].map((stream) => readable(streamDetail(stream, options))) : [];
  return {
    name,
    id: name,
    memory: js.used('memory'),
    storage: js.used('file'),
    reserved_memory: reserved(limits.maxMemoryBytes),
    reserved_storage: reserved(limits.maxStoreBytes),
    accounts: 0,
    ha_assets: 0,
    api: { level: 0, total: api.total, errors: api.errors },
    ...(streams.length === 0 ? {} : { stream_detail: streams }),
  };
}

/** What is kept as bytes, as the text it is. */
function readable(detail: JsonObject): JsonObject {
  const text = goJson(detail);
  return /[\u0080-\u00ff]/.test(text) ? (JSON.parse(fromByteText(text)) as JsonObject) : detail;
}

function streamDetail(stream: Stream, options: JszOptions): JsonObject {
  const describe = (isDirect: boolean): JsonObject[] =>
    [...stream.consumers.values()]
      .filter(({ config }) => (config.direct === true) === isDirect)
      .map((consumer) => {
        const info = consumerInfo(consumer, false);
        if (options.hasConfig) return info;
        const { config: _unasked, ...rest } = info;
        return rest;
      });
  const consumers = options.hasConsumers ? describe(false) : [];
  const direct = options.hasConsumers && options.hasDirectConsumers ? describe(true) : [];
  return {
    name: stream.config.name,
    created: formatTime(stream.createdUs),
    cluster: { leader: stream.host.serverName },
    ...(options.hasConfig ? { config: encodeStreamConfig(stream.config) } : {}),
    state: streamState(stream, false),
    durability: stream.store.durability,
    ...(stream.store.hasFailed ? { read_only: true } : {}),
    ...stream.sources.info(),
    ...(consumers.length === 0 ? {} : { consumer_detail: consumers }),
    ...(direct.length === 0 ? {} : { direct_consumer_detail: direct }),
  };
}
