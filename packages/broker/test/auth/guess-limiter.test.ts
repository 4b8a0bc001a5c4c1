/** Threat T16: guessing passwords over the client port. */
import { describe, expect, it } from 'vitest';
import { GUESS_BURST, GUESSES_PER_SECOND, GuessLimiter } from '../../src/auth/guess-limiter.ts';
import { parseConnectOptions } from '../../src/client/connect-options.ts';
import { nodeEnv } from '../../src/index.ts';
import { useBroker } from '../support/use-broker.ts';

function options(user: string, pass: string) {
  const parsed = parseConnectOptions(JSON.stringify({ user, pass }), null);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.options;
}

function makeLimiter() {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs };
  return { clock, limiter: new GuessLimiter(clock, nodeEnv().random) };
}

describe('T16: guesses', () => {
  it('beyond the burst are looked at five times a second: 10,000 in 100 s', () => {
    const { clock, limiter } = makeLimiter();
    let checked = 0;
    for (let index = 0; index < 10_000; index++) {
      clock.nowMs += 10;
      if (limiter.begin('10.0.0.1', options('u', `guess ${index}`)) !== undefined) checked++;
    }
    expect(checked).toBeLessThanOrEqual(GUESS_BURST + 100 * GUESSES_PER_SECOND + 1);
    expect(checked).toBeGreaterThan(GUESS_BURST);
  });

  it('of one user count from all addresses, and of one address for all users', () => {
    const { limiter } = makeLimiter();
    for (let index = 0; index < GUESS_BURST; index++) limiter.begin(`10.0.${index}.1`, options('victim', `${index}`));
    expect(limiter.begin('10.1.0.1', options('victim', 'x'))).toBeUndefined();
    expect(limiter.begin('10.1.0.1', options('other', 'x'))).toBeDefined();
    for (let index = 0; index < GUESS_BURST; index++) limiter.begin('10.2.0.1', options(`user ${index}`, 'x'));
    expect(limiter.begin('10.2.0.1', options('new', 'x'))).toBeUndefined();
  });

  it('do not hold up credentials that were right before, and right ones cost nothing', () => {
    const { limiter } = makeLimiter();
    for (let index = 0; index < 3 * GUESS_BURST; index++) {
      const attempt = limiter.begin('10.0.0.1', options('u', 'right'));
      if (attempt === undefined) throw new Error('a right password was held up');
      limiter.succeed(attempt);
    }
    for (let index = 0; index < 2 * GUESS_BURST; index++) limiter.begin('10.0.0.1', options('u', `${index}`));
    expect(limiter.begin('10.0.0.1', options('u', 'wrong'))).toBeUndefined();
    expect(limiter.begin('10.0.0.1', options('u', 'right'))).toBeDefined();
  });

  it('are not what a fleet of users does that come from one address, each for the first time', () => {
    const { limiter } = makeLimiter();
    for (let index = 0; index < 3 * GUESS_BURST; index++) {
      const attempt = limiter.begin('10.0.0.1', options(`user ${index}`, 'right'));
      if (attempt === undefined) throw new Error(`user ${index} was held up`);
      limiter.succeed(attempt);
    }
  });

  it('from one IPv6 network count together', () => {
    const { limiter } = makeLimiter();
    for (let index = 0; index < GUESS_BURST; index++)
      limiter.begin(`2001:db8:0:1::${index.toString(16)}`, options(`u${index}`, 'x'));
    expect(limiter.begin('2001:db8:0:1::ffff', options('v', 'x'))).toBeUndefined();
    expect(limiter.begin('2001:db8:0:2::1', options('v', 'x'))).toBeDefined();
  });
});

describe('a broker under attack', () => {
  const fixture = useBroker({ auth: { users: [{ user: 'u', password: 'secret' }], timeoutMs: 2000 } });

  it('goes on letting in who was in before', async () => {
    expect(await (await fixture.ready({ user: 'u', pass: 'secret', verbose: false })).settle()).toBe('');
    for (let index = 0; index < GUESS_BURST + 5; index++) {
      const client = await fixture.open();
      client.take();
      expect(await client.last(`CONNECT {"user":"u","pass":"${index}"}\r\n`)).toBe("-ERR 'Authorization Violation'\r\n");
    }
    expect(fixture.broker.server.counters.authErrors).toBeGreaterThanOrEqual(GUESS_BURST + 5);
    expect(await (await fixture.ready({ user: 'u', pass: 'secret', verbose: false })).settle()).toBe('');
  });
});
