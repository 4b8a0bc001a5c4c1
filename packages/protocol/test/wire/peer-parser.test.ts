/** The parser of what other servers send: every form of a message, any chunking, and what is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParseError, PeerParser, type PeerParserHandler, type PeerVerb, PubFrame, SlackBuffer } from '../../src/wire/index.ts';

interface Limits {
  readonly maxLineBytes?: number;
  readonly maxMessageBytes?: number;
  readonly hasAccounts?: boolean;
  readonly expectsConnect?: boolean;
  readonly isLeaf?: boolean;
}

/** Feeds chunks to a parser and writes down what it says. */
function record(chunks: readonly Uint8Array[], limits: Limits = {}): string[] {
  const seen: string[] = [];
  const blank = new SlackBuffer(0);
  const handler: PeerParserHandler = {
    onMessage: (frame: PubFrame, accountStart: number, accountEnd: number, queues: readonly string[] | null) => {
      const account = frame.bytes.toString('latin1', accountStart, accountEnd);
      const { payloadStart, sizeBytes, tailStart } = frame;
      const payload = frame.bytes.toString('latin1', payloadStart, payloadStart + sizeBytes);
      const tail = frame.bytes.toString('latin1', tailStart, payloadStart + sizeBytes + 2);
      const reply = frame.reply() === '' ? '' : `${frame.reply()} `;
      const sizes = frame.hasHeaders ? `${frame.headerBytes} ${sizeBytes}` : `${sizeBytes}`;
      expect(tail).toBe(`${reply}${sizes}\r\n${payload}\r\n`);
      const kind = frame.hasHeaders ? 'H' : 'R';
      const origin = parser.origin === '' ? '' : ` from ${parser.origin}`;
      const groups = queues === null ? '-' : queues.join(',');
      seen.push([kind, account, frame.subject(), frame.reply(), groups, payload].join('|') + origin);
    },
    onLine: (verb: PeerVerb, args: string) => void seen.push(`${verb} ${args}`),
    onUnauthenticated: () => {
      seen.push('unauthenticated');
      parser.stop();
    },
    onParseError: (error: ParseError) => void seen.push(`error ${error}`),
  };
  const { maxLineBytes = 200, maxMessageBytes = 1000, hasAccounts = true, expectsConnect = false, isLeaf = false } = limits;
  const parser = new PeerParser(handler, new PubFrame(blank.bytes, blank.view), { maxLineBytes, maxMessageBytes, isLeaf });
  parser.hasAccounts = hasAccounts;
  parser.expectsConnect = expectsConnect;
  for (const chunk of chunks) {
    const copy = new SlackBuffer(chunk.length);
    copy.bytes.set(chunk);
    parser.parse(copy.bytes, copy.view, chunk.length);
  }
  return seen;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

const forms: readonly (readonly [text: string, expected: string])[] = [
  ['RMSG A s 2\r\nhi\r\n', 'R|A|s||-|hi'],
  ['RMSG A s r 2\r\nhi\r\n', 'R|A|s|r|-|hi'],
  ['RMSG A s 0\r\n\r\n', 'R|A|s||-|'],
  ['rmsg  A\ts r   2 \nhi\r\n', 'R|A|s|r|-|hi'],
  ['RMSG A s + r q 2\r\nhi\r\n', 'R|A|s|r|q|hi'],
  ['RMSG A s + r 2\r\nhi\r\n', 'R|A|s|r|-|hi'],
  ['RMSG A s | q1 q2 2\r\nhi\r\n', 'R|A|s||q1,q2|hi'],
  ['HMSG A s r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n', 'H|A|s|r|-|NATS/1.0\r\n\r\nhi'],
  ['HMSG A s 12 14\r\nNATS/1.0\r\n\r\nhi\r\n', 'H|A|s||-|NATS/1.0\r\n\r\nhi'],
  ['HMSG A s | g 12 14\r\nNATS/1.0\r\n\r\nhi\r\n', 'H|A|s||g|NATS/1.0\r\n\r\nhi'],
  ['LMSG leaf A s + r g 12 14\r\nNATS/1.0\r\n\r\nhi\r\n', 'H|A|s|r|g|NATS/1.0\r\n\r\nhi from leaf'],
  ['LMSG leaf A s r 0 2\r\nhi\r\n', 'R|A|s|r|-|hi from leaf'],
  ['RS+ A s q 3\r\n', 'RS+ A s q 3'],
  ['rs- A s\n', 'RS- A s'],
  ['LS+ o A s\r\n', 'LS+ o A s'],
  ['INFO {"a":1} \r\n', 'INFO {"a":1}'],
  ['PING\r\n', 'PING '],
  ['PONG\r\n', 'PONG '],
  ["-ERR 'x y'\r\n", "-ERR 'x y'"],
  ['+OK\r\n', '+OK '],
  ['A+ acc\r\n', 'A+ acc'],
];

describe('messages and lines of another server', () => {
  it.each(forms)('%j is understood', (text, expected) => {
    expect(record([bytes(text)])).toEqual([expected]);
  });

  it('are the same wherever they are cut', () => {
    const text = forms.map(([form]) => form).join('');
    const whole = forms.map(([, expected]) => expected);
    for (let cut = 0; cut <= text.length; cut++) {
      expect(record([bytes(text.slice(0, cut)), bytes(text.slice(cut))])).toEqual(whole);
    }
    expect(record([...text].map(bytes))).toEqual(whole);
  });

  it('end the connection as soon as the byte behind a payload is wrong, however the message was cut', () => {
    const wrong = bytes('RMSG A s 2\r\nhiX');
    for (let cut = 0; cut < wrong.length; cut++) {
      expect(record([wrong.subarray(0, cut), wrong.subarray(cut)]), `cut at ${cut}`).toEqual([
        `error ${ParseError.unknownOperation}`,
      ]);
    }
  });

  it('come without an account on a connection of one account', () => {
    const text = 'RMSG s r 2\r\nhi\r\nRMSG s 2\r\nhi\r\nRMSG s | q 2\r\nhi\r\nHMSG s 12 12\r\nNATS/1.0\r\n\r\n\r\n';
    expect(record([bytes(text)], { hasAccounts: false })).toEqual([
      'R||s|r|-|hi',
      'R||s||-|hi',
      'R||s||q|hi',
      'H||s||-|NATS/1.0\r\n\r\n',
    ]);
  });
});

describe('a connection ends', () => {
  it.each([
    ['with a size that is none', 'RMSG A s x\r\n', ParseError.badArguments],
    ['with a negative size', 'RMSG A s -1\r\n', ParseError.badArguments],
    ['with more than a message may have', 'RMSG A s 1001\r\n', ParseError.badArguments],
    ['with more than a message may have for a group', 'RMSG A s | q 1001\r\n', ParseError.badArguments],
    ['with headers larger than the message', 'HMSG A s 3 2\r\n', ParseError.badArguments],
    ['with too few arguments', 'RMSG A 2\r\n', ParseError.badArguments],
    ['with too many arguments', 'RMSG A s r t 2\r\n', ParseError.badArguments],
    ['with a payload that is longer than said', 'RMSG A s 2\r\nhiX\r\n', ParseError.unknownOperation],
    ['with an unknown word', 'HELLO\r\n', ParseError.unknownOperation],
    ['with a word of a client', 'SUB a 1\r\n', ParseError.unknownOperation],
    ['with a long line', `RS+ A ${'s'.repeat(300)}\r\n`, ParseError.controlLineTooLong],
    ['with a long line of a message', `RMSG A ${'s'.repeat(300)} 2\r\n`, ParseError.controlLineTooLong],
    ['with a long line that does not end', `INFO ${'s'.repeat(300)}`, ParseError.controlLineTooLong],
  ])('%s', (_what, text, error) => {
    expect(record([bytes(text)])).toEqual([`error ${error}`]);
    expect(record([...text].map(bytes))).toEqual([`error ${error}`]);
  });

  it('when anything but CONNECT comes first', () => {
    for (const text of ['INFO {}\r\n', 'PING\r\n', 'RMSG A s 2\r\nhi\r\n', 'x']) {
      expect(record([bytes(text)], { expectsConnect: true })).toEqual(['unauthenticated']);
    }
    expect(record([bytes('CONNECT {}\r\n')], { expectsConnect: true })).toEqual(['CONNECT {}']);
  });
});

describe('input without sense', () => {
  it('ends in a call or an error in any chunking, and never in an exception', () => {
    const words = fc.constantFrom(
      'RMSG ',
      'HMSG ',
      'LMSG ',
      'RS+ ',
      'RS- ',
      'A s ',
      '+ r ',
      '| q ',
      '12 ',
      '2',
      '\r\n',
      '\n',
      'hi',
      ' ',
      '\t',
    );
    const piece = fc.oneof(words, fc.string({ unit: 'binary', maxLength: 6 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat({ max: 40 }), { maxLength: 10 }), (pieces, cuts) => {
        const input = bytes(pieces.join(''));
        const chunks: Buffer[] = [];
        let start = 0;
        for (const cut of cuts) {
          chunks.push(input.subarray(start, start + cut));
          start += cut;
        }
        chunks.push(input.subarray(start));
        expect(record(chunks)).toEqual(record([input]));
      }),
      { numRuns: 3000 },
    );
  });
});

const leafForms: readonly (readonly [text: string, expected: string])[] = [
  ['LMSG s 2\r\nhi\r\n', 'R||s||-|hi'],
  ['LMSG s r 2\r\nhi\r\n', 'R||s|r|-|hi'],
  ['lmsg  s\tr   2 \nhi\r\n', 'R||s|r|-|hi'],
  ['LMSG s + r q 2\r\nhi\r\n', 'R||s|r|q|hi'],
  ['LMSG s | q1 q2 2\r\nhi\r\n', 'R||s||q1,q2|hi'],
  ['HMSG s r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n', 'H||s|r|-|NATS/1.0\r\n\r\nhi'],
  ['HMSG s | g 12 14\r\nNATS/1.0\r\n\r\nhi\r\n', 'H||s||g|NATS/1.0\r\n\r\nhi'],
  ['LS+ s q 3\r\n', 'LS+ s q 3'],
  ['LS- s q\r\n', 'LS- s q'],
];

describe('messages and lines of a leaf node', () => {
  const limits = { isLeaf: true, hasAccounts: false };

  it.each(leafForms)('%j is understood', (text, expected) => {
    expect(record([bytes(text)], limits)).toEqual([expected]);
  });

  it('are the same wherever they are cut', () => {
    const text = bytes(leafForms.map(([form]) => form).join(''));
    const whole = leafForms.map(([, expected]) => expected);
    for (let cut = 1; cut < text.length; cut++) {
      expect(record([text.subarray(0, cut), text.subarray(cut)], limits)).toEqual(whole);
    }
  });

  it.each(['RMSG s 2\r\nhi\r\n', 'LMSG s 3 x\r\n', 'LMSG 2\r\nhi\r\n', 'LMSG s 99999\r\n', 'HMSG s 4 2\r\nhi\r\n'])(
    'refuses %j',
    (text) => {
      const [last] = record([bytes(text)], limits);
      expect(last).toMatch(/^error /);
    },
  );
});
