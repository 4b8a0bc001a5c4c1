/** PUB and HPUB as a client sees them: delivery, headers, no responders, payload and control-line limits. Checklist rows 4 to 11, 20. */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connectLine } from '../support/raw-client.ts';
import { useBroker } from '../support/use-broker.ts';

/**
 * All that a server sends after INFO until it ends a connection on which `text` was sent, and the error of a write after that: none
 * when only the server's half has ended, for it still takes what comes.
 */
function writeAfterEnd(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const settle = (error: NodeJS.ErrnoException | null | undefined): void => {
      resolve(`${received.slice(received.indexOf('\n') + 1)}${error?.code ?? ''}`);
      socket.destroy();
    };
    socket.on('error', settle);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.once('data', () => socket.write(`${connectLine()}${text}`));
    socket.on('end', () => socket.write('PING\r\n', settle));
  });
}

const block = 'NATS/1.0\r\nA: b\r\n\r\n';
const hpub = (subject: string, payload: string, reply = ''): string =>
  `HPUB ${subject} ${reply === '' ? '' : `${reply} `}${block.length} ${block.length + payload.length}\r\n${block}${payload}\r\n`;

describe('PUB', () => {
  const fixture = useBroker();

  it('reaches a subscriber with subject, sid, reply and size as they were sent', async () => {
    const client = await fixture.ready();
    await client.settle('SUB a.* left\r\n');
    expect(await client.settle('PUB a.b 2\r\nhi\r\nPUB a.c re.ply 002\r\nyo\r\nPUB a.d 0\r\n\r\n')).toBe(
      'MSG a.b left 2\r\nhi\r\nMSG a.c left re.ply 002\r\nyo\r\nMSG a.d left 0\r\n\r\n',
    );
  });

  it('keeps the order of one publisher', async () => {
    const [publisher, subscriber] = [await fixture.ready(), await fixture.ready()];
    await subscriber.settle('SUB order.> 1\r\n');
    const lines = Array.from({ length: 500 }, (_, index) => `PUB order.${index % 7} ${`${index}`.length}\r\n${index}\r\n`);
    await publisher.settle(lines.join(''));
    const payloads = [...(await subscriber.settle()).matchAll(/\r\n(\d+)\r\n/g)].map((match) => Number(match[1]));
    expect(payloads).toEqual(Array.from({ length: 500 }, (_, index) => index));
  });

  it('to a subject with an empty token reaches nobody', async () => {
    const client = await fixture.ready();
    await client.settle('SUB > 1\r\n');
    expect(await client.settle('PUB a..b 1\r\nx\r\nPUB .a 1\r\nx\r\nPUB a. 1\r\nx\r\nPUB a 1\r\ny\r\n')).toBe(
      'MSG a 1 1\r\ny\r\n',
    );
  });

  it('to a wildcard subject matches it as text', async () => {
    const client = await fixture.ready();
    await client.settle('SUB foo.* 1\r\nSUB foo.bar 2\r\n');
    expect(await client.settle('PUB foo.* 1\r\nx\r\n')).toBe('MSG foo.* 1 1\r\nx\r\n');
  });

  it('is answered with +OK before the message it causes, in verbose mode', async () => {
    const client = await fixture.ready({ verbose: true });
    client.take();
    expect(await client.settle('SUB a 1\r\nPUB a 1\r\nx\r\n')).toBe('+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n');
  });

  it('does not come back to its sender when echo is off, not even in a queue group', async () => {
    const [client, other] = [await fixture.ready({ echo: false }), await fixture.ready()];
    await other.settle('SUB e 9\r\n');
    expect(await client.settle('SUB e 1\r\nSUB e q 2\r\nPUB e 1\r\nx\r\n')).toBe('');
    expect(await other.settle()).toBe('MSG e 9 1\r\nx\r\n');
  });

  it('may not use the replies and subjects of servers', async () => {
    const client = await fixture.ready();
    await client.settle('SUB > 1\r\n');
    expect(
      await client.settle('PUB a $JS.ACK.s.c.1 1\r\nx\r\nPUB a _R_.x 0\r\n\r\nPUB _GR_.a 0\r\n\r\nPUB $NRG.a 0\r\n\r\n'),
    ).toBe(
      '-ERR \'Permissions Violation for Publish with Reply of "$JS.ACK.s.c.1"\'\r\n' +
        '-ERR \'Permissions Violation for Publish with Reply of "_R_.x"\'\r\n' +
        '-ERR \'Permissions Violation for Publish to "_GR_.a"\'\r\n' +
        '-ERR \'Permissions Violation for Publish to "$NRG.a"\'\r\n',
    );
  });

  it.each([
    'PUB a\r\n',
    'PUB a -1\r\n',
    'PUB a x\r\n',
    'PUB a b c 1\r\n',
    'PUB a 1234567890\r\n',
    'SUB a\r\n',
    'SUB a b c d\r\n',
    'UNSUB \r\n',
  ])('and others with wrong arguments close silently: %j', async (line) => {
    const client = await fixture.ready();
    expect(await client.last(line)).toBe('');
  });

  it.each(['BLAH\r\n', '\r\n', 'UNSUB\r\n', 'PUB a 1\r\nxx\r\n', 'MSG a 1 0\r\n\r\n'])(
    'and what is no operation end in its error: %j',
    async (line) => {
      const client = await fixture.ready();
      expect(await client.last(line)).toBe("-ERR 'Unknown Protocol Operation'\r\n");
    },
  );
});

describe('HPUB', () => {
  const fixture = useBroker();

  it('reaches who wants headers as HMSG and everybody else as MSG without the block', async () => {
    const [modern, old] = [await fixture.ready({ headers: true }), await fixture.ready()];
    await modern.settle('SUB h 1\r\n');
    await old.settle('SUB h 2\r\n');
    await modern.settle();
    expect(await modern.settle(hpub('h', 'hi') + hpub('h', '', 're'))).toBe(
      `HMSG h 1 18 20\r\n${block}hi\r\nHMSG h 1 re 18 18\r\n${block}\r\n`,
    );
    expect(await old.settle()).toBe('MSG h 2 2\r\nhi\r\nMSG h 2 re 0\r\n\r\n');
  });

  it('with a block of 0 bytes goes out as MSG', async () => {
    const client = await fixture.ready({ headers: true });
    expect(await client.settle('SUB h 1\r\nHPUB h 0 2\r\nhi\r\n')).toBe('MSG h 1 2\r\nhi\r\n');
  });

  it('needs a CONNECT with headers, else the connection closes silently', async () => {
    const client = await fixture.ready();
    expect(await client.last(hpub('h', 'hi'))).toBe('');
  });

  it('whose headers are larger than the whole closes silently', async () => {
    const client = await fixture.ready({ headers: true });
    expect(await client.last('HPUB h 5 4\r\nabcd\r\n')).toBe('');
  });
});

describe('no responders', () => {
  const fixture = useBroker();
  const wants = { headers: true, no_responders: true };
  const answer = (reply: string, sid: string, subject: string): string => {
    const headers = `NATS/1.0 503\r\nNats-Subject: ${subject}\r\n\r\n`;
    return `HMSG ${reply} ${sid} ${headers.length} ${headers.length}\r\n${headers}\r\n`;
  };

  it('are told to a requester that listens on its reply, before the next PONG', async () => {
    const client = await fixture.ready(wants);
    expect(await client.settle('SUB _INBOX.1 7\r\nPUB nobody _INBOX.1 2\r\nhi\r\n')).toBe(answer('_INBOX.1', '7', 'nobody'));
    expect(await client.settle('UNSUB 7\r\nSUB _INBOX.* 8\r\nPUB nobody _INBOX.2 0\r\n\r\n')).toBe(
      answer('_INBOX.2', '8', 'nobody'),
    );
  });

  it('are not told without a subscription of its own, without a reply, or without asking', async () => {
    const [client, other, plain] = [
      await fixture.ready(wants),
      await fixture.ready(wants),
      await fixture.ready({ headers: true }),
    ];
    await other.settle('SUB box.1 1\r\n');
    expect(await client.settle('PUB nobody box.1 0\r\n\r\nPUB nobody 0\r\n\r\n')).toBe('');
    expect(await other.settle()).toBe('');
    expect(await plain.settle('SUB box.2 1\r\nPUB nobody box.2 0\r\n\r\n')).toBe('');
  });

  it('are not told when somebody listens', async () => {
    const [client, service] = [await fixture.ready(wants), await fixture.ready()];
    await service.settle('SUB help q 1\r\n');
    expect(await client.settle('SUB box 1\r\nPUB help box 0\r\n\r\n')).toBe('');
    expect(await service.settle()).toBe('MSG help 1 box 0\r\n\r\n');
  });

  it('are told when echo is off and the only listener is the requester itself', async () => {
    const client = await fixture.ready({ ...wants, echo: false });
    expect(await client.settle('SUB box 1\r\nSUB only.me 2\r\nPUB only.me box 0\r\n\r\n')).toBe(answer('box', '1', 'only.me'));
  });
});

describe('HPUB', () => {
  const fixture = useBroker({ maxPayloadBytes: 100 });

  it('of a client without headers closes without a word, whatever its size', async () => {
    for (const size of [13, 200]) {
      const client = await fixture.ready({ headers: false });
      expect(await client.last(`HPUB a 12 ${size}\r\n`)).toBe('');
      expect((await fixture.recordOf(client)).reason).toBe('Protocol Violation');
    }
  });
});

describe('limits on one message', () => {
  const fixture = useBroker({ maxPayloadBytes: 100, maxControlLineBytes: 60 });

  it('max_payload is announced, and the declared size alone closes', async () => {
    const client = await fixture.open();
    expect(client.info['max_payload']).toBe(100);
    client.take();
    expect(await client.settle(`CONNECT {"verbose":false}\r\nPUB a 100\r\n${'x'.repeat(100)}\r\n`)).toBe('');
    expect(await client.last('PUB a 101\r\n')).toBe("-ERR 'Maximum Payload Violation'\r\n");
    expect((await fixture.recordOf(client)).reason).toBe('Maximum Message Payload Exceeded');
  });

  it('max_payload resets the connection after the error: what is still being sent is not read', async () => {
    expect(await writeAfterEnd(fixture.broker.port, 'PUB a 101\r\n')).toMatch(
      /^-ERR 'Maximum Payload Violation'\r\n(EPIPE|ECONNRESET)$/,
    );
    expect(await writeAfterEnd(fixture.broker.port, 'ZORK\r\n')).toBe("-ERR 'Unknown Protocol Operation'\r\n");
  });

  it('max_control_line counts the arguments', async () => {
    const fits = 'a'.repeat(58);
    const client = await fixture.ready();
    expect(await client.settle(`SUB ${fits} 1\r\nPUB ${fits} 0\r\n\r\n`)).toBe(`MSG ${fits} 1 0\r\n\r\n`);
    expect(await client.last(`SUB ${fits}a 1\r\n`)).toBe("-ERR 'maximum control line exceeded'\r\n");
  });
});

describe('a large payload', () => {
  const fixture = useBroker();
  const payload = 'abcdefgh'.repeat(65_536);

  it('arrives whole however it is cut', async () => {
    const [publisher, subscriber] = [await fixture.ready(), await fixture.ready()];
    await subscriber.settle('SUB big 1\r\n');
    const frame = Buffer.from(`PUB big ${payload.length}\r\n${payload}\r\n`);
    for (let start = 0; start < frame.length; start += 60_001) {
      publisher.send(frame.subarray(start, start + 60_001));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await publisher.settle();
    expect(await subscriber.settle()).toBe(`MSG big 1 ${payload.length}\r\n${payload}\r\n`);
  });

  it('that nobody wants passes, is counted, and what follows it is understood', async () => {
    const client = await fixture.ready();
    const before = fixture.broker.server.counters.inMessages;
    expect(
      await client.settle(`PUB unwanted ${payload.length}\r\n${payload}\r\nPUB\tunwanted ${payload.length}\r\n${payload}\r\n`),
    ).toBe('');
    expect(fixture.broker.server.counters.inMessages - before).toBe(2);
    expect(await client.settle('SUB a 1\r\nPUB a 1\r\nx\r\n')).toBe('MSG a 1 1\r\nx\r\n');
  });
});
