import { describe, expect, it } from 'vitest';
import { FORGET_AFTER_MS, LoginBackoff } from '../../src/auth/login-backoff.ts';
import { ManualClock } from '../support/manual-clock.ts';

describe('the back-off of logins', () => {
  it('lets five failures pass and then doubles the pause up to its longest', () => {
    const clock = new ManualClock();
    const backoff = new LoginBackoff(clock, 60_000);
    for (let failure = 0; failure < 4; failure++) backoff.fail('kim');
    expect(backoff.waitMs('kim')).toBe(0);
    const pauses: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      backoff.fail('kim');
      pauses.push(backoff.waitMs('kim'));
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(backoff.waitMs('lee')).toBe(0);
  });

  it('counts down with the clock and forgets after an hour of quiet', () => {
    const clock = new ManualClock();
    const backoff = new LoginBackoff(clock, 60_000);
    for (let failure = 0; failure < 6; failure++) backoff.fail('kim');
    clock.advance(500);
    expect(backoff.waitMs('kim')).toBe(1500);
    clock.advance(FORGET_AFTER_MS);
    backoff.fail('kim');
    expect(backoff.waitMs('kim')).toBe(0);
    expect(backoff.count('kim')).toBe(1);
  });

  it('keeps a thousand guesses of one attacker below twenty in the first minutes', () => {
    const clock = new ManualClock();
    const backoff = new LoginBackoff(clock, 60_000);
    let tried = 0;
    for (let attempt = 0; attempt < 1000; attempt++) {
      if (backoff.waitMs('admin') === 0) {
        backoff.fail('admin');
        tried += 1;
      }
      clock.advance(600);
    }
    expect(tried).toBeLessThan(20);
  });

  it('keeps its memory bounded when every failure has another name', () => {
    const backoff = new LoginBackoff(new ManualClock(), 60_000);
    for (let failure = 0; failure < 5; failure++) backoff.fail('first');
    for (let name = 0; name < 20_000; name++) backoff.fail(`name ${name}`);
    expect(backoff.count('first')).toBe(0);
    expect(backoff.count('name 19999')).toBe(1);
  });
});
