/** Nothing is missed of a publisher at full speed, whose equal lines the parser takes in runs: taps and statistics count each message. */
import type { Subjectz, TapCounters, TapOpened, TapSampling } from '@sluice/protocol';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { useSystem } from '../support/use-system.ts';

const system = useSystem();
const MESSAGES = 20_000;
const PAYLOAD = '0123456789abcdef';

/** Sends many equal messages in one go and waits until the server has taken them all. */
async function publishRun(subject: string, payload = PAYLOAD): Promise<void> {
  const client = await RawClient.ready(system.broker.port, { user: 'a', pass: 'x' });
  await client.settle(`PUB ${subject} ${payload.length}\r\n${payload}\r\n`.repeat(MESSAGES));
  client.end();
}

async function openTap(sampling: TapSampling): Promise<string> {
  const answer = await system.ask('TAP.OPEN', { account: 'A', subjects: ['run.>'], deliver_subject: 'd', sampling });
  return (answer.data as unknown as TapOpened).tap_id;
}

async function closeTap(tap_id: string): Promise<TapCounters> {
  return (await system.ask('TAP.CLOSE', { tap_id })).data as unknown as TapCounters;
}

const samplings: TapSampling[] = [{ mode: 'all' }, { mode: 'rate', per_second: 100 }, { mode: 'every', n: 7 }];

describe.each([false, true])('a run of equal messages, subscribed: %s', (isSubscribed) => {
  it.each(samplings)('is counted in full by a tap with sampling %j', async (sampling) => {
    const subscriber = await system.client('a');
    if (isSubscribed) subscriber.subscribe('run.x', { callback: () => undefined });
    await subscriber.flush();
    const tap = await openTap(sampling);
    await publishRun('run.x');
    await publishRun('other.x');
    const counters = await closeTap(tap);
    expect(counters).toMatchObject({ matched: MESSAGES, matched_bytes: MESSAGES * PAYLOAD.length });
    expect(counters.matched).toBe(counters.shown + counters.sampled_out + counters.dropped);
    if (sampling.mode === 'every') expect(counters.shown + counters.dropped).toBeCloseTo(MESSAGES / 7, -1);
    else expect(sampling.mode === 'all' ? counters.sampled_out : counters.dropped).toBe(0);
  });

  it('is counted in full by the subject statistics', async () => {
    const subject = `run.stats.${isSubscribed}`;
    const subscriber = await system.client('a');
    if (isSubscribed) subscriber.subscribe(subject, { callback: () => undefined });
    await subscriber.flush();
    await system.ask('SUBJECTZ', { account: 'A' });
    await publishRun(subject);
    const answer = (await system.ask('SUBJECTZ', { account: 'A', pattern: subject })).data as unknown as Subjectz;
    expect(answer.subjects).toMatchObject([
      { subject, messages: MESSAGES, bytes: MESSAGES * PAYLOAD.length, is_estimate: false },
    ]);
  });
});

describe('large messages that nobody receives', () => {
  it('are counted by a tap that shows none of them and by the statistics', async () => {
    await system.ask('SUBJECTZ', { account: 'A' });
    const tap = await openTap({ mode: 'every', n: 1_000_000 });
    const client = await RawClient.ready(system.broker.port, { user: 'a', pass: 'x' });
    const payload = 'z'.repeat(300_000);
    await client.settle(`PUB run.large ${payload.length}\r\n${payload}\r\n`.repeat(20));
    client.end();
    expect(await closeTap(tap)).toMatchObject({ matched: 20, sampled_out: 20, matched_bytes: 6_000_000 });
    const answer = (await system.ask('SUBJECTZ', { account: 'A', pattern: 'run.large' })).data as unknown as Subjectz;
    expect(answer.subjects).toMatchObject([{ messages: 20, bytes: 6_000_000 }]);
  });
});
