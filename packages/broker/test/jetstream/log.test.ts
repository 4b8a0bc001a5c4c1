/** What the log tells of JetStream, in the words of nats-server 2.15.1. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { afterAll, expect, it } from 'vitest';
import { nodeEnv } from '../../src/env/node/node-env.ts';
import { Broker } from '../../src/index.ts';
import { unlimitedAccount } from '../../src/options.ts';
import { CollectedLog } from '../support/collected-log.ts';

const storeDir = mkdtempSync(join(tmpdir(), 'sluice-js-log-'));
afterAll(() => rmSync(storeDir, { recursive: true, force: true }));

/** What a run logs; without what takes time. */
async function run(act: (request: (subject: string, body: string) => Promise<void>) => Promise<void>): Promise<string[]> {
  const log = new CollectedLog();
  log.isDebug = true;
  const accounts = [{ name: 'A', jetstream: { ...unlimitedAccount, maxMemoryBytes: 1000 } }];
  const auth = { users: [{ user: 'a', password: 'x', account: 'A' }], timeoutMs: 2000 };
  const jetstream = { storeDir, maxMemoryBytes: 1024 ** 3 };
  const broker = await Broker.start({ port: 0, accounts, auth, jetstream }, nodeEnv(log));
  const connection = await connect({ servers: broker.url, user: 'a', pass: 'x' });
  await act(async (subject, body) => {
    await connection.request(subject, body);
  });
  await connection.close();
  await broker.stop();
  return log.take();
}

it('names accounts, streams and consumers as they come back, and what goes wrong once', async () => {
  const first = await run(async (request) => {
    await request('$JS.API.STREAM.CREATE.S', '{"name":"S","subjects":["s"]}');
    await request('$JS.API.CONSUMER.CREATE.S.C', '{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}');
    await request('s', 'x');
    await request('$JS.API.STREAM.CREATE.M', '{"name":"M","subjects":["m"],"storage":"memory"}');
    for (let count = 0; count < 3; count++) await request('m', 'x'.repeat(600));
    await request('$JS.API.STREAM.CREATE.T', '{"name":"T","zork":1}');
    await request('$JS.API.STREAM.CREATE.T', '{bad');
  });
  expect(first.filter((line) => line.startsWith('[WRN]'))).toEqual([
    '[WRN] JetStream memory resource limits exceeded for account: "A"',
    `[WRN] Invalid JetStream request 'A > $JS.API.STREAM.CREATE.T': json: unknown field "zork"`,
    `[WRN] Invalid JetStream request 'A > $JS.API.STREAM.CREATE.T': invalid character 'b' looking for beginning of object key string at offset 2`,
  ]);
  const again = await run(() => Promise.resolve());
  const start = again.indexOf('[DBG]   Exports:');
  expect(again.slice(start, start + 10).map((line) => line.replace(/in \S+$/, 'in <time>'))).toEqual([
    '[DBG]   Exports:',
    '[DBG]      $JS.API.>',
    '[DBG] Enabled JetStream for account "A"',
    '[DBG]   Max Memory:      1000 B',
    '[DBG]   Max Storage:     -1 B',
    '[DBG] Recovering JetStream state for account "A"',
    `[INF]   Starting restore for stream 'A > S'`,
    `[INF]   Restored 1 messages for stream 'A > S' in <time>`,
    `[INF]   Recovering 1 consumers for stream - 'A > S'`,
    '[DBG] JetStream state for account "A" recovered',
  ]);
});
