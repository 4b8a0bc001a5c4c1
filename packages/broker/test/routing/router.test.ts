/** Who gets a message of those that match: every plain subscription, one member of a queue group, taps without counting. */
import { hashBytes } from '@sluice/protocol/wire';
import { describe, expect, it } from 'vitest';
import { Router } from '../../src/routing/router.ts';
import { Sublist } from '../../src/routing/sublist.ts';
import { Subscription, SubscriptionKind } from '../../src/routing/subscription.ts';
import { publishedMessage } from '../support/publish-frame.ts';

/** A sublist whose subscribers write down what they are offered; those in `refusing` do not take it. */
function setUp(refusing: ReadonlySet<string> = new Set()) {
  const sublist = new Sublist();
  const taken: string[] = [];
  const subscribe = (sid: string, options: { queue?: string; kind?: SubscriptionKind } = {}): void => {
    const deliver = (): boolean => {
      if (refusing.has(sid)) return false;
      taken.push(sid);
      return true;
    };
    const subscriber = { deliver, deliverToAll: () => void deliver(), takeRun: () => undefined };
    const { queue = '', kind = SubscriptionKind.client } = options;
    const subscription = new Subscription({ subscriber, subject: 'a', queue, sid, kind, cid: 1 });
    // Each delivery asks for its receiver's rules, so none is rendered for all.
    subscription.hasRules = true;
    sublist.insert(subscription);
  };
  const message = publishedMessage('a', { payload: 'x' });
  const match = () => sublist.match(message.bytes, 0, 1, hashBytes(message.bytes, 0, 1));
  return { subscribe, match, message, taken };
}

const LETTERS = ['a', 'b', 'c', 'd'];

describe('a message', () => {
  it('goes to every plain subscription and to one member of each queue group; taps see it and do not count', () => {
    const { subscribe, match, message, taken } = setUp();
    for (const sid of ['p1', 'p2']) subscribe(sid);
    for (const sid of ['q1', 'q2']) subscribe(sid, { queue: 'q' });
    for (const sid of ['r1', 'r2']) subscribe(sid, { queue: 'r' });
    subscribe('tap', { kind: SubscriptionKind.tap });
    expect(new Router(7).route(match(), message)).toBe(4);
    expect(taken.map((sid) => sid.replace(/^([qr])\d/, '$1')).sort()).toEqual(['p1', 'p2', 'q', 'r', 'tap']);
  });

  it.each([['route'], ['routeAs']] as const)('is offered to the other members of a group when one refuses it (%s)', (way) => {
    for (const taker of LETTERS) {
      const { subscribe, match, message, taken } = setUp(new Set(LETTERS.filter((sid) => sid !== taker)));
      for (const sid of LETTERS) subscribe(sid, { queue: 'q' });
      const router = new Router(11);
      for (let round = 1; round <= 40; round++) {
        const count = way === 'route' ? router.route(match(), message) : router.routeAs(match(), message, Buffer.from('b'));
        expect([count, taken.length]).toEqual([1, round]);
      }
      expect(new Set(taken)).toEqual(new Set([taker]));
    }
  });

  it('has gone to nobody when everybody refuses it', () => {
    const { subscribe, match, message } = setUp(new Set(['p', 'q1', 'q2']));
    subscribe('p');
    for (const sid of ['q1', 'q2']) subscribe(sid, { queue: 'q' });
    expect(new Router(3).route(match(), message)).toBe(0);
  });

  it('goes to the members of a group equally often', () => {
    const { subscribe, match, message, taken } = setUp();
    for (const sid of LETTERS) subscribe(sid, { queue: 'q' });
    const router = new Router(5);
    for (let round = 0; round < 8000; round++) router.route(match(), message);
    for (const sid of LETTERS) {
      const count = taken.filter((one) => one === sid).length;
      expect(Math.abs(count - 2000), `${sid}: ${count}`).toBeLessThan(200);
    }
  });
});
