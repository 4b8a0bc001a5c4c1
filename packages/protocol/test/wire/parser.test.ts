/** One rule, one test: what a client may send and what it leads to. Source: server-behaviour 1.1 and 1.2. */
import { describe, expect, it } from 'vitest';
import { hashBytes, SlackBuffer } from '../../src/wire/index.ts';
import { Recorder, traceOf } from './recorder.ts';

function pub(subject: string, payload: string, reply = '', headers?: number): string {
  const bytes = Buffer.from(subject, 'latin1');
  const block = headers === undefined ? '' : ` headers ${headers}`;
  return `pub ${subject} [${reply}]${block} ${hashBytes(bytes, 0, bytes.length)} ${payload}`;
}

describe('PUB', () => {
  it('has a subject, perhaps a reply, and a size', () => {
    expect(traceOf(['PUB foo 5\r\nhello\r\n'])).toEqual([pub('foo', 'hello')]);
    expect(traceOf(['PUB foo bar 5\r\nhello\r\n'])).toEqual([pub('foo', 'hello', 'bar')]);
    expect(traceOf(['PUB foo 0\r\n\r\n'])).toEqual([pub('foo', '')]);
  });

  it('is found in any case, with any blanks, and with a line feed alone', () => {
    for (const line of ['pub foo 2', 'PuB\tfoo\t2', 'PUB  foo   2', 'PUB \t foo \t 2 \t', 'PUB foo 2 ']) {
      for (const end of ['\r\n', '\n']) expect(traceOf([`${line}${end}ab\r\n`]), line).toEqual([pub('foo', 'ab')]);
    }
  });

  it('takes a CR as part of an argument, other than SUB does', () => {
    expect(traceOf(['PUB a\rb r\rs 1\r\nx\r\n'])).toEqual([pub('a\rb', 'x', 'r\rs')]);
    expect(traceOf(['PUB \ra \r 1\r\nx\r\n'])).toEqual([pub('\ra', 'x', '\r')]);
    for (const line of ['PUB a 1\r', 'HPUB a 12\r13', 'HPUB a 12 13\r'])
      expect(traceOf([`${line}\r\nx\r\n`]), line).toEqual(['error badArguments']);
  });

  it('carries any bytes, protocol text included', () => {
    const payload = 'PUB x 1\r\nA\r\n\0\xff';
    expect(traceOf([`PUB foo ${payload.length}\r\n${payload}\r\nPING\r\n`])).toEqual([pub('foo', payload), 'ping']);
  });

  it('keeps a size with leading zeros', () => {
    expect(traceOf(['PUB foo 002\r\nab\r\n'])).toEqual([pub('foo', 'ab')]);
  });

  it.each(['PUB', 'PUB foo', 'PUB a b c 1', 'PUB foo -1', 'PUB foo x', 'PUB foo 1x', 'PUB foo 1234567890', 'PUB foo +1'])(
    'with wrong arguments is one error: %s',
    (line) => {
      // A verb without a blank is no verb at all.
      const expected = line === 'PUB' ? 'error unknownOperation' : 'error badArguments';
      expect(traceOf([`${line}\r\nx\r\nPING\r\n`])).toEqual([expected]);
    },
  );

  it('must end its payload in CRLF', () => {
    for (const input of ['PUB foo 2\r\nabc\r\n', 'PUB foo 2\r\nab\n\n', 'PUB foo 2\r\nab\rx', 'PUB foo 0\r\nx\r\n']) {
      expect(traceOf([`${input}PING\r\n`]), input).toEqual(['error unknownOperation']);
    }
  });

  it('is refused by its declared size before any payload has come', () => {
    expect(traceOf(['PUB foo 11\r\n'], { maxPayloadBytes: 10 })).toEqual(['too big']);
    expect(traceOf(['PUB foo 10\r\n0123456789\r\n'], { maxPayloadBytes: 10 })).toEqual([pub('foo', '0123456789')]);
  });
});

describe('HPUB', () => {
  const block = 'NATS/1.0\r\nA: b\r\n\r\n';

  it('has the size of the headers before the size of all', () => {
    const input = `HPUB foo ${block.length} ${block.length + 2}\r\n${block}hi\r\n`;
    expect(traceOf([input])).toEqual([pub('foo', `${block}hi`, '', block.length)]);
    const withReply = `hpub foo bar ${block.length} ${block.length}\r\n${block}\r\n`;
    expect(traceOf([withReply])).toEqual([pub('foo', block, 'bar', block.length)]);
  });

  it('may claim no headers at all, and its block is not looked into', () => {
    expect(traceOf(['HPUB foo 0 2\r\nhi\r\n'])).toEqual([pub('foo', 'hi', '', 0)]);
    expect(traceOf(['HPUB foo 4 4\r\nXATS\r\n'])).toEqual([pub('foo', 'XATS', '', 4)]);
  });

  it.each(['HPUB foo 5 4', 'HPUB foo 4', 'HPUB foo a 4', 'HPUB a b c 1 2', 'HPUB foo 1 -4'])(
    'with wrong arguments is one error: %s',
    (line) => {
      expect(traceOf([`${line}\r\nabcd\r\nPING\r\n`])).toEqual(['error badArguments']);
    },
  );
});

describe('other verbs', () => {
  it('are found in any case', () => {
    expect(traceOf(['sub foo 1\r\nUnSub 1\r\nping\r\nPoNg\r\ncOnNeCt {}\r\n'])).toEqual([
      'sub foo 1',
      'unsub 1',
      'ping',
      'pong',
      'connect {}',
    ]);
  });

  it('take anything behind PING and PONG', () => {
    expect(traceOf(['PINGX\r\nPING  abc\r\nPONG 1 2 3\n'])).toEqual(['ping', 'ping', 'pong']);
  });

  it('take +OK from a client and do nothing, and hand INFO over', () => {
    expect(traceOf(['+OK\r\nINFO {}\r\nPING\r\n'])).toEqual(['info {}', 'ping']);
  });

  it('end at -ERR from a client', () => {
    expect(traceOf(["-ERR 'x'\r\nPING\r\n"])).toEqual(['client error']);
  });

  it.each([
    '\r\n',
    '\n',
    ' PING\r\n',
    'BLAH\r\n',
    'MSG foo 1 0\r\n\r\n',
    'RS+ a b\r\n',
    'UNSUB\r\n',
    'SUBfoo 1\r\n',
    'PUBfoo 0\r\n\r\n',
    'X',
  ])('are unknown: %j', (input) => {
    expect(traceOf([input])).toEqual(['error unknownOperation']);
  });
});

describe('the control line', () => {
  it('may be as long as the limit, its verb not counted', () => {
    const subject = 'a'.repeat(100 - ' 1'.length);
    expect(traceOf([`SUB ${subject} 1\r\n`], { maxControlLineBytes: 100 })).toEqual([`sub ${subject} 1`]);
    expect(traceOf([`SUB ${subject}a 1\r\n`], { maxControlLineBytes: 100 })).toEqual(['error controlLineTooLong']);
    expect(traceOf([`PUB ${subject} 0\r\n\r\n`], { maxControlLineBytes: 100 })).toEqual([pub(subject, '')]);
    expect(traceOf([`PUB ${subject}a 0\r\n\r\n`], { maxControlLineBytes: 100 })).toEqual(['error controlLineTooLong']);
  });

  it('is refused while it is still open', () => {
    const long = 'a'.repeat(5000);
    for (const verb of ['SUB', 'PUB', 'HPUB', 'UNSUB', 'CONNECT']) {
      expect(traceOf([`${verb} ${long}`]), verb).toEqual(['error controlLineTooLong']);
      expect(traceOf([`${verb} `, ...Array.from({ length: 50 }, () => 'a'.repeat(100))]), verb).toEqual([
        'error controlLineTooLong',
      ]);
    }
  });

  it('costs no more memory than the limit, however long it stays open', () => {
    const recorder = new Recorder();
    const chunk = new SlackBuffer(1000);
    chunk.bytes.fill(0x61, 0, 1000);
    recorder.feed('SUB ');
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 10_000; count++) recorder.parser.parse(chunk.bytes, chunk.view, 1000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000);
    expect(recorder.trace).toEqual(['error controlLineTooLong']);
  });
});

describe('while a CONNECT is owed', () => {
  it('anything else is refused at its first byte', () => {
    for (const input of ['P', 'PING\r\n', 'PUB foo 0\r\n\r\n', 'S', 'X', '\r\n']) {
      expect(traceOf([input], { expectsConnect: true }), input).toEqual(['unauthenticated']);
    }
  });

  it('a CONNECT opens the way for what follows it in the same chunk', () => {
    expect(traceOf(['connect {}\r\nPING\r\nPUB foo 0\r\n\r\n'], { expectsConnect: true })).toEqual([
      'connect {}',
      'ping',
      pub('foo', ''),
    ]);
  });
});

describe('repeated lines', () => {
  const line = 'PUB foo 2\r\nab\r\n';

  it('are handed over like all others', () => {
    expect(traceOf([line.repeat(5)])).toEqual(Array.from({ length: 5 }, () => pub('foo', 'ab')));
    expect(traceOf([line.repeat(5)], { mayRepeat: false })).toEqual(Array.from({ length: 5 }, () => pub('foo', 'ab')));
  });

  it('are only counted when nobody wants them', () => {
    const trace = traceOf([line.repeat(5)], { wantsRepeats: false });
    expect(trace).toEqual([pub('foo', 'ab'), ...Array.from({ length: 4 }, () => 'counted foo 2')]);
  });

  it('are not mistaken for a line that only begins the same', () => {
    const input = `${line}PUB fox 2\r\ncd\r\nPUB foo 3\r\nabc\r\nPUB foo bar 2\r\nab\r\nPUB foo 22\r\n${'x'.repeat(22)}\r\n${line}`;
    const expected = [
      pub('foo', 'ab'),
      pub('fox', 'cd'),
      pub('foo', 'abc'),
      pub('foo', 'ab', 'bar'),
      pub('foo', 'x'.repeat(22)),
      pub('foo', 'ab'),
    ];
    expect(traceOf([input])).toEqual(expected);
    expect(traceOf([input], { mayRepeat: false })).toEqual(expected);
  });

  it('must end in CRLF too', () => {
    expect(traceOf([`${line}${line}PUB foo 2\r\nabX\n${line}`])).toEqual([
      pub('foo', 'ab'),
      pub('foo', 'ab'),
      'error unknownOperation',
    ]);
  });
});
