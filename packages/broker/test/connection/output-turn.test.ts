/** The order of one event-loop turn: input, deferred work, what that work makes others hear, output. */
import { describe, expect, it } from 'vitest';
import { OutputTurn } from '../../src/connection/output-turn.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** A turn that ends when the test says so. */
function setUp() {
  let tasks: (() => void)[] = [];
  const clock = new ManualClock();
  clock.afterInput = (callback) => void tasks.push(callback);
  const turn = new OutputTurn(clock);
  const said: string[] = [];
  return {
    turn,
    said,
    say: (text: string) => (): void => void said.push(text),
    /** Everything that has to happen before the next input is read. */
    end: (): void => {
      const due = tasks;
      tasks = [];
      for (const task of due) task();
    },
  };
}

describe('the end of a turn', () => {
  it('runs what was deferred in order, and leaves what that defers to the next one', () => {
    const { turn, said, say, end } = setUp();
    turn.defer(() => {
      said.push('first');
      turn.defer(say('next turn'));
    });
    turn.defer(say('second'));
    expect(said).toEqual([]);
    end();
    expect(said).toEqual(['first', 'second']);
    end();
    expect(said).toEqual(['first', 'second', 'next turn']);
  });

  it('lets what deferred work publishes be heard in the same turn, four times over, and the rest in the next', () => {
    const { turn, said, end } = setUp();
    const pass = (hop: number): void => {
      said.push(`hop ${hop}`);
      if (hop < 6) turn.deferHearing(() => pass(hop + 1));
    };
    turn.defer(() => pass(0));
    end();
    expect(said).toEqual(['hop 0', 'hop 1', 'hop 2', 'hop 3', 'hop 4']);
    end();
    expect(said.slice(5)).toEqual(['hop 5', 'hop 6']);
  });

  it('keeps the order of tasks that ask to be heard while nothing is deferred', () => {
    const { turn, said, say, end } = setUp();
    turn.deferHearing(say('first'));
    turn.defer(say('second'));
    turn.deferHearing(say('third'));
    end();
    expect(said).toEqual(['first', 'second', 'third']);
  });
});
