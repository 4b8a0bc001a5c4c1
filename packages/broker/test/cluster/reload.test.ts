/** What a reload changes of a running cluster: routes, credentials, rules. */
import { describe, expect, it } from 'vitest';
import { type Broker, nodeEnv } from '../../src/index.ts';
import type { ClusterOptions } from '../../src/options.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { clusterDefaults, eventually, formed, useCluster } from '../support/use-cluster.ts';

/** Takes other cluster options into force. */
function change(broker: Broker, more: Partial<ClusterOptions>): void {
  broker.reload({ cluster: { ...clusterDefaults, ...broker.server.options.cluster, ...more } });
}

const wants = (broker: Broker): string[] =>
  (broker.server.cluster?.routes() ?? [])
    .flatMap((route) => route.subscriptions().map(({ subject }) => subject))
    .filter((subject) => !subject.startsWith('$SYS'))
    .sort();

describe('a reload', () => {
  const cluster = useCluster();

  it('connects to a route that was added, and lets one go that was removed', async () => {
    const clock = new ManualClock();
    const first = await cluster.start();
    const second = await cluster.start([], {}, {}, { ...nodeEnv(), clock });
    change(second, { routes: [`nats://127.0.0.1:${first.clusterPort}`] });
    await formed(first, second);
    change(second, { routes: [] });
    await eventually(() => first.server.cluster?.remoteCount === 0 && second.server.cluster?.remoteCount === 0);
    // Time for a lost route to be tried again.
    for (let step = 0; step < 50; step++) {
      clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([first.server.cluster?.remoteCount, second.server.cluster?.remoteCount]).toEqual([0, 0]);
    change(second, { routes: [`nats://127.0.0.1:${first.clusterPort}`] });
    await formed(first, second);
    const stopped = second.stop();
    clock.advance(60_000);
    await stopped;
  });

  it('sends away who knows only the old password', async () => {
    const first = await cluster.start([], { user: 'r', password: 'old' });
    const second = await cluster.start([first], { user: 'r', password: 'old' });
    await formed(first, second);
    change(first, { password: 'old' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await formed(first, second);
    change(first, { password: 'new' });
    await eventually(() => first.server.cluster?.remoteCount === 0);
    change(second, { password: 'new', routes: [`nats://r:new@127.0.0.1:${first.clusterPort}`] });
    await formed(first, second);
  });

  it('tells and takes what new rules allow, and takes back what they forbid', async () => {
    const first = await cluster.start();
    const second = await cluster.start([first]);
    await formed(first, second);
    const here = await cluster.client(first);
    const there = await cluster.client(second);
    await here.settle('SUB mine.a 1\r\nSUB mine.b 2\r\n');
    await there.settle('SUB theirs.a 1\r\nSUB theirs.b 2\r\n');
    await eventually(() => wants(second).length === 2 && wants(first).length === 2);
    const allow = (subject: string) => ({ allow: [subject], deny: [] });
    change(first, { permissions: { publish: allow('mine.a'), subscribe: allow('theirs.b') } });
    await eventually(() => wants(second).join() === 'mine.a' && wants(first).join() === 'theirs.b');
    change(first, { permissions: { publish: allow('mine.b'), subscribe: allow('theirs.>') } });
    await eventually(() => wants(second).join() === 'mine.b' && wants(first).join() === 'theirs.a,theirs.b');
    there.send('PUB mine.b 2\r\nok\r\n');
    await here.until((text) => text.includes('MSG mine.b 2 2\r\nok\r\n'));
  });
});
