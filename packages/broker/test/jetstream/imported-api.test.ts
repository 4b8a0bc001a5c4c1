/** JetStream of another account: one that has none itself asks through imports, and its own server stays silent beside them. */
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountOptions } from '../../src/options.ts';
import { unlimitedAccount } from '../../src/options.ts';
import { useJetStream } from '../support/use-jetstream.ts';

const OWNER: AccountOptions = {
  name: 'OWNER',
  jetstream: unlimitedAccount,
  exports: [
    { kind: 'service', subject: '$JS.API.INFO' },
    { kind: 'service', subject: '$JS.API.CONSUMER.INFO.ORDERS.d1' },
  ],
};

function guest(subjects: readonly string[]): AccountOptions {
  return { name: 'GUEST', imports: subjects.map((subject) => ({ kind: 'service' as const, account: 'OWNER', subject })) };
}

const IMPORTED = ['$JS.API.INFO', '$JS.API.CONSUMER.INFO.ORDERS.d1'];

describe('an account without JetStream', () => {
  const users = ['OWNER', 'GUEST'].map((name) => ({ user: name, password: 'pw', account: name }));
  const auth = { users, noAuthUser: 'OWNER', timeoutMs: 2000 };
  const js = useJetStream({}, { accounts: [OWNER, guest(IMPORTED)], auth });
  let asker: NatsConnection;

  beforeEach(async () => {
    asker = await connect({ servers: js.broker.url, user: 'GUEST', pass: 'pw' });
  });

  afterEach(() => asker.close());

  const ask = async (subject: string): Promise<Record<string, unknown>> =>
    (await asker.request(subject, '', { timeout: 2000 })).json();

  it('gets the answer of the account it imports from, and no other', async () => {
    await js.mustApi('STREAM.CREATE.ORDERS', { name: 'ORDERS' });
    await js.mustApi('CONSUMER.DURABLE.CREATE.ORDERS.d1', {
      stream_name: 'ORDERS',
      config: { durable_name: 'd1', ack_policy: 'explicit' },
    });
    const inbox = asker.subscribe('answers');
    for (const subject of ['$JS.API.CONSUMER.INFO.ORDERS.d1', '$JS.API.INFO']) asker.publish(subject, '', { reply: 'answers' });
    const answers: Record<string, unknown>[] = [];
    for await (const message of inbox) if (answers.push(message.json()) === 2) break;
    expect(answers).toEqual([expect.objectContaining({ name: 'd1' }), expect.objectContaining({ streams: 1 })]);
    const again = asker.subscribe('answers');
    asker.publish('$JS.API.INFO', '', { reply: 'answers' });
    await ask('$JS.API.INFO');
    await asker.flush();
    expect(again.getReceived()).toBe(1);
  });

  it('hears that nobody responds to what it does not import', async () => {
    await expect(ask('$JS.API.STREAM.INFO.ORDERS')).rejects.toThrow(/no responders/);
  });

  it('is told that it has none once a reload takes the import away, and asks the other account again once it is back', async () => {
    js.broker.reload({ accounts: [OWNER, guest([])] });
    expect(await ask('$JS.API.INFO')).toMatchObject({ error: { err_code: 10039 } });
    js.broker.reload({ accounts: [OWNER, guest(IMPORTED)] });
    expect(await ask('$JS.API.INFO')).toMatchObject({ streams: 0 });
  });
});
