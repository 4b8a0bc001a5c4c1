/** Plain SVG lines for tiles and cells: no axes, the figure beside them says the value. */
import { memo, type ReactNode } from 'react';
import { areaPath, downsample, largest, linePath } from './line-path.ts';

const CELL_WIDTH = 51;
const CELL_HEIGHT = 16;
const TILE_WIDTH = 600;
const TILE_HEIGHT = 44;
const TILE_POINTS = 150;

/** 52 × 16 px, for a table cell. `isOut` takes the second colour. */
export const CellSpark = memo(function CellSpark({
  values,
  isOut = false,
}: {
  values: readonly (number | null)[];
  isOut?: boolean;
}): ReactNode {
  const top = largest(values) * 1.1;
  return (
    <svg
      className={`spk ${isOut ? 'o' : ''}`}
      viewBox={`0 0 ${CELL_WIDTH} ${CELL_HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={linePath(values, { width: CELL_WIDTH, height: CELL_HEIGHT, top: top === 0 ? 1 : top })} />
    </svg>
  );
});

export interface TileSparkProps {
  /** One or two: the first is s1, the second s2; of the same length. */
  readonly series: readonly (readonly (number | null)[])[];
  /** Which series is filled. */
  readonly filled?: number;
  /** Index in time of the first value, so that buckets stay in place while the window moves. */
  readonly phase?: number;
  /** Value at the bottom edge; 0 unless the tile says so. */
  readonly base?: number;
}

/** As wide as its tile and 44 px high; a dashed base line when nothing is known. */
export const TileSpark = memo(function TileSpark({ series, filled = 0, phase = 0, base = 0 }: TileSparkProps): ReactNode {
  const lines = series.map((values) => downsample(values, TILE_POINTS, phase));
  const top = largest(...lines) * 1.15;
  const box = { width: TILE_WIDTH, height: TILE_HEIGHT, top: top <= base ? base + 1 : top, base };
  const isEmpty = lines.every((values) => values.every((value) => value === null));
  const area = lines[filled];
  return (
    <div className="chart">
      <svg viewBox={`0 0 ${TILE_WIDTH} ${TILE_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {isEmpty ? <path className="lim" d={`M0 ${TILE_HEIGHT - 0.5}H${TILE_WIDTH}`} /> : null}
        {area === undefined ? null : <path className="a" style={{ fill: `var(--s${filled + 1})` }} d={areaPath(area, box)} />}
        {lines[1] === undefined ? null : <path className="k2" d={linePath(lines[1], box)} />}
        {lines[0] === undefined ? null : <path className="k1" d={linePath(lines[0], box)} />}
      </svg>
    </div>
  );
});
