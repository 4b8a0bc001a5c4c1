/**
 * The sublist against a list: thousands of random subscriptions come and go, and after each step the receivers of random subjects
 * must be those that a walk over the whole list finds. `SLUICE_SUBLIST_STEPS` runs it longer, `SLUICE_SEED` repeats a run.
 */
import { hashBytes } from '@sluice/protocol/wire';
import { describe, expect, it } from 'vitest';
import { Sublist } from '../../src/routing/sublist.ts';
import type { Subscriber } from '../../src/routing/subscriber.ts';
import { Subscription, SubscriptionKind } from '../../src/routing/subscription.ts';
import { SeededRandom } from '../support/random.ts';

const STEPS = Number(process.env['SLUICE_SUBLIST_STEPS'] ?? 20_000);
const SEED = Number(process.env['SLUICE_SEED'] ?? 7);

const makeSubscriber = (): Subscriber => ({ deliver: () => true, deliverToAll: () => undefined, takeRun: () => undefined });
const nobody = makeSubscriber();
/** Short and long tokens, some that share their first 12 bytes, and some that only look like wildcards. */
const TOKENS = ['a', 'b', 'cc', 'd*', '>e', 'twelve-bytes', 'twelve-bytes-and-more', 'twelve-bytes-and-less', 'é'];

/** Independent of the code under test. */
function isMatch(have: readonly string[], want: readonly string[]): boolean {
  if (have.includes('')) return false;
  return (
    want.every((token, index) => {
      if (token === '>' && index === want.length - 1) return have.length > index;
      return have[index] !== undefined && (token === '*' || token === have[index]);
    }) &&
    (want.at(-1) === '>' || have.length === want.length)
  );
}

function drawSubject(random: SeededRandom, wild: readonly string[]): string {
  const tokens = Array.from({ length: 1 + random.below(4) }, () => (random.oneIn(3) ? random.pick(wild) : random.pick(TOKENS)));
  return tokens.map((token, index) => (token === '>' && index < tokens.length - 1 ? '*' : token)).join('.');
}

class Model {
  readonly sublist: Sublist = new Sublist();
  readonly all: Subscription[] = [];
  private readonly tokens: Map<Subscription, readonly string[]> = new Map();
  private readonly random: SeededRandom;
  private lastSid = 0;

  constructor(random: SeededRandom) {
    this.random = random;
  }

  insert(): void {
    const { random } = this;
    const isTap = random.oneIn(10);
    const subscription = new Subscription({
      // A subscriber is told once of what several of its taps want, so each tap here is somebody else's.
      subscriber: isTap ? makeSubscriber() : nobody,
      subject: Buffer.from(drawSubject(random, ['*', '*', '>'])).toString('latin1'),
      queue: !isTap && random.oneIn(3) ? random.pick(['q', 'r']) : '',
      sid: `${++this.lastSid}`,
      kind: isTap ? SubscriptionKind.tap : SubscriptionKind.client,
      cid: 1,
    });
    this.all.push(subscription);
    this.tokens.set(subscription, subscription.subject.split('.'));
    this.sublist.insert(subscription);
  }

  remove(): void {
    const [subscription] = this.all.splice(this.random.below(this.all.length), 1);
    if (subscription === undefined) return;
    this.tokens.delete(subscription);
    if (!this.sublist.remove(subscription)) throw new Error(`${subscription.subject} was not found`);
    if (this.sublist.remove(subscription)) throw new Error(`${subscription.subject} was there twice`);
  }

  /** What the sublist answers and what a walk over the list answers, in one form. */
  compare(subject: string): void {
    const bytes = Buffer.from(`<${Buffer.from(subject).toString('latin1')}>`, 'latin1');
    const end = bytes.length - 1;
    const match = this.sublist.match(bytes, 1, end, hashBytes(bytes, 1, end));
    const wire = bytes.toString('latin1', 1, end).split('.');
    const matching = this.all.filter((subscription) => isMatch(wire, this.tokens.get(subscription) ?? []));
    const isTap = (subscription: Subscription): boolean => subscription.kind === SubscriptionKind.tap;
    const sids = (list: readonly Subscription[]): string =>
      list
        .map((subscription) => subscription.sid)
        .sort()
        .join(' ');
    const grouped = (entries: readonly (readonly [name: string, sids: string])[]): string =>
      entries
        .map(([name, members]) => `${name}: ${members}`)
        .sort()
        .join(', ');
    const groups = [...new Set(matching.filter((one) => one.queue !== '').map((one) => one.queue))];
    const found = [
      sids(match.plain),
      sids(match.taps),
      grouped(match.queues.map((queue) => [queue.name, sids(queue.members)])),
      match.hasInterest,
    ];
    const expected = [
      sids(matching.filter((one) => one.queue === '' && !isTap(one))),
      sids(matching.filter((one) => one.queue === '' && isTap(one))),
      grouped(groups.map((name) => [name, sids(matching.filter((one) => one.queue === name))])),
      matching.some((one) => !isTap(one)),
    ];
    // Tens of thousands of comparisons: the matcher is asked only where something is wrong.
    if (found.join() !== expected.join()) expect(found, `${subject}, seed ${SEED}`).toEqual(expected);
  }
}

describe(`the sublist, ${STEPS} steps, seed ${SEED}`, () => {
  it('answers as a walk over all subscriptions would', () => {
    const random = new SeededRandom(SEED);
    const model = new Model(random);
    // Some subjects are asked for again and again, so that they are answered from the cache between changes.
    const busy = Array.from({ length: 20 }, () => drawSubject(random, ['*', '>', 'a']));
    for (let step = 0; step < STEPS; step++) {
      const wanted = (step / STEPS) * 4 < 3 ? 200 : 5;
      if (model.all.length < wanted ? !random.oneIn(4) : random.oneIn(4)) model.insert();
      else model.remove();
      model.compare(drawSubject(random, ['*', 'a', 'b']));
      model.compare(random.pick(busy));
      if (step % 50 === 0)
        for (let round = 0; round < 10; round++) for (const subject of busy.slice(0, 4)) model.compare(subject);
    }
    expect(model.sublist.statistics().cacheHits).toBeGreaterThan(STEPS / 100);
    while (model.all.length > 0) model.remove();
    for (const subject of busy) model.compare(subject);
    expect(model.sublist.count).toBe(0);
  }, 600_000);

  it('holds as many nodes after everything has gone as before', () => {
    const random = new SeededRandom(SEED + 1);
    const model = new Model(random);
    for (let round = 0; round < 5; round++) {
      for (let index = 0; index < 2000; index++) model.insert();
      while (model.all.length > 0) model.remove();
    }
    let left = 0;
    model.sublist.forEach(() => {
      left++;
    });
    expect(left).toBe(0);
    expect(model.sublist.statistics()).toMatchObject({ count: 0, inserts: 10_000, removes: 10_000 });
  });

  it('keeps its cache bounded over a million subjects', () => {
    const { sublist } = new Model(new SeededRandom(SEED));
    for (let index = 0; index < 1_000_000; index++) {
      const bytes = Buffer.from(`s.${index}`, 'latin1');
      sublist.match(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
    }
    expect(sublist.statistics().cacheSize).toBeLessThanOrEqual(4096);
  });
});

describe('a subject that is none', () => {
  it.each(['a..b', '.a', 'a.', '.', '', '..'])('matches nothing, not even >: %j', (subject) => {
    const sublist = new Sublist();
    for (const pattern of ['>', '*', '*.*', '*.*.*', 'a.>', 'a.*.b', 'a']) {
      sublist.insert(
        new Subscription({ subscriber: nobody, subject: pattern, queue: '', sid: '1', kind: SubscriptionKind.client, cid: 1 }),
      );
    }
    const bytes = Buffer.from(subject);
    for (let round = 0; round < 20; round++) {
      expect(sublist.match(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length)).plain).toEqual([]);
    }
  });
});
