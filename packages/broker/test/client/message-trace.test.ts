/** Traced messages (ADR-41): each expectation is what nats-server 2.15.1 tells for the same steps. Checklist row 112. */
import { describe, expect, it } from 'vitest';
import type { RawClient } from '../support/raw-client.ts';
import { type BrokerFixture, useBroker } from '../support/use-broker.ts';

const traced = (subject: string, lines: string, reply = ''): string => {
  const block = `NATS/1.0\r\n${lines}\r\n`;
  return `HPUB ${subject} ${reply === '' ? '' : `${reply} `}${block.length} ${block.length + 2}\r\n${block}hi\r\n`;
};
const TO_TR = 'Nats-Trace-Dest: tr\r\n';
const ONLY = `${TO_TR}Nats-Trace-Only: true\r\n`;

interface TraceEvent {
  readonly server: { readonly id: string };
  readonly request: { readonly header: Record<string, string[]>; readonly msgsize: number };
  readonly events: readonly Record<string, unknown>[];
}

/** Everything `client` has got, trace events apart; the steps of the last one are without their times. */
async function settle(client: RawClient, input = ''): Promise<{ rest: string; event: TraceEvent | undefined }> {
  const text = (await client.settle(input)) + (await client.settle());
  let event: TraceEvent | undefined;
  const rest = text.replace(/MSG tr \S+ {2}\d+\r\n(.*)\r\n/g, (_frame, body: string) => {
    const parsed: TraceEvent = JSON.parse(body);
    const events = parsed.events.map(({ ts, ...step }) => {
      expect(ts).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      return step;
    });
    event = { ...parsed, events };
    return '';
  });
  return { rest, event };
}

async function publisher(fixture: BrokerFixture, more: Record<string, unknown> = {}): Promise<RawClient> {
  const client = await fixture.ready({ name: 'pub', headers: true, ...more });
  await client.settle('SUB tr 9\r\n');
  return client;
}

describe('a traced message', () => {
  const fixture = useBroker();

  it('tells its destination who published it and who got it', async () => {
    const client = await publisher(fixture);
    const other = await fixture.ready({ headers: true });
    await other.settle('SUB a.* q 7\r\n');
    const { event } = await settle(client, traced('a.b', `${TO_TR}x: 1\r\nx: 2\r\n`));
    expect(event?.server.id).toBe(fixture.broker.id);
    expect(event?.request).toEqual({ header: { 'Nats-Trace-Dest': ['tr'], x: ['1', '2'] }, msgsize: 47 });
    expect(event?.events).toEqual([
      { type: 'in', kind: 0, cid: client.cid, name: 'pub', acc: '$G', subj: 'a.b' },
      { type: 'eg', kind: 0, cid: other.cid, sub: 'a.*', queue: 'q' },
    ]);
    expect(await other.settle()).toContain('HMSG a.b 7 45 47\r\n');
  });

  it('reaches nobody when only the trace is asked for, and the requester waits as it would', async () => {
    const client = await publisher(fixture, { no_responders: true });
    const { rest, event } = await settle(client, `SUB a 1\r\nSUB in 2\r\n${traced('a', ONLY, 'in')}`);
    expect(rest).toBe('');
    expect(event?.events.slice(1)).toEqual([{ type: 'eg', kind: 0, cid: client.cid, name: 'pub', sub: 'a' }]);
  });

  it('is told when nobody listens, even when its payload is large', async () => {
    const client = await publisher(fixture, { no_responders: true });
    const refused = await settle(client, `SUB in 2\r\n${traced('nobody', ONLY, 'in')}`);
    expect(refused.rest).toContain('NATS/1.0 503\r\nNats-Subject: nobody\r\n');
    expect(refused.event?.events).toHaveLength(1);
    const block = `NATS/1.0\r\n${TO_TR}\r\n`;
    client.send(`HPUB nobody ${block.length} ${block.length + 50_000}\r\n${block}`);
    const large = await settle(client, `${'x'.repeat(50_000)}\r\n`);
    expect(large.event?.request.msgsize).toBe(block.length + 50_000);
  });

  it('says that a receiver wanted no echo', async () => {
    const client = await publisher(fixture, { echo: false });
    const listener = await fixture.ready({ headers: true });
    await listener.settle('SUB tr 1\r\n');
    await client.settle(`SUB a 1\r\n${traced('a', TO_TR)}`);
    const { event } = await settle(listener);
    expect(event?.events[1]).toMatchObject({ sub: 'a', error: 'Not delivered because of no echo' });
  });

  it('is an ordinary message when the destination is missing, disabled, a wildcard or spelled otherwise', async () => {
    const client = await publisher(fixture);
    await client.settle('SUB a 1\r\n');
    const others = ['Nats-Trace-Only: true', 'Nats-Trace-Dest: trace disabled', 'Nats-Trace-Dest: tr.*', 'Nats-Trace-Dest:'];
    for (const line of [...others, 'nats-trace-dest: tr', 'xNats-Trace-Dest: tr', 'x: Nats-Trace-Dest:tr']) {
      const { rest, event } = await settle(client, traced('a', `${line}\r\n`));
      expect(event).toBeUndefined();
      expect(rest).toContain('HMSG a 1 ');
    }
  });

  it('asks for the trace alone with 1, true and on in any case, and with nothing else', async () => {
    const client = await publisher(fixture);
    await client.settle('SUB a 1\r\n');
    for (const [value, isOnly] of [
      ['1', true],
      ['TRUE', true],
      ['on', true],
      ['false', false],
      ['yes', false],
    ] as const) {
      const { rest, event } = await settle(client, traced('a', `${TO_TR}Nats-Trace-Only: ${value}\r\n`));
      expect(event).toBeDefined();
      expect(rest === '').toBe(isOnly);
    }
  });
});

describe('a traced message between accounts and rules', () => {
  const user = (name: string, account: string, permissions = {}) => ({ user: name, password: 'p', account, permissions });
  const fixture = useBroker({
    accounts: [
      {
        name: 'A',
        mappings: [{ source: 'from', destinations: [{ destination: 'to', weight: 100 }] }],
        imports: [{ kind: 'service', account: 'B', subject: 'svc', to: 'local.svc' }],
      },
      {
        name: 'B',
        exports: [
          { kind: 'service', subject: 'svc' },
          { kind: 'stream', subject: 'str' },
        ],
      },
      { name: 'C', imports: [{ kind: 'stream', account: 'B', subject: 'str', prefix: 'imp' }] },
    ],
    auth: {
      users: [
        user('a', 'A'),
        user('d', 'A', { publish: { allow: [], deny: ['no.>'] }, subscribe: { allow: [], deny: ['x.deny'] } }),
        user('b', 'B'),
        user('c', 'C'),
      ],
      timeoutMs: 2000,
    },
  });
  const as = (name: string): Promise<RawClient> => publisher(fixture, { user: name, pass: 'p' });

  it('tells of a mapping', async () => {
    const client = await as('a');
    const { event } = await settle(client, traced('from', TO_TR));
    expect(event?.events).toMatchObject([
      { type: 'in', subj: 'from' },
      { type: 'sm', to: 'to' },
    ]);
  });

  it('tells why it was refused, and of receivers that may not have it', async () => {
    const [client, listener] = [await as('d'), await as('a')];
    await client.settle(`SUB x.* 1\r\n${traced('no.x', TO_TR)}`);
    const refused = await settle(listener);
    expect(refused.event?.events).toMatchObject([{ type: 'in', error: 'Permissions Violation for Publish to "no.x"' }]);
    const { event } = await settle(listener, traced('x.deny', TO_TR));
    expect(event?.events[1]).toMatchObject({ error: 'Not delivered because subscription denies this subject' });
  });

  it('is refused as a whole when its publisher may not publish to the destination', async () => {
    const [client, listener] = [await as('d'), await as('a')];
    await listener.settle('SUB a 1\r\nSUB no.tr 2\r\n');
    expect(await client.settle(traced('a', 'Nats-Trace-Dest: no.tr\r\n'))).toContain('Publish to "no.tr"');
    expect(await listener.settle()).toBe('');
  });

  it('tells of the imports that it goes through, and reaches no service when only the trace is asked for', async () => {
    const [a, b, c] = [await as('a'), await as('b'), await as('c')];
    await b.settle('SUB svc 1\r\n');
    await c.settle('SUB imp.str 1\r\n');
    const service = await settle(a, traced('local.svc', ONLY));
    expect(service.event?.events[1]).toEqual({ type: 'si', acc: 'B', from: 'local.svc', to: 'svc' });
    expect(await b.settle()).toBe('');
    const stream = await settle(b, traced('str', TO_TR));
    expect(stream.event?.events[1]).toEqual({ type: 'se', acc: 'C', to: 'imp.str' });
    expect(await c.settle()).toContain('HMSG imp.str 1 ');
  });
});

describe('a traced message behind imports that allow it', () => {
  const user = (name: string, account: string) => ({ user: name, password: 'p', account });
  const fixture = useBroker({
    accounts: [
      {
        name: 'A',
        exports: [
          { kind: 'service', subject: 'svc', allowTrace: true },
          { kind: 'stream', subject: 'str' },
        ],
      },
      {
        name: 'B',
        imports: [
          { kind: 'service', account: 'A', subject: 'svc', to: 'my.svc' },
          { kind: 'stream', account: 'A', subject: 'str', prefix: 'imp', allowTrace: true },
        ],
      },
    ],
    auth: { users: [user('a', 'A'), user('b', 'B')], timeoutMs: 2000 },
  });
  const as = (name: string): Promise<RawClient> => publisher(fixture, { user: name, pass: 'p' });

  it('tells who got it in the other account, in the order of the way', async () => {
    const [a, b] = [await as('a'), await as('b')];
    await a.settle('SUB svc q 1\r\n');
    const { event } = await settle(b, `SUB my.svc 5\r\n${traced('my.svc', TO_TR, 'in')}`);
    expect(event?.events.slice(1)).toEqual([
      { type: 'si', acc: 'A', from: 'my.svc', to: 'svc' },
      { type: 'eg', kind: 0, cid: a.cid, name: 'pub', acc: 'A', sub: 'svc', queue: 'q' },
      { type: 'eg', kind: 0, cid: b.cid, name: 'pub', sub: 'my.svc' },
    ]);
    // Subjects of the importer mean nothing there: the destination is another one.
    expect(await a.settle()).toMatch(/Nats-Trace-Dest: _R_\.\w+\.\w+\r\n\r\nhi/);
  });

  it('goes through them without being delivered when only the trace is asked for', async () => {
    const [a, b] = [await as('a'), await as('b')];
    await a.settle('SUB svc 1\r\n');
    await b.settle('SUB imp.str 2\r\n');
    const service = await settle(b, traced('my.svc', ONLY, 'in'));
    expect(service.event?.events[2]).toMatchObject({ type: 'eg', acc: 'A', sub: 'svc' });
    const stream = await settle(a, traced('str', ONLY));
    expect(stream.event?.events.slice(1)).toMatchObject([
      { type: 'se', acc: 'B', to: 'imp.str' },
      { type: 'eg', cid: b.cid, acc: 'B', sub: 'str' },
    ]);
    expect([await a.settle(), await b.settle()]).toEqual(['', '']);
  });
});

describe('a trace that the account asks for', () => {
  const parent = (flags: string, name = 'traceparent') => `${name}: 00-${'4'.repeat(32)}-${'f'.repeat(16)}-${flags}\r\n`;
  const fixture = useBroker({
    accounts: [{ name: 'A', traceDestination: { subject: 'tr', samplingPercent: 100 } }, { name: 'B' }],
    auth: {
      users: [
        { user: 'a', password: 'p', account: 'A' },
        { user: 'b', password: 'p', account: 'B' },
      ],
      timeoutMs: 2000,
    },
  });

  it('begins with a traceparent that is sampled, whatever its case, and never delivers less', async () => {
    const client = await publisher(fixture, { user: 'a', pass: 'p' });
    await client.settle('SUB x 1\r\n');
    for (const lines of [parent('01'), parent('03', 'TraceParent'), `${parent('01')}Nats-Trace-Only: 1\r\n`]) {
      const { rest, event } = await settle(client, traced('x', lines));
      expect(event?.events[1]).toMatchObject({ type: 'eg', sub: 'x' });
      expect(rest).toContain('HMSG x 1 ');
    }
    for (const lines of [parent('00'), parent('zz'), 'traceparent: 01\r\n']) {
      expect((await settle(client, traced('x', lines))).event).toBeUndefined();
    }
  });

  it('does not begin in an account that names no destination', async () => {
    const client = await publisher(fixture, { user: 'b', pass: 'p' });
    expect((await settle(client, `SUB x 1\r\n${traced('x', parent('01'))}`)).event).toBeUndefined();
  });

  it('ends at the header that pointed old servers at another account', async () => {
    const client = await publisher(fixture, { user: 'a', pass: 'p' });
    const origin = `${TO_TR}Nats-Trace-Origin-Account: B\r\n`;
    const { rest, event } = await settle(client, `SUB x 1\r\n${traced('x', origin)}`);
    expect(event).toBeUndefined();
    expect(rest).toContain('Nats-Trace-Origin-Account: B\r\nNats-Trace-Dest: trace disabled\r\n\r\nhi');
    expect(await client.settle(traced('x', `${origin}Nats-Trace-Only: 1\r\n`))).toBe('');
  });
});
