/** The profiling port: what `go tool pprof` asks for is there, and reads as its protocol buffer. */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeProfile } from '../../src/nats-server/pprof.ts';
import { type ProfilingPort, startProfiler } from '../../src/nats-server/profiler.ts';

describe('the profiling port', () => {
  let profiler: ProfilingPort;
  beforeAll(async () => {
    profiler = await startProfiler('127.0.0.1', 0);
  });
  afterAll(() => profiler.close());
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${profiler.port}${path}`);

  it('lists what there is, and knows nothing else', async () => {
    const index = await (await get('/debug/pprof/')).text();
    for (const page of ['cmdline', 'goroutine', 'heap', 'profile']) expect(index).toContain(`href="${page}"`);
    expect(await (await get('/debug/pprof/cmdline')).text()).toBe(process.argv.join('\0'));
    expect((await get('/debug/pprof/zork')).status).toBe(404);
    expect((await get('/varz')).status).toBe(404);
  });

  it('tells where the time goes, to one at a time', async () => {
    const [first, second] = await Promise.all([get('/debug/pprof/profile?seconds=1'), get('/debug/pprof/profile?seconds=1')]);
    expect([first.status, second.status].sort()).toEqual([200, 500]);
    const good = first.status === 200 ? first : second;
    const profile = gunzipSync(Buffer.from(await good.arrayBuffer()));
    expect(profile.includes('nanoseconds')).toBe(true);
  });

  it('tells who holds memory', async () => {
    const response = await get('/debug/pprof/heap');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="heap"');
    expect(gunzipSync(Buffer.from(await response.arrayBuffer())).includes('inuse_space')).toBe(true);
  });

  it('cannot have a port that is taken', async () => {
    await expect(startProfiler('127.0.0.1', profiler.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

it('writes profiles byte by byte as the protocol buffer has them', () => {
  const encoded = encodeProfile({
    sampleTypes: [['a', 'b']],
    samples: [{ stack: [{ functionName: 'f', url: 'u', lineNumber: 4 }], values: [300] }],
    periodType: ['a', 'b'],
    period: 1,
    timeNs: 0n,
    durationNs: 2n,
  });
  // Sample, place, function, period type, sample type, four strings, times: each field under its number.
  expect(gunzipSync(encoded).toString('hex')).toBe(
    [
      '0a0408031004',
      '12070a01011202ac02',
      '22080801220408011005',
      '2a0a08011001180120022805',
      '3200',
      '320166',
      '320175',
      '320161',
      '320162',
    ]
      .concat(['4800', '5002', '5a0408031004', '6001'])
      .join(''),
  );
});
