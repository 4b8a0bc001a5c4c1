/** Traces: what goes over a connection, as lines of the log, with secrets left out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireTrace } from '../../src/client/wire-trace.ts';

function trace(isInput: boolean, chunks: readonly string[], maxPayloadBytes = 0, isHeadersOnly = false): string[] {
  const lines: string[] = [];
  const wire = new WireTrace(isInput, { maxPayloadBytes, isHeadersOnly }, (text) => lines.push(text));
  for (const chunk of chunks) wire.push(Buffer.from(chunk, 'latin1'));
  return lines;
}

const session =
  'CONNECT {"verbose":true,"user":"u"}\r\nPING\r\nsub  foo   q 1\r\nPUB bar 5\r\nhello\r\n' +
  'HPUB bar rep 12 14\r\nNATS/1.0\r\n\r\nhi\r\nUNSUB 2 5\r\nPUB x 0\r\n\r\nPONG\nZORK\r\n';
const lines = [
  '<<- [CONNECT {"verbose":true,"user":"u"}]',
  '<<- [PING]',
  '<<- [SUB foo   q 1]',
  '<<- [PUB bar 5]',
  '<<- MSG_PAYLOAD: ["hello"]',
  '<<- [HPUB bar rep 12 14]',
  '<<- MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nhi"]',
  '<<- [UNSUB 2 5]',
  '<<- [PUB x 0]',
  '<<- [PONG]',
];

describe('a trace', () => {
  it('shows what a client sends, line by line', () => {
    expect(trace(true, [session])).toEqual(lines);
  });

  it('is the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: session.length }), { maxLength: 12 }), (cuts) => {
        const sorted = [0, ...cuts.sort((a, b) => a - b), session.length];
        const chunks = sorted.slice(1).map((end, index) => session.slice(sorted[index], end));
        expect(trace(true, chunks)).toEqual(lines);
      }),
    );
  });

  it('shows what a client is sent, INFO left out', () => {
    const sent = 'INFO {"a":1} \r\n+OK\r\nPONG\r\nMSG bar 2 5\r\nhello\r\n-ERR \'Stale Connection\'\r\n';
    expect(trace(false, [sent])).toEqual([
      '->> [OK]',
      '->> [PONG]',
      '->> [MSG bar 2 5]',
      '->> MSG_PAYLOAD: ["hello"]',
      '->> [-ERR Stale Connection]',
    ]);
  });

  it('never shows passwords, tokens, keys or signatures', () => {
    const secret = 'CONNECT {"user":"u","pass":"p1","auth_token":"t1","nkey":"UX","sig":"s1","proxy_sig":"x1","signal":"ok"}\r\n';
    expect(trace(true, [secret])).toEqual([
      '<<- [CONNECT {"user":"u","pass":"[REDACTED]","auth_token":"[REDACTED]","nkey":"[REDACTED]","sig":"[REDACTED]","proxy_sig":"[REDACTED]","signal":"ok"}]',
    ]);
  });

  it('cuts payloads where it is told to, and shows bytes that are no text', () => {
    expect(trace(true, ['PUB a 10\r\n0123456789\r\nPING\r\n'], 4)).toEqual([
      '<<- [PUB a 10]',
      '<<- MSG_PAYLOAD: ["0123..."]',
      '<<- [PING]',
    ]);
    expect(trace(true, ['PUB a 4\r\n\xff\x00"a\r\n'])).toEqual(['<<- [PUB a 4]', '<<- MSG_PAYLOAD: ["\\xff\\x00\\"a"]']);
  });

  it('shows header blocks and nothing else of messages where it is told to', () => {
    const input = 'PUB a 2\r\nhi\r\nHPUB a 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\nHPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n';
    expect(trace(true, [input], 0, true)).toEqual([
      '<<- [PUB a 2]',
      '<<- [HPUB a 18 20]',
      '<<- MSG_PAYLOAD: ["NATS/1.0\\r\\nA: b"]',
      '<<- [HPUB a 12 14]',
      '<<- MSG_PAYLOAD: ["NATS/1.0"]',
    ]);
  });

  it('passes an operation on as soon as it was shown, however the bytes are cut', () => {
    const seen: string[] = [];
    const wire = new WireTrace(true, { maxPayloadBytes: 0, isHeadersOnly: false }, (text) => seen.push(text));
    for (const text of ['PING\r\nPUB a 2\r\nhi\r\nPI', 'NG\r\nPUB b 5\r\nhe', 'llo\r\nSUB']) {
      wire.push(Buffer.from(text), (start, end) => {
        seen.push(text.slice(start, end));
        return true;
      });
    }
    expect(seen).toEqual([
      '<<- [PING]',
      'PING\r\n',
      '<<- [PUB a 2]',
      '<<- MSG_PAYLOAD: ["hi"]',
      'PUB a 2\r\nhi\r\n',
      'PI',
      '<<- [PING]',
      'NG\r\n',
      '<<- [PUB b 5]',
      'PUB b 5\r\nhe',
      '<<- MSG_PAYLOAD: ["hello"]',
      'llo\r\n',
      'SUB',
    ]);
  });

  it('keeps no more of an endless line or a huge payload than it shows', () => {
    const wire = new WireTrace(true, { maxPayloadBytes: 0, isHeadersOnly: false }, () => undefined);
    const megabyte = Buffer.alloc(1_048_576, 97);
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 64; count++) wire.push(megabyte);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_777_216);
  });
});
