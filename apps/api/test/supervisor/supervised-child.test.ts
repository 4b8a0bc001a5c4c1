/** When a child is started again, and when not: with a clock that stands still and no processes. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type ChildEvents,
  READY_DEADLINE_MS,
  restartDelayMs,
  STABLE_AFTER_MS,
  STOP_DEADLINE_MS,
  SupervisedChild,
} from '../../src/supervisor/supervised-child.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock: ManualClock;
let spawned: { events: ChildEvents<string>; sent: string[]; kills: string[] }[];
let child: SupervisedChild<string, string>;
let states: string[];

beforeEach(() => {
  clock = new ManualClock();
  spawned = [];
  states = [];
  child = new SupervisedChild<string, string>({
    clock,
    spawn(events) {
      const process = { events, sent: [] as string[], kills: [] as string[] };
      spawned.push(process);
      return { send: (message) => process.sent.push(message), kill: (signal) => process.kills.push(signal) };
    },
    startMessage: () => `start ${spawned.length}`,
    stopMessage: 'stop',
    onMessage: (message) => {
      if (message === 'ready') child.markReady();
    },
    onChange: () => states.push(child.state),
  });
});

const newest = () => {
  const process = spawned.at(-1);
  if (process === undefined) throw new Error('nothing was spawned');
  return process;
};
const ready = (): void => newest().events.onMessage('ready');
const die = (signal: string | null = 'SIGKILL'): void => newest().events.onExit(null, signal);

describe('a supervised child', () => {
  it('gets its start message and runs when it says ready', () => {
    child.start();
    expect(newest().sent).toEqual(['start 1']);
    expect(child.state).toBe('starting');
    ready();
    expect(child.state).toBe('running');
    clock.advance(10 * READY_DEADLINE_MS);
    expect(newest().kills).toEqual([]);
  });

  it('may take as long as it likes to start while it tells of progress', () => {
    child.start();
    for (let step = 0; step < 5; step++) {
      clock.advance(READY_DEADLINE_MS - 1);
      child.noteProgress();
    }
    expect(newest().kills).toEqual([]);
    clock.advance(READY_DEADLINE_MS);
    expect(newest().kills).toEqual(['SIGKILL']);
  });

  it('is started again after it died, with pauses from 0.2 s doubling up to 10 s', () => {
    child.start();
    const pauses: number[] = [];
    for (let death = 0; death < 8; death++) {
      ready();
      die();
      expect(child.state).toBe('waiting');
      pauses.push((child.nextStartAtMs ?? 0) - clock.nowMs());
      const count = spawned.length;
      clock.advance((pauses.at(-1) ?? 0) - 1);
      expect(spawned).toHaveLength(count);
      clock.advance(1);
      expect(spawned).toHaveLength(count + 1);
    }
    expect(pauses).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    expect(child.restarts).toBe(8);
    expect(child.lastExit).toMatchObject({ signal: 'SIGKILL' });
  });

  it('starts over with the short pause after it ran for half a minute', () => {
    child.start();
    for (let death = 0; death < 4; death++) {
      ready();
      die();
      clock.advance(10_000);
    }
    ready();
    clock.advance(STABLE_AFTER_MS);
    die();
    expect((child.nextStartAtMs ?? 0) - clock.nowMs()).toBe(restartDelayMs(0));
  });

  it('is killed when it does not get ready, and then started again', () => {
    child.start();
    clock.advance(READY_DEADLINE_MS);
    expect(newest().kills).toEqual(['SIGKILL']);
    die();
    clock.advance(200);
    expect(spawned).toHaveLength(2);
  });

  it('stops when asked, is killed when it does not, and stays down', async () => {
    child.start();
    ready();
    const stopped = child.stop();
    expect(newest().sent.at(-1)).toBe('stop');
    clock.advance(STOP_DEADLINE_MS);
    expect(newest().kills).toEqual(['SIGKILL']);
    die();
    await stopped;
    clock.advance(60_000);
    expect(spawned).toHaveLength(1);
    expect(states).toEqual(['starting', 'running', 'stopping', 'stopped']);
  });

  it('does not start again when it is stopped while it waits', async () => {
    child.start();
    die();
    await child.stop();
    clock.advance(60_000);
    expect(spawned).toHaveLength(1);
    expect(child.state).toBe('stopped');
  });
});
