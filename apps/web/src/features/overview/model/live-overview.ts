/** How pushed seconds and events become part of the overview between two readings. Pure. */
import {
  type ConsoleEvent,
  type LiveRates,
  type MetricName,
  metricNames,
  type Overview,
  type Series,
  type SeriesValues,
} from '@sluice/protocol/console';

const EVENTS_MAX = 20;

/** The overview with one more second; unchanged when that second is in it already. */
export function withSecond(overview: Overview, rates: LiveRates): Overview {
  const series = appendSecond(overview.series, rates);
  if (series === overview.series) return overview;
  return {
    ...overview,
    asOfMs: rates.asOfMs,
    serverTimeMs: rates.asOfMs,
    now: rates.now,
    connectionsNew1m: rates.connectionsNew1m,
    connectionsGone1m: rates.connectionsGone1m,
    hasTraffic: overview.hasTraffic || (rates.now.inMsgsPerS ?? 0) > 0,
    series,
  };
}

/** The series moved on to the second of `rates`; seconds in between stay unknown. Keeps its length. */
export function appendSecond(series: Series, rates: LiveRates): Series {
  const length = series.metrics.inMsgsPerS.avg.length;
  const end = Math.floor((rates.asOfMs - series.startMs) / series.stepMs);
  const steps = end - length + 1;
  if (length === 0 || steps <= 0) return series;
  const moved = (name: MetricName): SeriesValues => {
    const gap = new Array<null>(Math.min(steps - 1, length)).fill(null);
    return { avg: [...series.metrics[name].avg, ...gap, rates.now[name]].slice(-length) };
  };
  const entries = metricNames.map((name) => [name, moved(name)] as const);
  return { ...series, startMs: series.startMs + steps * series.stepMs, metrics: recordOf(entries, series.metrics) };
}

function recordOf(
  entries: readonly (readonly [MetricName, SeriesValues])[],
  before: Series['metrics'],
): Record<MetricName, SeriesValues> {
  const metrics = { ...before };
  for (const [name, values] of entries) metrics[name] = values;
  return metrics;
}

/** Newest first, each once, 20 at most. */
export function mergeEvents(held: readonly ConsoleEvent[], pushed: readonly ConsoleEvent[]): ConsoleEvent[] {
  const bySeq = new Map<number, ConsoleEvent>();
  for (const event of [...held, ...pushed]) bySeq.set(event.seq, event);
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, EVENTS_MAX);
}
