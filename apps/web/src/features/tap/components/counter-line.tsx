/** The honest line, always on screen: matched = shown + sampled out + dropped. */
import { formatCount, formatRate } from '../../../lib/format.ts';
import type { TapClient } from '../api/tap-client.ts';
import { useTapSnapshot } from '../api/use-tap.ts';

export function CounterLine({ client, isStale }: { client: TapClient | null; isStale: boolean }) {
  const counters = useTapSnapshot(client, (snapshot) => snapshot?.counters ?? null);
  const rate = useTapSnapshot(client, (snapshot) => snapshot?.matchedPerSecond ?? null);
  const passed = useTapSnapshot(client, (snapshot) => snapshot?.passedCount ?? null);
  const share = counters === null || counters.matched === 0 ? null : (counters.shown / counters.matched) * 100;
  return (
    <div className={isStale ? 'counter stale' : 'counter'} data-testid="tap-counters">
      <Figure name="matched" value={counters?.matched} />
      <i>=</i>
      <Figure name="shown" value={counters?.shown} />
      <i>+</i>
      <Figure name="sampled out" value={counters?.sampledOut} />
      <i>+</i>
      <Figure name="dropped" value={counters?.dropped} isBad={(counters?.dropped ?? 0) > 0} />
      {share === null ? null : <span className="f3 h-md">{formatShare(share)} shown</span>}
      {passed === null ? null : (
        <span className="f2">
          · <span className="num">{formatCount(passed)}</span> pass the filter
        </span>
      )}
      <span className="push f3 nw">{formatRate(rate)} matched/s</span>
    </div>
  );
}

function Figure({ name, value, isBad = false }: { name: string; value: number | undefined; isBad?: boolean }) {
  return (
    <span data-counter={name.replace(' ', '-')}>
      <b className={isBad ? 'warn' : undefined}>{formatCount(value)}</b> {name}
    </span>
  );
}

function formatShare(percent: number): string {
  if (percent === 100) return 'All';
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${Math.min(percent, 99.9).toFixed(1)} %`;
}
