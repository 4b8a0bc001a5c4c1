/**
 * Permission checks against brute force: a universe of subjects small enough to list, rules drawn at random, and the plainest
 * possible reading of the rules as the judge. `SLUICE_PERMISSION_PAIRS=1000000` runs the long version.
 */
import { hashBytes } from '@sluice/protocol/wire';
import { describe, expect, it } from 'vitest';
import { ClientPermissions } from '../../src/auth/permissions.ts';
import type { SubjectRules } from '../../src/options.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { SeededRandom } from '../support/random.ts';

const PAIRS = Number(process.env['SLUICE_PERMISSION_PAIRS'] ?? 100_000);
const SEED = Number(process.env['SLUICE_SEED'] ?? 20_260_101);
/** `z` stands in no rule: with it, and one token more than rules have, every difference between two patterns shows. */
const UNIVERSE = listSubjects(['a', 'b', 'z'], 4);
const QUEUES = ['', 'q', 'r', 'q.1'];

function listSubjects(tokens: readonly string[], depth: number): string[] {
  if (depth === 0) return [];
  const shorter = listSubjects(tokens, depth - 1);
  return [...new Set([...tokens, ...shorter.flatMap((subject) => tokens.map((token) => `${subject}.${token}`))])];
}

/** Independent of the code under test: a pattern as a regular expression. */
function matcherOf(pattern: string): RegExp {
  const parts = pattern.split('.').map((token) => (token === '*' ? '[^.]+' : token === '>' ? '.+' : token));
  return new RegExp(`^${parts.join('\\.')}$`);
}

const covered = new Map<string, ReadonlySet<string>>();
function coverOf(pattern: string): ReadonlySet<string> {
  let cover = covered.get(pattern);
  if (cover === undefined) {
    const matcher = matcherOf(pattern);
    cover = new Set(UNIVERSE.filter((subject) => matcher.test(subject)));
    covered.set(pattern, cover);
  }
  return cover;
}

/** As nats-server sees a SUB: its subject is a literal, whatever its tokens are. */
const isWithin = (inner: string, outer: string): boolean => matcherOf(outer).test(inner);
const matchesQueue = (rule: string, queue: string): boolean => rule === queue || (queue !== '' && matcherOf(rule).test(queue));

function drawPattern(random: SeededRandom): string {
  const depth = 1 + random.below(3);
  const tokens = Array.from({ length: depth }, () => random.pick(['a', 'b', '*']));
  return random.oneIn(4) ? [...tokens.slice(1), '>'].join('.') : tokens.join('.');
}

function drawRules(random: SeededRandom, withQueues: boolean): SubjectRules {
  const draw = (): string =>
    withQueues && random.oneIn(4) ? `${drawPattern(random)} ${random.pick(['q', 'q.*', 'r', '>'])}` : drawPattern(random);
  const some = (): string[] => Array.from({ length: random.below(4) }, draw);
  return { allow: some(), deny: some() };
}

function judgePublish(rules: SubjectRules, subject: string): boolean {
  const isAllowed = rules.allow.length === 0 || rules.allow.some((pattern) => matcherOf(pattern).test(subject));
  return isAllowed && !rules.deny.some((pattern) => matcherOf(pattern).test(subject));
}

const split = (rule: string): [string, string] => {
  const [subject = '', queue = ''] = rule.split(' ');
  return [subject, queue];
};

function judgeSubscribe(rules: SubjectRules, pattern: string, queue: string): boolean {
  const covering = rules.allow.map(split).filter(([subject]) => isWithin(pattern, subject));
  const isPlain = covering.some(([, name]) => name === '');
  const named = covering.filter(([, name]) => name !== '' && queue !== '');
  const isNamed = named.some(([, name]) => matchesQueue(name, queue));
  const isAllowed = rules.allow.length === 0 || (named.length > 0 ? isNamed : isPlain);
  const isDenied = rules.deny
    .map(split)
    .some(([subject, name]) => isWithin(pattern, subject) && (name === '' || matchesQueue(name, queue)));
  return isAllowed && !isDenied;
}

function judgeDelivery(rules: SubjectRules, queue: string, subject: string): boolean {
  const names = (list: readonly string[]): boolean =>
    list.map(split).some(([pattern, name]) => matcherOf(pattern).test(subject) && (name === '' || matchesQueue(name, queue)));
  return (rules.allow.length === 0 || names(rules.allow)) && !names(rules.deny);
}

describe(`permissions, ${PAIRS} random pairs, seed ${SEED}`, () => {
  it('publish exactly what brute force allows', () => {
    const random = new SeededRandom(SEED);
    let differences = 0;
    for (let pair = 0; pair < PAIRS; ) {
      const publish = drawRules(random, false);
      const permissions = new ClientPermissions({ publish }, new ManualClock());
      for (let index = 0; index < 100; index++, pair++) {
        const subject = random.pick(UNIVERSE);
        const bytes = Buffer.from(subject);
        const isAllowed = permissions.mayPublish(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
        if (isAllowed !== judgePublish(publish, subject)) {
          differences++;
          expect.soft({ publish, subject, isAllowed }).toBe('the other way round');
        }
      }
    }
    expect(differences).toBe(0);
  }, 600_000);

  it('subscribe and deliver exactly what brute force allows, with and without queues', () => {
    const random = new SeededRandom(SEED + 1);
    let deliveries = 0;
    for (let pair = 0; pair < PAIRS; ) {
      const subscribe = drawRules(random, true);
      const permissions = new ClientPermissions({ subscribe }, new ManualClock());
      for (let index = 0; index < 10; index++) {
        const pattern = drawPattern(random);
        const queue = random.pick(QUEUES);
        const { isAllowed, denied, limitedTo } = permissions.checkSubscribe(pattern, queue);
        const context = JSON.stringify({ subscribe, pattern, queue });
        if (isAllowed !== judgeSubscribe(subscribe, pattern, queue)) expect.fail(`allowed is ${isAllowed}: ${context}`);
        pair++;
        if (!isAllowed) continue;
        for (const subject of coverOf(pattern)) {
          const bytes = Buffer.from(subject);
          const isCovered = (patterns: readonly string[]): boolean =>
            ClientPermissions.covers(patterns, { bytes, subjectStart: 0, subjectEnd: bytes.length });
          const isDelivered = (limitedTo === null || isCovered(limitedTo)) && (denied === null || !isCovered(denied));
          if (isDelivered !== judgeDelivery(subscribe, queue, subject)) expect.fail(`${subject} is ${isDelivered}: ${context}`);
          pair++;
          deliveries++;
        }
      }
    }
    expect(deliveries).toBeGreaterThan(PAIRS / 4);
  }, 600_000);
});
