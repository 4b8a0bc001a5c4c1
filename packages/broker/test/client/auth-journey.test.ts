/** Authentication over the wire: what each kind of client is told, and what it may do then. Checklist rows 38, 39, 45 to 47. */
import bcrypt from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import type { AuthOptions } from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connectLine } from '../support/raw-client.ts';
import { useBroker } from '../support/use-broker.ts';

const withAuth = (auth: Partial<AuthOptions>): { auth: AuthOptions } => ({ auth: { users: [], timeoutMs: 2000, ...auth } });
const violation = "-ERR 'Authorization Violation'\r\n";

describe('users with passwords', () => {
  const fixture = useBroker(
    withAuth({
      users: [
        { user: 'plain', password: 'pw' },
        { user: 'hashed', password: bcrypt.hashSync('pw', 8) },
      ],
      timeoutMs: 20_000,
    }),
  );

  it('are announced and let in', async () => {
    for (const user of ['plain', 'hashed']) {
      const client = await fixture.open();
      expect(client.info['auth_required']).toBe(true);
      client.take();
      expect(await client.settle(`${connectLine({ user, pass: 'pw' })}SUB a 1\r\nPUB a 2\r\nhi\r\n`), user).toBe(
        'MSG a 1 2\r\nhi\r\n',
      );
    }
  });

  it('get one text for every cause', async () => {
    for (const options of [
      {},
      { user: 'plain' },
      { user: 'plain', pass: 'no' },
      { user: 'hashed', pass: 'no' },
      { user: 'nobody', pass: 'pw' },
      { auth_token: 'pw' },
    ]) {
      const client = await fixture.open();
      client.take();
      expect(await client.last(`${connectLine(options)}PING\r\n`), JSON.stringify(options)).toBe(violation);
      expect((await fixture.recordOf(client)).reason).toBe('Authentication Failure');
    }
  });

  it('say nothing before CONNECT', async () => {
    for (const text of ['PING\r\n', 'SUB a 1\r\n', 'P', '\r\n']) {
      const client = await fixture.open();
      client.take();
      expect(await client.last(text), text).toBe(violation);
    }
  });

  it('lose their place when a second CONNECT is wrong', async () => {
    const client = await fixture.ready({ user: 'plain', pass: 'pw' });
    expect(await client.last(connectLine({ user: 'plain', pass: 'no' }))).toBe(violation);
  });

  it('may send at once what they have: it waits for the slow answer and is done in order', async () => {
    const client = await fixture.open();
    client.take();
    client.send(`${connectLine({ user: 'hashed', pass: 'pw', verbose: true })}SUB a 1\r\nPUB a 1\r\nx\r\n`);
    client.send('PUB a 1\r\ny\r\n');
    await client.until((text) => text.includes('y\r\n'));
    expect(client.take()).toBe('+OK\r\n+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n+OK\r\nMSG a 1 1\r\ny\r\n');
  });

  it('may leave while the answer is out', async () => {
    const { globalAccount } = fixture.broker.server;
    const client = await fixture.open();
    client.send(`${connectLine({ user: 'hashed', pass: 'pw' })}SUB left 1\r\n`);
    while (fixture.broker.server.clients.get(client.cid)?.connectOptions == null)
      await new Promise((resolve) => setImmediate(resolve));
    client.end();
    await fixture.recordOf(client);
    // A login that comes later is answered later: then the answer for the one that left has come too.
    await fixture.ready({ user: 'hashed', pass: 'pw' });
    expect(globalAccount.sublist.matchOnce(Buffer.from('left')).hasInterest).toBe(false);
    expect(globalAccount.clientIds.has(client.cid)).toBe(false);
  });
});

describe('a deadline for CONNECT', () => {
  const clock = new ManualClock();
  const fixture = useBroker(withAuth({ token: 's', timeoutMs: 2000 }), clock);

  it('ends who says nothing, or half of it', async () => {
    for (const text of ['', 'CONNECT {"auth_token":']) {
      const client = await fixture.open();
      client.take();
      client.send(text);
      clock.advance(1999);
      expect(fixture.broker.server.clients.get(client.cid)?.isClosed).toBe(false);
      clock.advance(1);
      await client.closed();
      expect(client.take()).toBe("-ERR 'Authentication Timeout'\r\n");
      expect((await fixture.recordOf(client)).reason).toBe('Authentication Timeout');
    }
  });

  it('does not touch who has said it', async () => {
    const client = await fixture.ready({ auth_token: 's' });
    clock.advance(2001);
    // The first PING comes at about the same time.
    expect((await client.settle()).replace('PING\r\n', '')).toBe('');
  });
});

describe('a deadline without authentication', () => {
  const clock = new ManualClock();
  const fixture = useBroker({}, clock);

  it('is none: who needs no credentials may take its time', async () => {
    const mute = await fixture.open();
    mute.take();
    clock.advance(2001);
    expect((await mute.settle('PUB a 0\r\n\r\n')).replace('PING\r\n', '')).toBe('+OK\r\n');
  });
});

describe('no_auth_user', () => {
  const fixture = useBroker(
    withAuth({
      users: [
        { user: 'admin', password: 'pw' },
        {
          user: 'guest',
          password: 'x',
          permissions: { publish: { allow: ['pub.>'], deny: [] }, subscribe: { allow: ['sub.>'], deny: [] } },
        },
      ],
      noAuthUser: 'guest',
    }),
  );
  const refusals =
    '-ERR \'Permissions Violation for Publish to "x"\'\r\n-ERR \'Permissions Violation for Subscription to "x"\'\r\n';

  it('is not announced as authentication', async () => {
    expect((await fixture.open()).info).not.toHaveProperty('auth_required');
  });

  it('is who works before CONNECT, with the same restrictions', async () => {
    const client = await fixture.open();
    client.take();
    expect(await client.settle('PUB x 0\r\n\r\nSUB x 1\r\n')).toBe(refusals);
  });

  it('is who subscribed before CONNECT, and another user does not get that', async () => {
    const client = await fixture.open();
    client.take();
    const login = connectLine({ user: 'admin', pass: 'pw', verbose: false });
    expect(await client.settle(`SUB sub.a 1\r\n${login}PUB sub.a 1\r\nx\r\n`)).toBe('+OK\r\n');
  });

  it('is who sends no credentials, and a wrong password is still wrong', async () => {
    const client = await fixture.ready();
    expect(await client.settle('PUB x 0\r\n\r\nSUB x 1\r\n')).toBe(refusals);
    expect(await (await fixture.ready({ user: 'admin', pass: 'pw' })).settle('PUB x 0\r\n\r\n')).toBe('');
    const wrong = await fixture.open();
    wrong.take();
    expect(await wrong.last(connectLine({ user: 'admin', pass: 'no' }))).toBe(violation);
  });
});

describe('permissions', () => {
  const fixture = useBroker(
    withAuth({
      users: [
        { user: 'all', password: 'x' },
        { user: 'pub', password: 'x', permissions: { publish: { allow: ['a.>'], deny: ['a.no'] } } },
        { user: 'filter', password: 'x', permissions: { subscribe: { allow: [], deny: ['w.secret', 'w.q grp'] } } },
        { user: 'queue', password: 'x', permissions: { subscribe: { allow: ['jobs q.*'], deny: [] } } },
        {
          user: 'reply',
          password: 'x',
          permissions: { subscribe: { allow: ['svc'], deny: [] }, allowResponses: { maxCount: 1, expiresMs: 0 } },
        },
      ],
    }),
  );
  const as = (user: string, more: Record<string, unknown> = {}) => fixture.ready({ user, pass: 'x', ...more });

  it('refuse a publication each time, also in a run of equal lines, and no +OK follows', async () => {
    const client = await as('pub', { verbose: true });
    client.take();
    expect(await client.settle(`${'PUB a.no 1\r\nx\r\n'.repeat(3)}PUB a.ok 0\r\n\r\n`)).toBe(
      `${'-ERR \'Permissions Violation for Publish to "a.no"\'\r\n'.repeat(3)}+OK\r\n`,
    );
  });

  it('filter a wildcard subscription that overlaps a deny rule, message by message', async () => {
    const [publisher, client] = [await as('all'), await as('filter')];
    expect(await client.settle('SUB w.* 1\r\nSUB > 2\r\nSUB w.secret 3\r\n')).toBe(
      '-ERR \'Permissions Violation for Subscription to "w.secret"\'\r\n',
    );
    await publisher.settle(`${'PUB w.secret 1\r\nx\r\n'.repeat(10)}PUB w.open 1\r\ny\r\n`);
    expect(
      (await client.settle())
        .split('\r\n')
        .filter((line) => line.startsWith('MSG'))
        .sort(),
    ).toEqual(['MSG w.open 1 1', 'MSG w.open 2 1']);
  });

  it('filter queue members too: another member takes what one may not have', async () => {
    const [publisher, barred, free] = [await as('all'), await as('filter'), await as('all')];
    await barred.settle('SUB w.* grp 1\r\n');
    await free.settle('SUB w.* grp 1\r\n');
    await publisher.settle('PUB w.q 1\r\nx\r\n'.repeat(50));
    expect(await barred.settle()).toBe('');
    expect((await free.settle()).split('MSG ').length - 1).toBe(50);
  });

  it('bind a queue-qualified subject to its queues', async () => {
    const client = await as('queue');
    expect(await client.settle('SUB jobs 1\r\nSUB jobs z 2\r\nSUB jobs q.1 3\r\n')).toBe(
      '-ERR \'Permissions Violation for Subscription to "jobs"\'\r\n-ERR \'Permissions Violation for Subscription to "jobs" using queue "z"\'\r\n',
    );
  });

  it('let a service answer what it was asked, once', async () => {
    const [requester, service] = [await as('all'), await as('reply')];
    await service.settle('SUB svc 1\r\n');
    await requester.settle('SUB box 1\r\nPUB svc box 1\r\n?\r\n');
    expect(await service.settle('PUB box 1\r\n!\r\nPUB box 1\r\n!\r\n')).toBe(
      'MSG svc 1 box 1\r\n?\r\n-ERR \'Permissions Violation for Publish to "box"\'\r\n',
    );
    expect(await requester.settle()).toBe('MSG box 1 1\r\n!\r\n');
  });

  it('give no answer of nobody to who may not ask', async () => {
    const client = await as('pub', { headers: true, no_responders: true });
    expect(await client.settle('SUB box 1\r\nPUB b box 0\r\n\r\n')).toBe('-ERR \'Permissions Violation for Publish to "b"\'\r\n');
  });
});

describe('accounts', () => {
  const fixture = useBroker(
    withAuth({
      users: [
        { user: 'a', password: 'x', account: 'A' },
        { user: 'b', password: 'x', account: 'B' },
      ],
    }),
  );

  it('do not see each other', async () => {
    const [a, b] = [await fixture.ready({ user: 'a', pass: 'x' }), await fixture.ready({ user: 'b', pass: 'x' })];
    await a.settle('SUB > 1\r\n');
    expect(await b.settle('SUB > 1\r\nPUB here 1\r\nb\r\n')).toBe('MSG here 1 1\r\nb\r\n');
    expect(await a.settle('PUB there 1\r\na\r\n')).toBe('MSG there 1 1\r\na\r\n');
    expect(await b.settle()).toBe('');
  });
});
