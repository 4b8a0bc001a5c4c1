/** What a page shows besides its content: nothing yet, not allowed, failed, loading, or a feed that stopped. */
import type { BrokerState } from '@sluice/protocol/console';
import { CircleAlert, Lock, Pause, TriangleAlert, Unplug } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiFailure, messageOf } from '../lib/api-client.ts';
import { useNowMs } from '../lib/clock.ts';
import { formatSpan } from '../lib/format.ts';
import { useLiveSocket, useLiveState } from '../lib/live-context.tsx';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';

export interface EmptyStateProps {
  readonly title: string;
  /** One or two sentences: why it is empty and what fills it. */
  readonly children?: ReactNode;
  /** A command that does it from a terminal. */
  readonly command?: string;
  readonly action?: ReactNode;
}

/** Teaches one action. */
export function EmptyState({ title, children, command, action }: EmptyStateProps): ReactNode {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children === undefined ? null : <p className="f2">{children}</p>}
      {command === undefined ? null : <code className="mono f2">{command}</code>}
      {action}
    </div>
  );
}

/** A page that the role or the server does not allow: says what would open it. */
export function LockedState({ title, reason }: { title: string; reason: string }): ReactNode {
  return (
    <div className="empty" role="status">
      <Icon of={Lock} className="f3" />
      <h2>{title}</h2>
      <p className="f2">{reason}</p>
    </div>
  );
}

/** The broker cannot be asked, and nothing is known that could be shown meanwhile. */
export function BrokerAway(): ReactNode {
  return (
    <div className="empty" role="status">
      <Icon of={Unplug} className="f3" />
      <h2>The broker does not answer</h2>
      <p className="f2">This page comes back by itself as soon as it does.</p>
    </div>
  );
}

/** What the server does not offer, or cannot be asked for: the two must not be taken for each other. */
export function MissingFeature({ title, reason }: { title: string; reason: string }): ReactNode {
  const { broker } = useLiveState();
  return isAway(broker) ? <BrokerAway /> : <LockedState title={title} reason={reason} />;
}

function isAway(broker: BrokerState | null): boolean {
  return broker !== null && broker.state !== 'running';
}

/** True while the broker is known not to answer. */
export function useIsBrokerAway(): boolean {
  return isAway(useLiveState().broker);
}

/** A request that failed: what, why, and a way to try again. */
export function FailedState({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  if (error instanceof ApiFailure && error.code === 'forbidden')
    return <LockedState title="Not allowed" reason={error.message} />;
  const requestId = error instanceof ApiFailure ? error.requestId : '';
  return (
    <div className="empty" role="alert">
      <Icon of={CircleAlert} className="bad" />
      <h2>This could not be loaded</h2>
      <p className="f2">{messageOf(error)}</p>
      {requestId === '' ? null : <p className="f3 xs mono">request {requestId}</p>}
      {onRetry === undefined ? null : <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

/** A thin strip over a page: `bad` for a stopped feed or an error, `warn` for a paused one. */
export function Strip({ tone, children, action }: { tone: 'bad' | 'warn'; children: ReactNode; action?: ReactNode }): ReactNode {
  return (
    <div className={`strip ${tone}`} role="status">
      <Icon of={tone === 'bad' ? CircleAlert : TriangleAlert} />
      <span className="el">{children}</span>
      {action === undefined ? null : <span className="push row">{action}</span>}
    </div>
  );
}

/** Amber: somebody paused the page. */
export function PausedStrip({ children, onResume }: { children: ReactNode; onResume: () => void }): ReactNode {
  return (
    <div className="strip warn" role="status">
      <Icon of={Pause} />
      <span className="el">{children}</span>
      <Button isSmall className="push" onClick={onResume}>
        Resume
      </Button>
    </div>
  );
}

/** Red while the live feed is lost, with its age and the next attempt; nothing while it is live. */
export function StaleStrip(): ReactNode {
  const socket = useLiveSocket();
  const state = useLiveState();
  const nowMs = useNowMs();
  if (state.phase === 'live' || state.phase === 'connecting') return null;
  const retryMs = state.retryAtMs === null ? null : Math.max(state.retryAtMs - nowMs, 0);
  const retry =
    retryMs === null ? '' : retryMs < 1000 ? ', trying again now' : `, trying again in ${Math.ceil(retryMs / 1000)} s`;
  return (
    <Strip
      tone="bad"
      action={
        <Button isSmall onClick={() => socket.start()}>
          Retry now
        </Button>
      }
    >
      <b>Live data stopped {formatSpan(Math.max(nowMs - state.sinceMs, 1000))} ago</b>
      {state.endReason === 'protocol' ? ', this page and the server disagree: reload the page' : retry}
    </Strip>
  );
}

/** True while figures on screen may be old, because the feed stopped or the broker behind it does: dim them. */
export function useIsStale(): boolean {
  const { phase, broker } = useLiveState();
  return phase === 'retrying' || phase === 'ended' || isAway(broker);
}

/** Grey bars in place of text during a first load. Widths in percent, one per line. */
export function Skeleton({ widths }: { widths: readonly number[] }): ReactNode {
  return (
    <div className="skel" aria-hidden="true">
      {widths.map((width, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: fixed decoration
        <span key={index} className="sk" style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
