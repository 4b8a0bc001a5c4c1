/** The same bytes mean the same in whatever pieces they arrive: every boundary of every message, and random streams in random pieces. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RecorderOptions, traceOf } from './recorder.ts';

const headers = 'NATS/1.0\r\nKey: value\r\n\r\n';
/** Right and wrong operations, each in the forms that clients use. */
const operations: readonly string[] = [
  'CONNECT {"verbose":false,"name":"split"}\r\n',
  'connect {} \r\n',
  'PING\r\n',
  'PINGX\n',
  'PONG\r\n',
  '+OK\r\n',
  'INFO {}\r\n',
  'SUB foo.bar 1\r\n',
  'SUB foo.* workers 22\r\n',
  'sub\tfoo  3 \n',
  'UNSUB 1\r\n',
  'UNSUB 1 5\r\n',
  'PUB foo 5\r\nhello\r\n',
  'PUB foo 5\r\nworld\r\n',
  'PUB foo 0\r\n\r\n',
  'PUB foo reply.1 3\r\nabc\r\n',
  'PUB\tfoo \t reply  3\nabc\r\n',
  `PUB big 300\r\n${'0123456789'.repeat(30)}\r\n`,
  'PUB foo 12\r\nPUB x 1\r\nA\r\n\r\n',
  `HPUB foo ${headers.length} ${headers.length + 2}\r\n${headers}hi\r\n`,
  `HPUB foo reply ${headers.length} ${headers.length}\r\n${headers}\r\n`,
  'HPUB foo 0 2\r\nhi\r\n',
];
const wrongOperations: readonly string[] = [
  '\r\n',
  'BLAH\r\n',
  'MSG a 1 0\r\n\r\n',
  "-ERR 'stop'\r\n",
  'PUB foo\r\n',
  'PUB foo 5\r\nhelloX\r\n',
  'PUB foo 5\r\nhello\rX',
  'PUB foo -5\r\n',
  'PUB foo 99999\r\n',
  'HPUB foo 9 3\r\nabc\r\n',
  `SUB ${'a'.repeat(5000)} 1\r\n`,
  `PUB ${'a'.repeat(5000)} 1\r\nx\r\n`,
  'UNSUB\r\n',
];
const modes: readonly [string, RecorderOptions][] = [
  ['as usual', {}],
  ['without repeats', { mayRepeat: false }],
  ['with authentication that takes time', { suspends: true, expectsConnect: true }],
  ['with payload that passes unread', { skips: (subject) => subject === 'big' || subject === 'foo' }],
  ['with a small max_payload', { maxPayloadBytes: 1000 }],
];

function cutAt(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0, index = 0; start < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return chunks;
}

describe.each(modes)('%s', (_name, options) => {
  it('every operation means the same at every byte boundary, and byte by byte', () => {
    for (const operation of [...operations, ...wrongOperations]) {
      // What passes unread is counted before its end is seen, so there a wrong end shows as one message more.
      if (options.skips !== undefined && operation.startsWith('PUB foo 5\r\nhello') && operation !== operations[12]) continue;
      const bytes = Buffer.from(`CONNECT {}\r\n${operation}PING\r\n`, 'latin1');
      const whole = traceOf([bytes], options);
      const step = bytes.length > 1000 ? 97 : 1;
      for (let cut = 1; cut < bytes.length; cut += step) {
        expect(traceOf([bytes.subarray(0, cut), bytes.subarray(cut)], options), `${operation} cut at ${cut}`).toEqual(whole);
      }
      expect(traceOf(cutAt(bytes, [1]), options), operation).toEqual(whole);
    }
  });

  it('any stream means the same in any pieces', () => {
    const stream = fc.array(
      fc.constantFrom(...operations, ...operations, 'PUB foo 2\r\nab\r\n'.repeat(3), ...wrongOperations.slice(0, 4)),
      {
        maxLength: 12,
      },
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(stream, sizes, (parts, pieces) => {
        const bytes = Buffer.from(`CONNECT {}\r\n${parts.join('')}`, 'latin1');
        expect(traceOf(cutAt(bytes, pieces), options)).toEqual(traceOf([bytes], options));
      }),
      { numRuns: 300 },
    );
  });

  it('random bytes end in handler calls, never in an exception, and mean the same in any pieces', () => {
    const noise = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constantFrom(...operations).map((text) => Buffer.from(text, 'latin1')),
      ),
      {
        maxLength: 8,
      },
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(noise, sizes, (parts, pieces) => {
        const bytes = Buffer.concat(parts);
        expect(traceOf(cutAt(bytes, pieces), options)).toEqual(traceOf([bytes], options));
      }),
      { numRuns: 300 },
    );
  });
});

describe('found by the tests above', () => {
  it('a wrong verb is refused when most of its line comes in one later piece', () => {
    expect(traceOf(['PING\r\nC', '\0'.repeat(19)])).toEqual(['ping', 'error unknownOperation']);
  });

  it('a PUB with odd blanks whose payload passes unread is asked for once', () => {
    const skips = (): boolean => true;
    expect(traceOf(['PUB\tfoo 5\r\n', 'he', 'll', 'o\r\n', 'PING\r\n'], { skips })).toEqual(['skip foo 5', 'ping']);
  });
});
