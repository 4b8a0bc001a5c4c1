/** A mistake inside the server that one client meets is no other client's business. */
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import { Subscription, SubscriptionKind } from '../../src/routing/subscription.ts';
import { RawClient } from '../support/raw-client.ts';

let broker: Broker | undefined;
afterEach(() => broker?.stop());

describe('an internal error', () => {
  it('ends the connection that met it, and the others go on', async () => {
    broker = await Broker.start({ port: 0 });
    const { globalAccount, clients } = broker.server;
    const subscriber = {
      deliver: () => {
        throw new Error('planted');
      },
      deliverToAll: () => undefined,
      takeRun: () => undefined,
    };
    globalAccount.add(
      new Subscription({ subscriber, subject: 'boom', queue: '', sid: '1', kind: SubscriptionKind.internal, cid: 0 }),
    );
    const bystander = await RawClient.ready(broker.port);
    bystander.send('SUB x 1\r\n');
    await bystander.settle();
    const victim = await RawClient.ready(broker.port);
    victim.send('PUB boom 1\r\nx\r\n');
    await victim.closed();
    expect(clients.closed().map(({ reason }) => reason)).toEqual(['Internal Client']);
    expect(await bystander.settle('PUB x 2\r\nhi\r\n')).toContain('MSG x 1 2\r\nhi\r\n');
  });
});
