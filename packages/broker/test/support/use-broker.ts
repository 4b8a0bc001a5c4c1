/** A broker for the tests of one `describe`, and raw clients that are closed after each test. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { ClosedClient } from '../../src/client/client-registry.ts';
import { Broker, type BrokerOptions, nodeEnv } from '../../src/index.ts';
import type { ManualClock } from './manual-clock.ts';
import { RawClient } from './raw-client.ts';

export interface BrokerFixture {
  readonly broker: Broker;
  /** A connection that has read INFO. */
  open(): Promise<RawClient>;
  /** A connection that has said CONNECT with these options. */
  ready(options?: Readonly<Record<string, unknown>>): Promise<RawClient>;
  /** What is on record of a connection that has closed; waits until it has. */
  recordOf(client: RawClient): Promise<ClosedClient>;
}

/** With a `clock` of its own the broker's timers fire only when the test moves it. */
export function useBroker(options: BrokerOptions = {}, clock?: ManualClock): BrokerFixture {
  let started: Broker | undefined;
  const clients: RawClient[] = [];
  const keep = (client: RawClient): RawClient => {
    clients.push(client);
    return client;
  };
  const running = (): Broker => {
    if (started === undefined) throw new Error('the broker has not started');
    return started;
  };
  beforeAll(async () => {
    const env = nodeEnv();
    started = await Broker.start({ port: 0, ...options }, clock === undefined ? env : { ...env, clock });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.end();
  });
  afterAll(async () => {
    const stopped = running().stop();
    clock?.advance(60_000);
    await stopped;
  });
  return {
    get broker() {
      return running();
    },
    open: async () => keep(await RawClient.open(running().port)),
    ready: async (more = {}) => keep(await RawClient.ready(running().port, more)),
    recordOf: async ({ cid }) => {
      for (let turn = 0; turn < 2000; turn++) {
        const record = running()
          .server.clients.closed()
          .find((closed) => closed.cid === cid);
        if (record !== undefined) return record;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error(`connection ${cid} is not on record as closed`);
    },
  };
}
