/** What the log says about input that is no NATS: state, place in the read, and snippet as nats-server 2.15.1 printed them. */
import { describe, expect, it } from 'vitest';
import { Recorder } from './recorder.ts';

function failureOf(...chunks: string[]): string | undefined {
  const recorder = new Recorder();
  for (const chunk of chunks) recorder.feed(chunk);
  return recorder.failure;
}

const unknown = (state: number, at: number, snippet: string) =>
  `Client parser ERROR, state=${state}, i=${at}: proto='"${snippet}"...'`;

describe('a failure', () => {
  it.each([
    ['ZORK\r\n', unknown(0, 0, 'ZORK\\r')],
    ['PUBX a 1\r\n', unknown(31, 3, 'X a 1\\r')],
    ['PUB\r\n', unknown(31, 3, '\\r')],
    ['HPUBX a 1 1\r\n', unknown(21, 4, 'X a 1 1\\r')],
    ['CONNEXT {}\r\n', unknown(14, 5, 'XT {}\\r')],
    ['PIXG\r\n', unknown(34, 2, 'XG\\r')],
    ['PONX\r\n', unknown(38, 3, 'X\\r')],
    ['SUX a 1\r\n', unknown(44, 2, 'X a 1\\r')],
    ['UNSUBX 1\r\n', unknown(63, 5, 'X 1\\r')],
    ['+OX\r\n', unknown(2, 2, 'X\\r')],
    ['-ERX x\r\n', unknown(6, 3, 'X x\\r')],
    ['INFX {}\r\n', unknown(73, 3, 'X {}\\r')],
    ['PUB a 3\r\nabcdef\r\n', unknown(41, 12, 'def\\r')],
    ['PUB a 3\r\nabc\rdef\r\n', unknown(42, 13, 'def\\r')],
    [`ZORK${'x'.repeat(60)}\r\n`, unknown(0, 0, `ZORK${'x'.repeat(28)}`)],
  ])('in %j is told by state and place', (input, expected) => {
    expect(failureOf(input)).toBe(expected);
  });

  it('counts its place from the start of the read that brought it', () => {
    expect(failureOf('PING\r\nPU', 'X a 1\r\n')).toBe(unknown(30, 0, 'X a 1\\r'));
    expect(failureOf('PUB a 3\r\nab', 'cdef\r\n')).toBe(unknown(41, 1, 'def\\r'));
    expect(failureOf('PING\r\nPING\r\nZORK\r\n')).toBe(unknown(0, 12, 'ZORK\\r'));
  });

  it('of a payload shows at its first wrong byte, without waiting for another', () => {
    expect(failureOf('PUB a 3\r\nabcd')).toBe(unknown(41, 12, ''));
    expect(failureOf('PUB a 3\r\n', 'abc', 'd')).toBe(unknown(41, 0, ''));
    expect(failureOf('PUB  a  3\r\nabcd')).toBe(unknown(41, 14, ''));
  });

  it.each([
    ['PUB a\r\n', 'processPub Parse Error: "a"'],
    ['PUB \r\n', 'processPub Parse Error: "\\r"'],
    ['PUB a b c 1\r\n', 'processPub Parse Error: "a b c 1"'],
    ['PUB a -1\r\n', 'processPub Bad or Missing Size: "a -1"'],
    ['PUB a\t b x\n', 'processPub Bad or Missing Size: "a\\t b x"'],
    ['HPUB a 1\r\n', 'processHeaderPub Parse Error: "a 1"'],
    ['HPUB a x 1\r\n', 'processHeaderPub Bad or Missing Header Size: "a x 1"'],
    ['HPUB a 1 x\r\n', 'processHeaderPub Bad or Missing Total Size: "a 1 x"'],
    ['HPUB a 9 1\r\n', 'processHeaderPub Header Size larger then TotalSize: "a 9 1"'],
  ])('in the arguments of %j names them', (input, expected) => {
    expect(failureOf(input)).toBe(expected);
  });
});

describe('HMSG from a client', () => {
  it('is an empty message that goes nowhere, and must end as one', () => {
    expect(failureOf('HMSG a 1 1 1\r\n\r\nPING\r\n')).toBeUndefined();
    expect(failureOf('HMSG a 1 1 1\r\nPING\r\n')).toBe(unknown(41, 14, 'PING\\r'));
    expect(failureOf('HMSG a 1 1 1\r\n', '\r\n')).toBe(unknown(41, 14, ''));
  });
});
