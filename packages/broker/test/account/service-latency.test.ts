/** What the owner of a service is told about each sampled request. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampledHeader } from '../../src/account/service-latency.ts';
import { Broker } from '../../src/broker.ts';
import type { AccountOptions } from '../../src/options.ts';
import { RawClient } from '../support/raw-client.ts';

const accounts: AccountOptions[] = [
  {
    name: 'A',
    exports: [
      {
        kind: 'service',
        subject: 'svc',
        responseThresholdMs: 50,
        latency: { subject: 'latency', samplingPercent: 100 },
      },
    ],
  },
  { name: 'B', imports: [{ kind: 'service', account: 'A', subject: 'svc' }] },
];

let broker: Broker;
const clients: RawClient[] = [];

async function enter(user: string): Promise<RawClient> {
  const client = await RawClient.ready(broker.port, { user, pass: 'p', headers: true });
  clients.push(client);
  return client;
}

beforeAll(async () => {
  const users = ['A', 'B'].map((name) => ({ user: name, password: 'p', account: name }));
  broker = await Broker.start({ port: 0, accounts, auth: { users, timeoutMs: 2000 } });
});
afterAll(async () => {
  for (const client of clients) client.end();
  await broker.stop();
});

/** The next metric that the owner sees. */
async function metric(owner: RawClient): Promise<Record<string, unknown>> {
  await owner.until((seen) => /MSG latency 9 {2}\d+\r\n\{.*\}\r\n/.test(seen));
  return JSON.parse(/\{"type".*\}/.exec(owner.take())?.[0] ?? '{}');
}

describe('the latency of a service', () => {
  it('is told with who asked and who answered', async () => {
    const [owner, asks] = [await enter('A'), await enter('B')];
    await owner.settle('SUB latency 9\r\nSUB svc 1\r\n');
    asks.send('SUB inbox 1\r\nPUB svc inbox 2\r\nhi\r\n');
    await owner.until((seen) => /_R_\.\w+\.\w+ /.test(seen));
    const reply = /_R_\.\w+\.\w+/.exec(owner.take())?.[0] ?? '';
    owner.send(`PUB ${reply} 2\r\nok\r\n`);
    const told = await metric(owner);
    expect(told).toMatchObject({
      type: 'io.nats.server.metric.v1.service_latency',
      status: 200,
      requestor: { acc: 'B' },
      responder: { acc: 'A', user: 'A' },
    });
    expect(Number(told['total'])).toBeGreaterThanOrEqual(Number(told['service']));
  });

  it.each([
    ['400 for a request without reply', 'PUB svc 2\r\nhi\r\n', true, 400, 'Bad Request'],
    ['503 when nobody serves', 'SUB inbox 1\r\nPUB svc inbox 2\r\nhi\r\n', false, 503, 'Service Unavailable'],
    ['504 when no answer comes', 'SUB inbox 1\r\nPUB svc inbox 2\r\nhi\r\n', true, 504, 'Service Timeout'],
  ])('is %s', async (_name, request, isServed, status, description) => {
    for (const client of clients.splice(0)) client.end();
    const [owner, asks] = [await enter('A'), await enter('B')];
    await owner.settle(`SUB latency 9\r\n${isServed ? 'SUB svc 1\r\n' : ''}`);
    asks.send(request);
    expect(await metric(owner)).toMatchObject({ status, description, requestor: { acc: 'B' } });
  });
});

describe('a trace header', () => {
  it.each([
    ['Uber-Trace-Id: 1:2:3:1', { 'Uber-Trace-Id': ['1:2:3:1'] }],
    ['uber-trace-id: 1:2:3:0', undefined],
    ['X-B3-Sampled: 1', { 'X-B3-Sampled': ['1'] }],
    ['X-B3-Sampled: 0', undefined],
    ['traceparent: 00-0a-b7-01', { Traceparent: ['00-0a-b7-01'] }],
    ['traceparent: 00-0a-b7-00', undefined],
    ['b3: 80-e4-1', { B3: ['80-e4-1'] }],
    ['A: b', undefined],
  ])('%s decides about the sample', (line, expected) => {
    expect(sampledHeader(Buffer.from(`NATS/1.0\r\n${line}\r\n\r\n`))).toEqual(expected);
  });
});
