/** How answers of the server are packed and framed, byte by byte as nats-server 2.15.1 does it. */
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { S2Reader } from '../../src/jetstream/snapshot/s2-stream.ts';
import { encodeBody } from '../../src/system/encoding.ts';
import { RawClient } from '../support/raw-client.ts';
import { systemUsers, useSystem } from '../support/use-system.ts';

const system = useSystem({ serverName: 'north', auth: { timeoutMs: 2000, users: [...systemUsers] } });
const enter = (user: string): Promise<RawClient> =>
  RawClient.ready(system.broker.port, { user, pass: 'x', headers: true, no_responders: true });

function unpacked({ payload, headers }: ReturnType<typeof encodeBody>): string {
  const encoding = /Content-Encoding: (\w+)/.exec(Buffer.from(headers ?? []).toString())?.[1];
  if (encoding === 'gzip') return `gzip ${gunzipSync(payload)}`;
  if (encoding !== 'snappy') return `${encoding} ${Buffer.from(payload)}`;
  const pieces: Buffer[] = [];
  new S2Reader((piece) => pieces.push(piece)).push(payload);
  return `snappy ${Buffer.concat(pieces)}`;
}

/** The line that begins the message on `subject`, its sizes left out. */
async function lineOf(client: RawClient, subject: string): Promise<string> {
  const line = new RegExp(`H?MSG ${subject.replaceAll('$', '\\$')} .*\r\n`);
  await client.until((seen) => line.test(seen));
  return (line.exec(client.take())?.[0] ?? '').trimEnd().replace(/\b\d{2,}\b/g, '#');
}

describe('an answer', () => {
  it.each([
    ['', 'undefined'],
    ['gzip', 'gzip'],
    ['GZIP;q=1', 'gzip'],
    ['xgzip', 'gzip'],
    ['Snappy', 'snappy'],
    ['s2', 'snappy'],
    ['gzip, snappy', 'snappy'],
    ['deflate', 'identity'],
    ['identity', 'identity'],
  ])('to who accepts %j is %s', (accepted, encoding) => {
    const body = `{"a":"${'x'.repeat(70_000)}"}`;
    expect(unpacked(encodeBody(Buffer.from(body), accepted))).toBe(`${encoding} ${body}`);
  });

  it('is packed when the header is spelled just so, and in a few cases never', async () => {
    const sys = await enter('sys');
    const ask = (subject: string, header: string): Promise<string> => {
      const block = `NATS/1.0\r\n${header}\r\n\r\n`;
      sys.send(`SUB r 1\r\nHPUB ${subject} r ${block.length} ${block.length}\r\n${block}\r\n`);
      return lineOf(sys, 'r');
    };
    expect(await ask('$SYS.REQ.SERVER.PING.VARZ', 'Accept-Encoding: snappy')).toBe('HMSG r 1  # #');
    expect(await ask('$SYS.REQ.SERVER.PING.VARZ', 'accept-encoding: snappy')).toBe('MSG r 1  #');
    expect(await ask('$SYS.REQ.SERVER.PING.STATSZ', 'Accept-Encoding: gzip')).toBe('MSG r 1  #');
    expect(await ask('$SYS.REQ.SERVER.PING.IDZ', 'Accept-Encoding: gzip')).toBe('MSG r 1  #');
    expect(await ask('$SYS.REQ.USER.INFO', 'Accept-Encoding: gzip')).toBe('MSG r 1 #');
    sys.end();
  });
});

describe('a message of the server itself', () => {
  it('has an empty reply argument on the system account', async () => {
    const sys = await enter('sys');
    await sys.settle('SUB $SYS.ACCOUNT.A.CONNECT 1\r\n');
    const a = await enter('a');
    expect(await lineOf(sys, '$SYS.ACCOUNT.A.CONNECT')).toBe('MSG $SYS.ACCOUNT.A.CONNECT 1  #');
    a.send('SUB r 1\r\nPUB $SYS.REQ.ACCOUNT.PING.CONNZ r 0\r\n\r\n');
    expect(await lineOf(a, 'r')).toBe('MSG r 1 #');
    a.end();
    sys.end();
  });
});
