/** Rates of one connection over the last minutes: messages, bytes, or what waits to be sent. */
import type { ConnectionHistory } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { TimeSeries, type TimeSeriesLine } from '../../../components/chart/time-series.tsx';
import { Seg } from '../../../components/seg.tsx';
import { formatBytes, formatRate, formatSpan } from '../../../lib/format.ts';
import { trimHistory } from '../model/connection-history.ts';
import type { ConnectionsSearch } from '../model/connections-search.ts';

export interface ConnectionRatesProps {
  readonly history: ConnectionHistory;
  readonly chart: ConnectionsSearch['chart'];
  readonly onChart: (chart: ConnectionsSearch['chart']) => void;
  readonly maxPendingBytes: number | null;
}

export function ConnectionRates({ history, chart, onChart }: ConnectionRatesProps): ReactNode {
  const shown = trimHistory(history);
  const spanMs = shown.inMsgsPerS.length * shown.stepMs;
  return (
    <section className="sec" aria-labelledby="rates-title">
      <h3 className="row sech" id="rates-title">
        Rates
        <span className="f3 sm nb num">{spanMs === 0 ? 'from now on' : formatSpan(spanMs)}</span>
        <span className="push">
          <Seg
            label="Chart"
            isSmall
            value={chart}
            onChange={onChart}
            options={[
              { value: 'msgs', label: 'msg/s' },
              { value: 'bytes', label: 'B/s' },
              { value: 'pending', label: 'pending' },
            ]}
          />
        </span>
      </h3>
      <TimeSeries
        label="Rates of this connection"
        startMs={shown.startMs}
        stepMs={shown.stepMs}
        lines={linesOf(shown, chart)}
        format={chart === 'msgs' ? formatRate : formatBytes}
        height={72}
      />
    </section>
  );
}

function linesOf(history: ConnectionHistory, chart: ConnectionsSearch['chart']): readonly TimeSeriesLine[] {
  switch (chart) {
    case 'msgs':
      return [
        { name: 'published by it, /s', color: 1, values: history.inMsgsPerS },
        { name: 'delivered to it, /s', color: 2, values: history.outMsgsPerS },
      ];
    case 'bytes':
      return [
        { name: 'published by it, /s', color: 1, values: history.inBytesPerS },
        { name: 'delivered to it, /s', color: 2, values: history.outBytesPerS },
      ];
    case 'pending':
      return [{ name: 'waiting to be sent', color: 3, values: history.pendingBytes }];
  }
}
