/** Says what the broker does when it is not simply running; nothing when it is. */
import type { BrokerState } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { Strip } from '../components/states.tsx';
import { useNowMs } from '../lib/clock.ts';
import { formatSpan } from '../lib/format.ts';
import { useLiveState } from '../lib/live-context.tsx';

export function BrokerStrip(): ReactNode {
  const { phase, broker, clockOffsetMs } = useLiveState();
  const nowMs = useNowMs() + clockOffsetMs;
  if (phase !== 'live' || broker === null || broker.state === 'running') return null;
  return <Strip tone={broker.state === 'starting' ? 'warn' : 'bad'}>{sentenceOf(broker, nowMs)}</Strip>;
}

/** What the state means, in a sentence. */
export function sentenceOf(broker: BrokerState, nowMs: number): string {
  const age = formatSpan(Math.max(nowMs - broker.sinceMs, 0));
  switch (broker.state) {
    case 'starting':
      return 'The broker is starting';
    case 'running':
      return `The broker runs for ${age}`;
    case 'restarting': {
      const exit = broker.lastExit;
      const how =
        exit === null
          ? 'died'
          : exit.signal === null
            ? `ended with code ${exit.code ?? 'unknown'}`
            : `was ended by ${exit.signal}`;
      const next =
        broker.nextStartAtMs === null
          ? 'starting again now'
          : `starting again in ${formatSpan(Math.max(broker.nextStartAtMs - nowMs, 0))}`;
      return `The broker ${how} ${age} ago, ${next}. Clients are disconnected until then.`;
    }
    case 'unreachable':
      return nowMs - broker.sinceMs < 1000
        ? 'The broker does not answer the console. Clients may still be served.'
        : `The broker has not answered the console for ${age}. Clients may still be served.`;
    case 'stopped':
      return 'The broker is stopped';
  }
}
