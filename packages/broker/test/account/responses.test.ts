/** How many answers an imported service may give, and for how long the way back stays open. */
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import { nodeEnv } from '../../src/index.ts';
import type { AccountExport } from '../../src/options.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RawClient } from '../support/raw-client.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An account that asks, one that answers, and a clock that stands still. */
async function setUp(more: Partial<AccountExport>) {
  const clock = new ManualClock();
  const accounts = [
    { name: 'S', exports: [{ kind: 'service' as const, subject: 'svc', ...more }] },
    { name: 'C', imports: [{ kind: 'service' as const, account: 'S', subject: 'svc' }] },
  ];
  const users = ['S', 'C'].map((account) => ({ user: account, password: 'p', account }));
  const options = { port: 0, accounts, auth: { users, timeoutMs: 2000 } };
  const broker = await Broker.start(options, { ...nodeEnv(), clock });
  ends.push(() => {
    const stopped = broker.stop();
    clock.advance(60_000);
    return stopped;
  });
  const enter = async (user: string): Promise<RawClient> => {
    const client = await RawClient.ready(broker.port, { user, pass: 'p' });
    ends.push(() => client.end());
    return client;
  };
  const [service, asker] = [await enter('S'), await enter('C')];
  await service.settle('SUB svc 1\r\n');
  await asker.settle('SUB inbox 1\r\nPUB svc inbox 0\r\n\r\n');
  const [, reply = ''] = /^MSG svc 1 (\S+) /.exec(await service.settle()) ?? [];
  expect(reply).not.toBe('');
  /** What the asker gets of these answers. */
  const answer = async (...texts: string[]): Promise<string[]> => {
    await service.settle(texts.map((text) => `PUB ${reply} ${text.length}\r\n${text}\r\n`).join(''));
    return [...(await asker.settle()).matchAll(/MSG inbox 1 \d+\r\n(.*)\r\n/g)].map((found) => found[1] ?? '');
  };
  return { clock, answer };
}

describe('an imported service', () => {
  it('answers once where its export does not say otherwise', async () => {
    const { answer } = await setUp({});
    expect(await answer('one')).toEqual(['one']);
    expect(await answer('two')).toEqual([]);
  });

  it.each([['stream'], ['chunked']] as const)('answers as often as it likes with response type %s', async (responseType) => {
    const { answer } = await setUp({ responseType });
    expect(await answer('one', 'two')).toEqual(['one', 'two']);
    expect(await answer('three')).toEqual(['three']);
  });

  it('answers nothing any more when its response threshold is over', async () => {
    const { clock, answer } = await setUp({ responseType: 'stream', responseThresholdMs: 500 });
    clock.advance(499);
    expect(await answer('in time')).toEqual(['in time']);
    clock.advance(2);
    expect(await answer('late')).toEqual([]);
  });
});
