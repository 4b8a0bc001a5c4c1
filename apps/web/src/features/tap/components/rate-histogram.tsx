/** Matched messages per second over the last two minutes; grey where the list was paused, open where nothing was measured. */
import { useMemo } from 'react';
import { formatCount, formatTime } from '../../../lib/format.ts';
import { useTimeZone } from '../../../lib/preferences.ts';
import type { TapClient } from '../api/tap-client.ts';
import { useTapSnapshot } from '../api/use-tap.ts';
import type { RateBucket } from '../model/rate-history.ts';

const BAR_COUNT = 120;
const HEIGHT = 34;
const LABEL_COUNT = 5;

/** The newest bucket is still filling, so it is left out: a bar that always starts at zero says nothing. */
export function RateHistogram({ client }: { client: TapClient | null }) {
  const newest = useTapSnapshot(client, (snapshot) => snapshot?.history.at(-1)?.startMs ?? null);
  const isPaused = useTapSnapshot(client, (snapshot) => snapshot?.pause !== null && snapshot?.pause !== undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new second is what makes new bars.
  const bars = useMemo(() => client?.snapshot?.history.slice(0, -1) ?? [], [client, newest, isPaused]);
  return <Bars bars={bars} endMs={newest} />;
}

function Bars({ bars, endMs }: { bars: readonly RateBucket[]; endMs: number | null }) {
  const [zone] = useTimeZone();
  const top = Math.max(1, ...bars.map((bar) => bar.matched ?? 0));
  const first = BAR_COUNT - bars.length;
  const labels =
    endMs === null ? [] : Array.from({ length: LABEL_COUNT }, (_, index) => endMs - (LABEL_COUNT - 1 - index) * 30_000);
  return (
    <div className="tap-hist" role="img" aria-label={`Matched messages per second, at most ${formatCount(top)}`}>
      <svg viewBox={`0 0 ${BAR_COUNT * 6} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {bars.map((bar, index) => {
          const height = bar.matched === null ? 0 : Math.max(1, (bar.matched / top) * HEIGHT);
          const x = (first + index) * 6;
          return (
            <rect key={bar.startMs} className={bar.isPaused ? 'd' : ''} x={x} y={HEIGHT - height} width={5} height={height} />
          );
        })}
      </svg>
      <div className="xl">
        {labels.map((atMs) => (
          <span key={atMs}>{formatTime(atMs, zone, 'clock')}</span>
        ))}
      </div>
    </div>
  );
}
