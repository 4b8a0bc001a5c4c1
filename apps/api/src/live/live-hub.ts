/** All live sockets: opens topics for them from the console's one set of readings, and ticks them once a second. */
import { isValidSubject } from '@sluice/protocol';
import type { BrokerState, LiveTopic } from '@sluice/protocol/console';
import type { Session } from '../auth/sessions.ts';
import type { Console } from '../console.ts';
import type { Timer } from '../env/clock.ts';
import { HttpFailure } from '../http-failure.ts';
import { selectConnections } from '../lists/connection-query.ts';
import { KvBucket } from '../nats/jetstream/kv-bucket.ts';
import { CONNECTION_CREDITS, connectionTopic } from './connection-topic.ts';
import { CONNECTIONS_CREDITS, connectionsTopic, type WindowRead } from './connections-topic.ts';
import { EVENTS_CREDITS, eventsTopic } from './events-topic.ts';
import { KV_CREDITS, kvTopic } from './kv-topic.ts';
import { type BrowserSocket, LiveSocket, type Opening } from './live-socket.ts';
import { natsTapBroker } from './nats-tap-broker.ts';
import { RATES_CREDITS, ratesTopic } from './rates-topic.ts';
import { TAP_CREDITS, TapTopic } from './tap-topic.ts';
import type { TopicOutput } from './topic.ts';

export type HubServices = Pick<
  Console,
  | 'clock'
  | 'sampler'
  | 'events'
  | 'eventLog'
  | 'connections'
  | 'watch'
  | 'nats'
  | 'jetstream'
  | 'probe'
  | 'audit'
  | 'brokerState'
  | 'usualAccount'
>;

/** Sockets at the same time, of all sessions together. */
const MAX_SOCKETS = 500;

export class LiveHub {
  readonly #services: HubServices;
  readonly #sockets = new Set<LiveSocket>();
  readonly #timer: Timer;

  constructor(services: HubServices) {
    this.#services = services;
    this.#timer = services.clock.setRepeatingTimer(1000, () => {
      for (const socket of this.#sockets) socket.tick();
    });
  }

  get socketCount(): number {
    return this.#sockets.size;
  }

  /** Takes over a socket; undefined when there are too many. */
  accept(socket: BrowserSocket, session: Session, address: string): LiveSocket | undefined {
    if (this.#sockets.size >= MAX_SOCKETS) return undefined;
    const live: LiveSocket = new LiveSocket({
      socket,
      session,
      clock: this.#services.clock,
      broker: this.#services.brokerState(),
      openTopic: (topic, id, output) => this.#open(topic, id, output, { username: session.username, address }),
      onClosed: () => this.#sockets.delete(live),
    });
    this.#sockets.add(live);
    return live;
  }

  tellBroker(broker: BrokerState): void {
    for (const socket of this.#sockets) socket.tellBroker(broker);
  }

  stop(): void {
    this.#timer.cancel();
    for (const socket of this.#sockets) socket.close(1001, 'the console is stopping');
  }

  async #open(topic: LiveTopic, id: number, output: TopicOutput, actor: { username: string; address: string }): Promise<Opening> {
    const { clock, eventLog, watch, nats } = this.#services;
    switch (topic.topic) {
      case 'rates':
        return { ok: true, credits: RATES_CREDITS, topic: ratesTopic(() => this.#rates(), output) };
      case 'events':
        return { ok: true, credits: EVENTS_CREDITS, topic: eventsTopic(eventLog, clock, topic.afterSeq, output) };
      case 'connections': {
        const read = (query: Parameters<typeof selectConnections>[1]) => this.#window(query);
        return { ok: true, credits: CONNECTIONS_CREDITS, topic: connectionsTopic(read, topic.query, output) };
      }
      case 'connection': {
        const serverId = topic.serverId ?? nats.serverId;
        return {
          ok: true,
          credits: CONNECTION_CREDITS,
          topic: connectionTopic(() => watch.latest(topic.cid, serverId), clock, output),
        };
      }
      case 'kv':
        return this.#openKv(topic, output);
      case 'tap':
        return this.#openTap(topic, id, output, actor);
    }
  }

  async #openKv(topic: Extract<LiveTopic, { topic: 'kv' }>, output: TopicOutput): Promise<Opening> {
    const { jetstream, clock } = this.#services;
    const { bucket, account, filter } = topic.kv;
    if (filter !== undefined && !isValidSubject(filter))
      return { ok: false, code: 'bad_request', message: 'the filter is no pattern of keys' };
    try {
      const opened = await KvBucket.open(await jetstream.open(account), bucket);
      return { ok: true, credits: KV_CREDITS, topic: kvTopic(opened, topic.kv, clock, output) };
    } catch (error) {
      if (error instanceof HttpFailure) return { ok: false, code: error.code, message: error.message };
      throw error;
    }
  }

  async #openTap(
    topic: Extract<LiveTopic, { topic: 'tap' }>,
    id: number,
    output: TopicOutput,
    actor: { username: string; address: string },
  ): Promise<Opening> {
    const { nats, probe, audit } = this.#services;
    if (probe.serverWith('tap') === undefined) {
      return { ok: false, code: 'unavailable', message: 'the server offers no tap; a Sluice broker does' };
    }
    const usualAccount = this.#services.usualAccount();
    const tap = new TapTopic({ broker: natsTapBroker(nats, probe), output, subscriptionId: id, tap: topic.tap, usualAccount });
    const opened = await tap.open();
    if (!opened.ok) return { ok: false, code: 'bad_request', message: opened.message };
    await audit.record(actor, {
      action: 'tap.open',
      target: topic.tap.subjects.join(' ').slice(0, 256),
      detail: `opened a tap on account ${topic.tap.account ?? usualAccount}`,
    });
    return { ok: true, credits: TAP_CREDITS, topic: tap };
  }

  #rates() {
    const { sampler, events, nats } = this.#services;
    if (sampler.asOfMs === null) return undefined;
    const isUp = nats.isConnected;
    return {
      asOfMs: sampler.asOfMs,
      now: sampler.now,
      connectionsNew1m: isUp ? events.connects1m() : null,
      connectionsGone1m: isUp ? events.disconnects1m() : null,
    };
  }

  async #window(query: Parameters<typeof selectConnections>[1]): Promise<WindowRead> {
    const { connections, clock } = this.#services;
    const snapshot = await connections.snapshot();
    if (!snapshot.ok) return { ok: false };
    const { asOfMs, open, presetCounts } = snapshot.value;
    let rows = open;
    if (query.preset === 'closed') {
      const closed = await connections.closed();
      if (!closed.ok) return { ok: false };
      rows = closed.value.rows;
    }
    const { items, total } = selectConnections(rows, query, clock.nowMs());
    return { ok: true, page: { asOfMs, total, totalUnfiltered: open.length, presetCounts, items } };
  }
}
