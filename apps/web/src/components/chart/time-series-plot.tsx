/** The drawn part of a time series, in a chunk of its own. At most 300 points a line: more cost frames and show nothing. */
import type { ReactNode } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatCompact, formatTime } from '../../lib/format.ts';
import { useTimeZone } from '../../lib/preferences.ts';
import { downsample, largest } from './line-path.ts';
import type { TimeSeriesProps } from './time-series.tsx';

const POINTS_MAX = 300;
const AXIS_WIDTH = 40;
const TIME_LABELS = 4;
/** Below this span the labels need seconds to differ. */
const CLOCK_BELOW_MS = 300_000;

export function TimeSeriesPlot({ startMs, stepMs, lines, format, height = 60, marks = [], limit }: TimeSeriesProps): ReactNode {
  const [zone] = useTimeZone();
  const { points, endMs, top, times } = layOut({ startMs, stepMs, lines, limit });
  const timeStyle = endMs - startMs < CLOCK_BELOW_MS ? 'clock' : 'minute';
  return (
    <ResponsiveContainer width="100%" height={height + 18} debounce={50}>
      <LineChart data={[...points]} margin={{ top: 6, right: 4, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="atMs"
          type="number"
          domain={[startMs, endMs]}
          ticks={[...times]}
          tickFormatter={(atMs: number) => formatTime(atMs, zone, timeStyle)}
          tick={tick}
          tickLine={false}
          axisLine={false}
          height={18}
          interval="preserveStartEnd"
        />
        <YAxis
          width={AXIS_WIDTH}
          domain={[0, top]}
          ticks={[0, top / 2, top]}
          tickFormatter={(value: number) => formatCompact(value).replace('.0', '')}
          tick={tick}
          tickLine={false}
          axisLine={false}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--fg-3)', strokeDasharray: '3 3' }}
          labelFormatter={(atMs) => formatTime(Number(atMs), zone, 'clock')}
          formatter={(value) => format(typeof value === 'number' ? value : null)}
          contentStyle={tooltipBox}
          labelStyle={{ color: 'var(--fg-3)' }}
          itemStyle={{ color: 'var(--fg)', padding: 0 }}
        />
        {limit === undefined ? null : <ReferenceLine y={limit} stroke="var(--fg-3)" strokeDasharray="3 3" />}
        {marks.map((mark) => (
          <ReferenceLine
            key={`${mark.atMs} ${mark.word}`}
            x={mark.atMs}
            stroke="var(--fg-3)"
            strokeDasharray="3 3"
            label={{ value: mark.word, position: 'top', fontSize: 11, fill: 'var(--fg-3)' }}
          />
        ))}
        {lines.map((line) => (
          <Line
            key={line.name}
            type="linear"
            dataKey={line.name}
            stroke={`var(--s${line.color})`}
            strokeWidth={1.5}
            dot={false}
            activeDot={{ r: 2.5, strokeWidth: 0 }}
            isAnimationActive={false}
            connectNulls={false}
          />
        ))}
      </LineChart>
    </ResponsiveContainer>
  );
}

interface Layout {
  readonly points: readonly Record<string, number | null>[];
  readonly endMs: number;
  readonly top: number;
  readonly times: readonly number[];
}

type LayoutInput = Pick<TimeSeriesProps, 'startMs' | 'stepMs' | 'lines'> & { readonly limit: number | undefined };

/** Points by time, the top of the scale, and where the time labels stand. */
function layOut({ startMs, stepMs, lines, limit }: LayoutInput): Layout {
  const count = lines[0]?.values.length ?? 0;
  const bucket = Math.max(1, Math.ceil(count / POINTS_MAX));
  const thinned = lines.map((line) => downsample(line.values, POINTS_MAX, Math.round(startMs / stepMs)));
  const points = (thinned[0] ?? []).map((_, index) => ({
    atMs: startMs + index * bucket * stepMs,
    ...Object.fromEntries(lines.map((line, at) => [line.name, thinned[at]?.[index] ?? null])),
  }));
  const endMs = startMs + Math.max(count - 1, 1) * stepMs;
  const labels = Math.min(TIME_LABELS, Math.max(2, Math.floor((endMs - startMs) / 1000)));
  const times = Array.from({ length: labels }, (_, index) => startMs + ((endMs - startMs) * index) / (labels - 1));
  return { points, endMs, top: niceTop(Math.max(largest(...thinned), limit ?? 0)), times };
}

const tick = { fontSize: 11, fill: 'var(--fg-3)' };
const tooltipBox = {
  background: 'var(--surface)',
  border: '1px solid var(--line-2)',
  borderRadius: 6,
  fontSize: 12,
  padding: '4px 8px',
};

/** The next round figure at or above `value`: 1, 2, 2.5, 5 times a power of ten. */
export function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 2.5, 5]) if (step * power >= value) return step * power;
  return 10 * power;
}
