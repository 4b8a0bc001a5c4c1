/** `connection`: one connection in a drawer, once a second, until it is gone. */
import type { ConnectionRow } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import { CreditWindow } from './credit-window.ts';
import type { Topic, TopicOutput } from './topic.ts';

export const CONNECTION_CREDITS = 4;

/** `read` gives the newest reading and keeps the connection watched. */
export function connectionTopic(read: () => ConnectionRow | undefined, clock: Clock, output: TopicOutput): Topic {
  const window = new CreditWindow(CONNECTION_CREDITS);
  const tick = (): void => {
    const connection = read() ?? null;
    if (!window.canSend) return;
    output.send(window.next(), { topic: 'connection', data: { asOfMs: clock.nowMs(), connection } });
  };
  // Starts the watch; the first reading is there at the next tick.
  read();
  return { ack: (seq) => window.ack(seq), update: (topic) => topic.topic === 'connection', tick, close: () => undefined };
}
