/**
 * A chart over time: straight lines, gaps left open, horizontal grid, few labels, and its legend as a table of last, average and
 * largest. Drawn by Recharts, which loads only when the first chart does.
 */
import { lazy, type ReactNode, Suspense } from 'react';
import { largest, lastKnown, meanOf } from './line-path.ts';

const TimeSeriesPlot = lazy(async () => ({ default: (await import('./time-series-plot.tsx')).TimeSeriesPlot }));

export interface TimeSeriesLine {
  readonly name: string;
  /** 1 to 8: the colour of the series; 1 is in, 2 is out, always. */
  readonly color: number;
  readonly values: readonly (number | null)[];
}

/** Something that happened, drawn as a dashed vertical with its word above. */
export interface TimeSeriesMark {
  readonly atMs: number;
  readonly word: string;
}

export interface TimeSeriesProps {
  readonly startMs: number;
  readonly stepMs: number;
  readonly lines: readonly TimeSeriesLine[];
  readonly format: (value: number | null) => string;
  /** Plot height in pixels. */
  readonly height?: number;
  readonly marks?: readonly TimeSeriesMark[];
  /** A dashed limit. */
  readonly limit?: number;
  /** Said to screen readers in place of the drawing. */
  readonly label: string;
}

export function TimeSeries(props: TimeSeriesProps): ReactNode {
  const { lines, format, height = 60, label } = props;
  return (
    <figure aria-label={label}>
      <Suspense fallback={<div style={{ height: height + 18 }} />}>
        <TimeSeriesPlot {...props} height={height} />
      </Suspense>
      <table className="lg">
        <thead>
          <tr>
            <th scope="col">
              <span className="sr">series</span>
            </th>
            <th scope="col" className="r">
              last
            </th>
            <th scope="col" className="r">
              avg
            </th>
            <th scope="col" className="r">
              max
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.name}>
              <td>
                <i className={`sq q${line.color}`} />
                {line.name}
              </td>
              <td className="r">{format(lastKnown(line.values))}</td>
              <td className="r">{format(meanOf(line.values))}</td>
              <td className="r">{format(lastKnown(line.values) === null ? null : largest(line.values))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
