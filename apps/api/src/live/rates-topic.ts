/** `rates`: the newest second, once a second. A browser without credit gets the newest one when it has credit again. */
import type { LiveRates } from '@sluice/protocol/console';
import { CreditWindow } from './credit-window.ts';
import type { Topic, TopicOutput } from './topic.ts';

export const RATES_CREDITS = 4;

/** `read` gives the newest second, or undefined when there is none yet. */
export function ratesTopic(read: () => LiveRates | undefined, output: TopicOutput): Topic {
  const window = new CreditWindow(RATES_CREDITS);
  let sentAsOfMs = -1;
  const send = (): void => {
    const rates = read();
    if (rates === undefined || rates.asOfMs === sentAsOfMs || !window.canSend) return;
    sentAsOfMs = rates.asOfMs;
    output.send(window.next(), { topic: 'rates', data: rates });
  };
  send();
  return {
    ack(seq) {
      const isKnown = window.ack(seq);
      send();
      return isKnown;
    },
    update: (topic) => topic.topic === 'rates',
    tick: send,
    close: () => undefined,
  };
}
