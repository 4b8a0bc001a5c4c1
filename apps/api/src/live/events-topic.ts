/** `events`: what happens, gathered for a moment and sent in order. What a slow browser misses is counted. */
import type { Clock, Timer } from '../env/clock.ts';
import { CreditWindow } from './credit-window.ts';
import type { EventLog } from './event-log.ts';
import type { Topic, TopicOutput } from './topic.ts';

export const EVENTS_CREDITS = 4;
const GATHER_MS = 100;
const MAX_PER_FRAME = 100;

/** Starts after `afterSeq`, or with the next event. */
export function eventsTopic(log: EventLog, clock: Clock, afterSeq: number | undefined, output: TopicOutput): Topic {
  const window = new CreditWindow(EVENTS_CREDITS);
  // A number from before a restart of the console is larger than any given since.
  let lastSeq = afterSeq === undefined || afterSeq > log.lastSeq ? log.lastSeq : afterSeq;
  let gathering: Timer | undefined;
  const send = (): void => {
    gathering?.cancel();
    gathering = undefined;
    if (lastSeq >= log.lastSeq || !window.canSend) return;
    const { events, missed } = log.after(lastSeq, MAX_PER_FRAME);
    lastSeq = log.lastSeq;
    output.send(window.next(), { topic: 'events', data: { events, missed } });
  };
  const stop = log.onEvent(() => {
    gathering ??= clock.setTimer(GATHER_MS, send);
  });
  send();
  return {
    ack(seq) {
      const isKnown = window.ack(seq);
      send();
      return isKnown;
    },
    update: (topic) => topic.topic === 'events',
    tick: send,
    close() {
      stop();
      gathering?.cancel();
    },
  };
}
