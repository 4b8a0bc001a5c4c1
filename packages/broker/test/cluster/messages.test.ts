/** Messages between servers of one cluster: interest, queue groups, replies, accounts, one hop. */
import { describe, expect, it } from 'vitest';
import { eventually, useCluster } from '../support/use-cluster.ts';

describe('a cluster of three', () => {
  const cluster = useCluster();

  it('forms a full mesh from one named route each', async () => {
    const brokers = await cluster.mesh(3);
    for (const broker of brokers) {
      const known = new Set(broker.server.cluster?.routes().map((route) => route.remoteId));
      expect([...known].sort()).toEqual(
        brokers
          .filter((other) => other !== broker)
          .map((other) => other.id)
          .sort(),
      );
    }
  });

  it('hands a message to subscribers of all servers once each', async () => {
    const brokers = await cluster.mesh(3);
    const clients = await Promise.all(brokers.map((broker) => cluster.client(broker)));
    for (const client of clients) await client.settle('SUB a.* 1\r\nSUB a.> 2\r\n');
    await eventually(() => brokers.every((broker) => broker.server.globalAccount.matchOf('a.b').routed !== null));
    await new Promise((resolve) => setTimeout(resolve, 50));
    clients[0]?.send('PUB a.b r 2\r\nhi\r\n');
    for (const client of clients) {
      await client.until((text) => text.split('MSG').length === 3);
      expect(
        client
          .take()
          .split('\r\n')
          .filter((line) => line.startsWith('MSG'))
          .sort(),
      ).toEqual(['MSG a.b 1 r 2', 'MSG a.b 2 r 2']);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const client of clients) expect(client.take()).toBe('');
  });
});
