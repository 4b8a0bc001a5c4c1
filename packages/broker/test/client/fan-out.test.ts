/** One message to many: everybody gets every message once, in order, also when interest changes within one read. */
import { describe, expect, it } from 'vitest';
import { useBroker } from '../support/use-broker.ts';

const pub = (text: string): string => `PUB fan ${text.length}\r\n${text}\r\n`;
const msg = (text: string, sid = '1'): string => `MSG fan ${sid} ${text.length}\r\n${text}\r\n`;

describe('fan-out', () => {
  const fixture = useBroker();
  const subscribers = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const client = await fixture.ready();
        await client.settle('SUB fan 1\r\n');
        return client;
      }),
    );

  it('gives each of many subscribers each message once and in order', async () => {
    const publisher = await fixture.ready();
    const all = await subscribers(10);
    const texts = Array.from({ length: 2000 }, (_, index) => `${index}`);
    await publisher.settle(texts.map(pub).join(''));
    const expected = texts.map((text) => msg(text)).join('');
    for (const client of all) expect(await client.settle()).toBe(expected);
  });

  it('includes a subscription from its own place in the stream on', async () => {
    const [first, second] = await subscribers(2);
    if (first === undefined || second === undefined) throw new Error('unreachable');
    const late = await fixture.ready();
    expect(await late.settle(`${pub('before').repeat(20)}SUB fan 1\r\n${pub('after').repeat(20)}`)).toBe(msg('after').repeat(20));
    for (const client of [first, second]) expect(await client.settle()).toBe(msg('before').repeat(20) + msg('after').repeat(20));
  });

  it('ends for a subscription at its own place in the stream', async () => {
    const [other, leaver] = await subscribers(2);
    if (other === undefined || leaver === undefined) throw new Error('unreachable');
    expect(await leaver.settle(`${pub('mine').repeat(20)}UNSUB 1\r\n${pub('theirs').repeat(20)}`)).toBe(msg('mine').repeat(20));
    expect(await other.settle()).toBe(msg('mine').repeat(20) + msg('theirs').repeat(20));
  });

  it('keeps other output in its place: PONG, +OK and messages on other subjects', async () => {
    const [one] = await subscribers(3);
    if (one === undefined) throw new Error('unreachable');
    expect(await one.settle(`SUB side 2\r\n${pub('a').repeat(12)}PUB side 1\r\ns\r\n${pub('b').repeat(12)}`)).toBe(
      `${msg('a').repeat(12)}MSG side 2 1\r\ns\r\n${msg('b').repeat(12)}`,
    );
  });

  it('serves different sids, headers wanted or not, and echo off beside each other', async () => {
    const [plain, modern, mute] = [
      await fixture.ready(),
      await fixture.ready({ headers: true }),
      await fixture.ready({ echo: false }),
    ];
    await plain.settle('SUB fan 1\r\nSUB fan two\r\n');
    await modern.settle('SUB fan 1\r\n');
    await mute.settle(`SUB fan 1\r\n${pub('m').repeat(15)}`);
    expect(await mute.settle()).toBe('');
    const got = await plain.settle();
    expect(got.split(msg('m', '1')).length - 1).toBe(15);
    expect(got.split(msg('m', 'two')).length - 1).toBe(15);
    expect(await modern.settle()).toBe(msg('m').repeat(15));
  });

  it('still reaches a client that ends itself right after publishing', async () => {
    const [one] = await subscribers(2);
    if (one === undefined) throw new Error('unreachable');
    expect(await one.last(`${pub('last').repeat(15)}PUB wrong\r\n`)).toBe(msg('last').repeat(15));
  });

  it('goes on when a receiver leaves in the middle', async () => {
    const publisher = await fixture.ready();
    const [stays, leaves] = await subscribers(2);
    if (stays === undefined || leaves === undefined) throw new Error('unreachable');
    publisher.send(pub('x').repeat(500));
    leaves.end();
    await publisher.settle(pub('y').repeat(500));
    expect(await stays.settle()).toBe(msg('x').repeat(500) + msg('y').repeat(500));
  });
});
