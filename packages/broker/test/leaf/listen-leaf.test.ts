/** The port of leaf nodes, which is there and serves none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import { RawClient } from '../support/raw-client.ts';

let broker: Broker;
beforeAll(async () => {
  broker = await Broker.start({ port: 0, leaf: { host: '127.0.0.1', port: 0 } });
});
afterAll(() => broker.stop());

describe('the port of leaf nodes', () => {
  it.each([
    ['a client', 'CONNECT {"lang":"go","verbose":false}\r\n', 'attempted to connect to leaf node port'],
    ['a leaf node', 'CONNECT {"server_id":"x","name":"y"}\r\n', 'leaf nodes are not supported by this server'],
    ['anything else', 'PING\r\n', 'Authorization Violation'],
  ])('says INFO and tells %s why it is refused', async (_who, line, text) => {
    const client = await RawClient.open(broker.leafPort ?? 0);
    client.take();
    expect(await client.last(line)).toBe(`-ERR '${text}'\r\n`);
  });

  it('does not keep who sends a line without end', async () => {
    const client = await RawClient.open(broker.leafPort ?? 0);
    client.take();
    expect(await client.last('x'.repeat(5000))).toBe("-ERR 'Authorization Violation'\r\n");
  });
});
