/** INFO and CONNECT: what a client is told, what it may say, and what follows. Checklist rows 1 to 3, 7, 12. */
import { describe, expect, it } from 'vitest';
import { connectLine } from '../support/raw-client.ts';
import { useBroker } from '../support/use-broker.ts';

describe('INFO', () => {
  const fixture = useBroker({ serverName: 'one' });

  it('comes at once, with a blank before CRLF and the fields that every client needs', async () => {
    const client = await fixture.open();
    expect(client.received).toMatch(/^INFO \{.*\} \r\n$/);
    expect(client.info).toMatchObject({
      server_name: 'one',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      proto: 1,
      host: '127.0.0.1',
      port: fixture.broker.port,
      headers: true,
      max_payload: 1_048_576,
      client_ip: '127.0.0.1',
    });
    expect(client.info['server_id']).toMatch(/^N[A-Z2-7]{55}$/);
  });

  it('leaves out what is not so', async () => {
    const { info } = await fixture.open();
    for (const name of ['auth_required', 'tls_required', 'nonce', 'jetstream', 'ldm', 'connect_info']) {
      expect(info, name).not.toHaveProperty(name);
    }
  });

  it('numbers clients upwards', async () => {
    const [first, second] = [await fixture.open(), await fixture.open()];
    expect(Number(second.info['client_id'])).toBeGreaterThan(Number(first.info['client_id']));
  });

  it('comes a second time after the first PONG, to clients of protocol 1 only', async () => {
    const modern = await fixture.open();
    modern.received = '';
    modern.send(`${connectLine({ protocol: 1 })}PING\r\n`);
    await modern.until((text) => text.includes('} \r\n'));
    expect(modern.received).toMatch(/^PONG\r\nINFO \{.*"connect_info":true.*"remote_account":"\$G".*\} \r\n$/);
    modern.received = '';
    await modern.settle();
    expect(modern.received).toBe('');

    const old = await fixture.open();
    old.received = '';
    old.send(`${connectLine({ protocol: 0 })}PING\r\nPING\r\n`);
    await old.until((text) => text.includes('PONG\r\nPONG\r\n'));
    expect(old.received).toBe('PONG\r\nPONG\r\n');
  });
});

describe('CONNECT', () => {
  const fixture = useBroker();

  it('takes verbose, pedantic and echo for true when they are absent', async () => {
    const client = await fixture.open();
    client.take();
    expect(await client.settle('CONNECT {}\r\nSUB a 1\r\nPUB a.* 1\r\nx\r\nPUB a 1\r\ny\r\n')).toBe(
      "+OK\r\n+OK\r\n-ERR 'Invalid Publish Subject'\r\n+OK\r\n+OK\r\nMSG a 1 1\r\ny\r\n",
    );
  });

  it('is not needed without authentication', async () => {
    const client = await fixture.open();
    client.take();
    expect(await client.settle('SUB a 1\r\nPUB a 2\r\nhi\r\n')).toBe('+OK\r\n+OK\r\nMSG a 1 2\r\nhi\r\n');
  });

  it('may be any case and carry unknown fields', async () => {
    const client = await fixture.open();
    client.take();
    expect(await client.settle('connect {"Verbose":false,"PEDANTIC":false,"extra":{"deep":[1]}}\r\nPUB a 0\r\n\r\n')).toBe('');
  });

  it.each([
    'CONNECT {\r\n',
    'CONNECT []\r\n',
    'CONNECT "x"\r\n',
    'CONNECT {"verbose":"yes"}\r\n',
    'CONNECT {"user":7}\r\n',
    'CONNECT {"protocol":1.0}\r\n',
    'CONNECT {"protocol":1e0}\r\n',
    'CONNECT {"name":5,"name":"x"}\r\n',
    'CONNECT {"import":true}\r\n',
    'CONNECT {"export":[]}\r\n',
    'CONNECT {"remote_account":1}\r\n',
    'CONNECT {"verbose":false}\f\r\n',
    'CONNECT \r\n',
  ])('closes silently when it is malformed: %j', async (line) => {
    const client = await fixture.open();
    client.take();
    expect(await client.last(line)).toBe('');
  });

  it('refuses an unknown protocol and no_responders without headers', async () => {
    for (const [options, text] of [
      [{ protocol: 2 }, 'invalid client protocol'],
      [{ protocol: -1 }, 'invalid client protocol'],
      [{ no_responders: true }, 'no responders requires headers support'],
    ] as const) {
      const client = await fixture.open();
      client.take();
      expect(await client.last(connectLine(options))).toBe(`-ERR '${text}'\r\n`);
    }
  });

  it('refuses the account of old clients', async () => {
    const client = await fixture.open();
    client.take();
    expect(await client.last(connectLine({ account: 'A' }))).toBe("-ERR 'Authorization Violation'\r\n");
  });

  it('a second time drops all subscriptions', async () => {
    const client = await fixture.ready();
    await client.settle('SUB a 1\r\nSUB b 2\r\n');
    expect(await client.settle(`${connectLine({ verbose: true })}PUB a 1\r\nx\r\n`)).toBe('+OK\r\n+OK\r\n');
    expect(await client.settle('SUB a 1\r\nPUB a 1\r\ny\r\n')).toBe('+OK\r\n+OK\r\nMSG a 1 1\r\ny\r\n');
  });

  it('for the first time keeps them', async () => {
    const client = await fixture.open();
    client.take();
    const quiet = 'SUB a 1\r\nCONNECT {"verbose":false}\r\nPUB a 1\r\nx\r\n';
    expect(await client.settle(quiet)).toBe('+OK\r\nMSG a 1 1\r\nx\r\n');
  });

  it('keeps what an earlier one said and it leaves out or calls null', async () => {
    const client = await fixture.ready({ echo: false });
    expect(await client.settle('CONNECT {"verbose":null,"name":"x"}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n')).toBe('');
    const nested = `{"x":{"y":["}",{"echo":true}]},"verbose":false,"Verbose":true,"z":"\\"}"}`;
    expect(await client.settle(`CONNECT ${nested}\r\n`)).toBe('+OK\r\n');
    expect(await client.settle(`CONNECT {"verbose":false,"x":${'['.repeat(1500)}${']'.repeat(1500)}}\r\n`)).toBe('');
    expect(await client.settle('CONNECT {"echo":true,"import":{},"export":null}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n')).toBe(
      'MSG a 1 1\r\nx\r\n',
    );
  });

  it('with a prototype in it changes nothing but the connection', async () => {
    await fixture.ready({ __proto__: null, constructor: { prototype: { polluted: 1 } } });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('a server without headers', () => {
  const fixture = useBroker({ hasHeaders: false });

  it('says so and closes silently on HPUB', async () => {
    const client = await fixture.open();
    expect(client.info['headers']).toBe(false);
    client.take();
    expect(await client.last(`${connectLine({ headers: true })}HPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n`)).toBe('');
  });

  it('refuses no_responders', async () => {
    const client = await fixture.open();
    client.take();
    expect(await client.last(connectLine({ headers: true, no_responders: true }))).toBe(
      "-ERR 'no responders requires headers support'\r\n",
    );
  });
});
