/** SUB and UNSUB: sids, wildcards, queue groups, maxima and limits. Checklist rows 12, 19 to 21. */
import { describe, expect, it } from 'vitest';
import { useBroker } from '../support/use-broker.ts';

describe('SUB', () => {
  const fixture = useBroker();

  it('takes any text for a sid', async () => {
    const client = await fixture.ready();
    expect(await client.settle('SUB a my-sid_7\r\nPUB a 0\r\n\r\n')).toBe('MSG a my-sid_7 0\r\n\r\n');
  });

  it('with a sid in use is acknowledged and ignored', async () => {
    const client = await fixture.ready({ verbose: true });
    client.take();
    expect(await client.settle('SUB a 1\r\nSUB b 1\r\nPUB b 0\r\n\r\nPUB a 0\r\n\r\n')).toBe(
      '+OK\r\n+OK\r\n+OK\r\n+OK\r\nMSG a 1 0\r\n\r\n',
    );
  });

  it.each(['a..b', '.a', 'a.', '.', 'a.>.b', '>.a'])(
    'to %s is an invalid subject, and the connection goes on',
    async (subject) => {
      const client = await fixture.ready();
      expect(await client.settle(`SUB ${subject} 1\r\n`)).toBe("-ERR 'Invalid Subject'\r\n");
    },
  );

  it('matches * for one token and > for one or more, as whole tokens only', async () => {
    const client = await fixture.ready();
    const patterns = ['w.*', 'w.>', '*.a', 'w.*.c', 'w*', 'w.x>', '*.*.*', '>'];
    await client.settle(patterns.map((pattern, index) => `SUB ${pattern} s${index}\r\n`).join(''));
    const reached = async (subject: string): Promise<string[]> => {
      const text = await client.settle(`PUB ${subject} 0\r\n\r\n`);
      return [...text.matchAll(/MSG \S+ s(\d) /g)].map((match) => patterns[Number(match[1])] ?? '').sort();
    };
    expect(await reached('w.a')).toEqual(['*.a', '>', 'w.*', 'w.>']);
    expect(await reached('w.b.c')).toEqual(['*.*.*', '>', 'w.*.c', 'w.>']);
    expect(await reached('w')).toEqual(['>']);
    expect(await reached('w*')).toEqual(['>', 'w*']);
    expect(await reached('w.x>')).toEqual(['>', 'w.*', 'w.>', 'w.x>']);
    expect(await reached('w.*')).toEqual(['>', 'w.*', 'w.>']);
  });

  it('delivers to two overlapping subscriptions of one client twice', async () => {
    const client = await fixture.ready();
    const text = await client.settle('SUB o.* 1\r\nSUB o.a 2\r\nPUB o.a 0\r\n\r\n');
    expect(
      text
        .split('\r\n')
        .filter((line) => line.startsWith('MSG'))
        .sort(),
    ).toEqual(['MSG o.a 1 0', 'MSG o.a 2 0']);
  });
});

describe('queue groups', () => {
  const fixture = useBroker();

  it('give each message to exactly one member, and to every member now and then', async () => {
    const publisher = await fixture.ready();
    const members = await Promise.all(Array.from({ length: 4 }, () => fixture.ready()));
    for (const member of members) await member.settle('SUB jobs workers 1\r\n');
    await publisher.settle('PUB jobs 1\r\nx\r\n'.repeat(1000));
    const counts = await Promise.all(members.map(async (member) => (await member.settle()).split('MSG ').length - 1));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
    for (const count of counts) expect(count).toBeGreaterThan(150);
  });

  it('are apart from each other and from plain subscriptions', async () => {
    const [publisher, client] = [await fixture.ready(), await fixture.ready()];
    await client.settle('SUB t red 1\r\nSUB t blue 2\r\nSUB t 3\r\nSUB * red 4\r\n');
    await publisher.settle('PUB t 0\r\n\r\n');
    const sids = [...(await client.settle()).matchAll(/MSG t (\d)/g)].map((match) => match[1]);
    expect(sids.length).toBe(3);
    expect(sids).toContain('2');
    expect(sids).toContain('3');
  });

  it('go on with the members that are left', async () => {
    const [publisher, stays, leaves] = [await fixture.ready(), await fixture.ready(), await fixture.ready()];
    await stays.settle('SUB left q 1\r\n');
    await leaves.settle('SUB left q 1\r\n');
    leaves.end();
    await fixture.recordOf(leaves);
    await publisher.settle('PUB left 0\r\n\r\n'.repeat(20));
    expect((await stays.settle()).split('MSG ').length - 1).toBe(20);
  });
});

describe('UNSUB', () => {
  const fixture = useBroker();

  it('ends a subscription at once, and an unknown sid is no error', async () => {
    const client = await fixture.ready();
    expect(await client.settle('SUB a 1\r\nUNSUB 1\r\nUNSUB 99\r\nPUB a 0\r\n\r\n')).toBe('');
    expect(await client.settle('SUB b 1\r\nPUB b 0\r\n\r\n')).toBe('MSG b 1 0\r\n\r\n');
  });

  it('after a number of messages counts from the start', async () => {
    const client = await fixture.ready();
    const pub = 'PUB a 1\r\nx\r\n';
    const msg = 'MSG a 1 1\r\nx\r\n';
    expect(await client.settle(`SUB a 1\r\n${pub}UNSUB 1 3\r\n${pub.repeat(4)}`)).toBe(msg.repeat(3));
    expect(await client.settle(`SUB a 1\r\n${pub.repeat(2)}UNSUB 1 2\r\n${pub}`)).toBe(msg.repeat(2));
    expect(await client.settle(`SUB a 1\r\nUNSUB 1 1\r\nUNSUB 1 2\r\n${pub.repeat(3)}`)).toBe(msg.repeat(2));
    expect(await client.settle(`SUB a 1\r\n${pub}UNSUB 1 0\r\n${pub}`)).toBe(msg);
  });

  it('after a number of messages holds for a publisher that repeats its line in one write', async () => {
    const { sublist } = fixture.broker.server.globalAccount;
    const [publisher, client] = [await fixture.ready(), await fixture.ready()];
    const before = sublist.count;
    await client.settle('SUB rep 1\r\nUNSUB 1 5\r\n');
    await publisher.settle('PUB rep 1\r\nx\r\n'.repeat(100));
    expect(await client.settle()).toBe('MSG rep 1 1\r\nx\r\n'.repeat(5));
    expect(sublist.count).toBe(before);
  });
});

describe('limits', () => {
  const fixture = useBroker({ maxSubscriptions: 2, maxSubTokens: 3 });

  it('of subscriptions refuse one more and let the connection go on', async () => {
    const client = await fixture.ready();
    expect(await client.settle('SUB a 1\r\nSUB b 2\r\nSUB c 3\r\nUNSUB 1\r\nSUB d 4\r\n')).toBe(
      "-ERR 'maximum subscriptions exceeded'\r\n",
    );
    // At the limit nothing is looked at further, not even whether the sid is in use.
    expect(await client.settle('SUB b 2\r\nPUB d 0\r\n\r\n')).toBe("-ERR 'maximum subscriptions exceeded'\r\nMSG d 4 0\r\n\r\n");
  });

  it('of tokens refuse the subject', async () => {
    const client = await fixture.ready();
    expect(await client.settle('SUB a.b.c.d 1\r\nSUB a.b.c 1\r\n')).toBe(
      '-ERR \'Permissions Violation for Subscription to "a.b.c.d", too many tokens\'\r\n',
    );
  });
});

describe('an account whose users may hold no subscription', () => {
  const users = [{ user: 'a', password: 'x', account: 'A' }];
  const fixture = useBroker({ auth: { users, timeoutMs: 2000 }, accounts: [{ name: 'A', maxSubscriptions: 0 }] });

  it('tells them so and lets them go', async () => {
    const client = await fixture.open();
    client.send('CONNECT {"user":"a","pass":"x","verbose":false}\r\n');
    await client.closed();
    expect(client.take()).toBe("-ERR 'maximum subscriptions exceeded'\r\n");
    expect((await fixture.recordOf(client)).reason).toBe('Maximum Subscriptions Exceeded');
  });
});

describe('the limit on connections', () => {
  const fixture = useBroker({ maxConnections: 2 });

  it('refuses one more after INFO, and takes one again when another has gone', async () => {
    const first = await fixture.ready();
    await fixture.ready();
    const third = await fixture.open();
    await third.closed();
    expect(third.take()).toBe("-ERR 'maximum connections exceeded'\r\n");
    expect((await fixture.recordOf(third)).reason).toBe('Maximum Connections Exceeded');
    first.end();
    await fixture.recordOf(first);
    expect(await (await fixture.ready()).settle()).toBe('');
  });
});

describe('closing', () => {
  const fixture = useBroker();

  it('takes the subscriptions along and leaves a record', async () => {
    const { sublist } = fixture.broker.server.globalAccount;
    const before = sublist.count;
    const client = await fixture.ready({ name: 'short', lang: 'ts', version: '1' });
    await client.settle('SUB gone.* 1\r\nPUB x 3\r\nabc\r\n');
    client.end();
    expect(await fixture.recordOf(client)).toMatchObject({
      reason: 'Client Closed',
      name: 'short',
      lang: 'ts',
      subscriptionCount: 1,
      inMessages: 1,
      inBytes: 3,
    });
    expect(sublist.count).toBe(before);
  });

  it('records what the peer did wrong', async () => {
    for (const [text, reason] of [
      ['BLAH\r\n', 'Protocol Violation'],
      ['PUB a\r\n', 'Protocol Violation'],
      ['PUB a 1\r\nxx\r\n', 'Protocol Violation'],
      ["-ERR 'x'\r\n", 'Parse Error'],
      ['PUB a 99999999\r\n', 'Maximum Message Payload Exceeded'],
      [`SUB ${'a'.repeat(5000)} 1\r\n`, 'Maximum Control Line Exceeded'],
      ['CONNECT {\r\n', 'Protocol Violation'],
      ['CONNECT {"protocol":3}\r\n', 'Bad Client Protocol Version'],
      ['CONNECT {"no_responders":true}\r\n', 'No Responders Requires Headers'],
      ['CONNECT {"account":"x"}\r\n', 'Authentication Failure'],
      ['HPUB a 1 1\r\na\r\n', 'Protocol Violation'],
    ] as const) {
      const client = await fixture.ready();
      await client.last(text);
      expect((await fixture.recordOf(client)).reason, text).toBe(reason);
    }
  });
});
