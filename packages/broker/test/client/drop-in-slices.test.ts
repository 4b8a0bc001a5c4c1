/** What a connection with many subscriptions costs others when it ends. */
import { describe, expect, it } from 'vitest';
import { dropInSlices } from '../../src/client/drop-in-slices.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { useBroker } from '../support/use-broker.ts';

describe('the subscriptions of a closed connection', () => {
  const fixture = useBroker();

  it('end at once where they are few, and a thousand per turn where they are many', () => {
    const turns: (() => void)[] = [];
    const clock = new ManualClock();
    clock.afterInput = (callback) => turns.push(callback);
    const ended: number[] = [];
    const subscriptions = new Map(Array.from({ length: 2500 }, (_, index) => [String(index), index]));
    dropInSlices(subscriptions, (subscription) => ended.push(subscription), clock);
    const counts = [ended.length];
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      turn();
      counts.push(ended.length);
    }
    expect(counts).toEqual([1000, 2000, 2500]);
    expect(subscriptions.size).toBe(0);
    expect(ended).toEqual(Array.from({ length: 2500 }, (_, index) => index));
  });

  it('get nothing any more while they wait for that, and are gone at last', async () => {
    const many = await fixture.ready();
    const other = await fixture.ready({ headers: true, no_responders: true });
    await many.settle(Array.from({ length: 20_000 }, (_, index) => `SUB s.${index} ${index}\r\n`).join(''));
    const count = () => fixture.broker.server.accounts.get('$G')?.sublist.count ?? 0;
    const before = count();
    many.end();
    await fixture.recordOf(many);
    expect(await other.settle('SUB r 1\r\nPUB s.19999 r 0\r\n\r\n')).toContain('NATS/1.0 503');
    await expect.poll(count).toBe(before - 20_000 + 1);
  });
});
