/** One cluster of this server and a real nats-server: who connected to whom must not matter. Skipped where there is none. */
import { afterEach, describe, expect, it } from 'vitest';
import { findReference, type RunningReference, startReference } from '../conformance/reference.ts';
import { RawClient } from '../support/raw-client.ts';
import { eventually, useCluster } from '../support/use-cluster.ts';

const reference = findReference();
if (reference === undefined) {
  process.stdout.write('with-nats-server.test.ts is skipped: NATS_SERVER_BIN is unset and no nats-server 2.15 is on PATH\n');
}

describe.skipIf(reference === undefined)('a cluster with nats-server', () => {
  const cluster = useCluster();
  const running: RunningReference[] = [];
  const clients: RawClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end();
    await Promise.all(running.splice(0).map((server) => server.stop()));
  });

  /** `block`: what its cluster block holds beside name and port. */
  const startOther = async (block = '', config = ''): Promise<RunningReference> => {
    const text = `server_name: other\ncluster { name: C, listen: "127.0.0.1:-1", ${block} }\n${config}`;
    const other = await startReference(reference ?? '', text);
    running.push(other);
    return other;
  };
  const join = async (port: number, options: Readonly<Record<string, unknown>> = {}): Promise<RawClient> => {
    const client = await RawClient.ready(port, { protocol: 1, ...options });
    clients.push(client);
    return client;
  };
  /** Waits until a message of one client reaches the other. */
  const connected = async (from: RawClient, to: RawClient): Promise<void> => {
    await to.settle('SUB probe probe\r\n');
    await eventually(() => {
      from.send('PUB probe 0\r\n\r\n');
      return to.received.includes('MSG probe');
    }, 'a message from one server to the other');
    to.take();
  };

  for (const who of ['this server', 'nats-server'] as const) {
    it(`exchanges messages when ${who} connects`, async () => {
      const ours = await cluster.start([], {}, { serverName: 'ours' });
      const other = await startOther(who === 'nats-server' ? `routes: ["nats://127.0.0.1:${ours.clusterPort}"]` : '');
      const own =
        who === 'nats-server'
          ? ours
          : await cluster.start([], { routes: [`nats://127.0.0.1:${other.clusterPort}`] }, { serverName: 'ours2' });
      await eventually(() => own.server.cluster?.routes().length === 4, 'a pool of three and one for the system account');
      const here = await join(own.port, { headers: true });
      const there = await join(other.port, { headers: true });
      await connected(here, there);
      await connected(there, here);
      await here.settle('SUB q.* g 1\r\nSUB plain.> 2\r\n');
      await there.settle('SUB q.* g 1\r\nSUB plain.* 2\r\n');
      await new Promise((resolve) => setTimeout(resolve, 100));
      const count = (text: string): number => text.split('MSG q.a 1').length - 1;
      for (const publisher of [here, there]) {
        publisher.send(`${'PUB q.a r 1\r\nx\r\n'.repeat(100)}HPUB plain.x r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n`);
        const last = 'HMSG plain.x 2 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n';
        for (const client of [here, there]) await client.until((text) => text.includes(last));
        const [mine, theirs] = [count(here.take()), count(there.take())];
        expect(mine + theirs).toBe(100);
        expect(Math.min(mine, theirs)).toBeGreaterThan(10);
      }
    });
  }
});
