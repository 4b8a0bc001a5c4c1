/** Moments and ages: absolute in the chosen zone, the other form on hover. */
import type { ReactNode } from 'react';
import { useNowMs } from '../lib/clock.ts';
import { formatShortSpan, formatSpan, formatTime, type TimeStyle } from '../lib/format.ts';
import { useTimeZone } from '../lib/preferences.ts';

/** A moment; its age on hover. */
export function Time({ atMs, style = 'clock' }: { atMs: number; style?: TimeStyle }): ReactNode {
  const [zone] = useTimeZone();
  return (
    <time
      dateTime={new Date(atMs).toISOString()}
      title={`${formatTime(atMs, zone, 'full')}, ${formatSpan(Date.now() - atMs)} ago`}
    >
      {formatTime(atMs, zone, style)}
    </time>
  );
}

/** How long ago, renewed every second; the moment on hover. `offsetMs` is added to this machine's clock. */
export function Age({ sinceMs, offsetMs = 0 }: { sinceMs: number; offsetMs?: number }): ReactNode {
  const nowMs = useNowMs();
  const [zone] = useTimeZone();
  return (
    <time dateTime={new Date(sinceMs).toISOString()} title={formatTime(sinceMs, zone, 'full')}>
      {formatShortSpan(Math.max(nowMs + offsetMs - sinceMs, 0))}
    </time>
  );
}
