/** The trace of what a client is sent: the same lines however the bytes are cut, and no more memory than they take. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputTrace } from '../../src/client/output-trace.ts';

function trace(chunks: readonly string[], maxPayloadBytes = 0, isHeadersOnly = false): string[] {
  const lines: string[] = [];
  const output = new OutputTrace({ maxPayloadBytes, isHeadersOnly }, (text) => lines.push(text));
  for (const chunk of chunks) output.push(Buffer.from(chunk, 'latin1'));
  return lines;
}

const sent =
  'INFO {"a":1} \r\n+OK\r\nPONG\r\nMSG bar 2 5\r\nhello\r\nHMSG bar 2 rep 12 14\r\nNATS/1.0\r\n\r\nhi\r\nMSG x 1 0\r\n\r\n' +
  "-ERR 'Stale Connection'\r\n";
const lines = [
  '->> [OK]',
  '->> [PONG]',
  '->> [MSG bar 2 5]',
  '->> MSG_PAYLOAD: ["hello"]',
  '->> [HMSG bar 2 rep 12 14]',
  '->> MSG_PAYLOAD: ["NATS/1.0\\r\\n\\r\\nhi"]',
  '->> [MSG x 1 0]',
  '->> [-ERR Stale Connection]',
];

describe('the trace of output', () => {
  it('shows all but INFO', () => {
    expect(trace([sent])).toEqual(lines);
  });

  it('is the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: sent.length }), { maxLength: 12 }), (cuts) => {
        const sorted = [0, ...cuts.sort((a, b) => a - b), sent.length];
        const chunks = sorted.slice(1).map((end, index) => sent.slice(sorted[index], end));
        expect(trace(chunks)).toEqual(lines);
      }),
    );
  });

  it('cuts payloads where it is told to, and shows bytes that are no text', () => {
    expect(trace(['MSG a 1 10\r\n0123456789\r\n'], 4)).toEqual(['->> [MSG a 1 10]', '->> MSG_PAYLOAD: ["0123..."]']);
    expect(trace(['MSG a 1 4\r\n\xff\x00"a\r\n'])).toEqual(['->> [MSG a 1 4]', '->> MSG_PAYLOAD: ["\\xff\\x00\\"a"]']);
  });

  it('shows header blocks and nothing else of messages where it is told to', () => {
    expect(trace(['MSG a 1 2\r\nhi\r\nHMSG a 1 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n'], 0, true)).toEqual([
      '->> [MSG a 1 2]',
      '->> [HMSG a 1 18 20]',
      '->> MSG_PAYLOAD: ["NATS/1.0\\r\\nA: b"]',
    ]);
  });

  it('keeps no more of an endless line or a huge payload than it shows', () => {
    const output = new OutputTrace({ maxPayloadBytes: 0, isHeadersOnly: false }, () => undefined);
    const megabyte = Buffer.alloc(1_048_576, 97);
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 64; count++) output.push(megabyte);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_777_216);
  });
});
