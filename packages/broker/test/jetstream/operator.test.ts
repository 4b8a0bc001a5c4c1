/** What the system account does for whoever runs the server: it purges accounts, and hears of queues of requests that were full. */
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unlimitedAccount } from '../../src/options.ts';
import { jsonOf, useJetStream } from '../support/use-jetstream.ts';

const accounts = [{ name: 'APP', jetstream: unlimitedAccount }, { name: 'SYS' }];
const users = accounts.map(({ name }) => ({ user: name, password: 'pw', account: name }));
const more = { accounts, systemAccount: 'SYS', auth: { users, noAuthUser: 'APP', timeoutMs: 2000 } };
const js = useJetStream({ requestQueueLimit: 3, infoQueueLimit: 50 }, more);
let operator: NatsConnection;

beforeEach(async () => {
  operator = await connect({ servers: js.broker.url, user: 'SYS', pass: 'pw' });
});
afterEach(() => operator.close());

describe('a purge of an account', () => {
  const purge = async (name: string): Promise<Record<string, unknown>> =>
    jsonOf(await operator.request(`$JS.API.ACCOUNT.PURGE.${name}`, '', { timeout: 5000 }));
  const initiated = { type: 'io.nats.jetstream.api.v1.account_purge_response', initiated: true };

  it('deletes its streams with their consumers, and tells of each', async () => {
    await js.mustApi('STREAM.CREATE.S', { name: 'S', subjects: ['s'] });
    await js.mustApi('CONSUMER.CREATE.S.c', { stream_name: 'S', config: { durable_name: 'c', ack_policy: 'explicit' } });
    const told = await js.collect('$JS.EVENT.ADVISORY.*.DELETED.>');
    expect(await purge('APP')).toEqual(initiated);
    expect((await told.take(2)).map(({ subject }) => subject)).toEqual([
      '$JS.EVENT.ADVISORY.CONSUMER.DELETED.S.c',
      '$JS.EVENT.ADVISORY.STREAM.DELETED.S',
    ]);
    expect(await js.mustApi('STREAM.NAMES')).toMatchObject({ total: 0, streams: null });
  });

  it('is as good where there is nothing, and where there is no such account', async () => {
    expect([await purge('APP'), await purge('NOBODY')]).toEqual([initiated, initiated]);
  });

  it('takes no name that has to do with folders', async () => {
    expect(await purge('a/b')).toMatchObject({ error: { description: 'account name can not contain path separators' } });
  });

  it('is not answered in other accounts', async () => {
    await expect(js.connection.request('$JS.API.ACCOUNT.PURGE.APP', '', { timeout: 300 })).rejects.toThrow(/timeout/);
  });
});

describe('the queue of requests', () => {
  const flood = (verb: string): void => {
    for (let count = 0; count < 10; count++) js.connection.publish(`$JS.API.${verb}`, '', { reply: 'answers' });
  };

  it('is emptied when it is full, which the system account is told', async () => {
    const told = operator.subscribe('$JS.EVENT.ADVISORY.API.LIMIT_REACHED', { max: 1 });
    await operator.flush();
    flood('STREAM.PURGE.NONE');
    for await (const message of told) {
      const { id, timestamp, server, ...rest } = jsonOf(message);
      expect(rest).toEqual({ type: 'io.nats.jetstream.advisory.v1.api_limit_reached', dropped: 3 });
      expect([typeof id, typeof timestamp, typeof server]).toEqual(['string', 'string', 'string']);
    }
    expect(await js.mustApi('INFO')).toMatchObject({ streams: 0 });
  });

  it('counts requests that only describe apart', async () => {
    const answers = await js.collect('answers');
    flood('STREAM.NAMES');
    expect(await answers.take(10)).toHaveLength(10);
  });
});
