/** How full something is: a bar with its words, or a narrow cell. Amber from 85 %, red from 95 %. */
import type { Usage } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { UNKNOWN } from '../../lib/format.ts';

const WARN_FROM = 0.85;
const BAD_FROM = 0.95;

function toneOf(fill: number): string {
  if (fill >= BAD_FROM) return 'bad';
  return fill >= WARN_FROM ? 'warn' : 'neu';
}

/** `64 %`, `<1 %`. */
export function formatFill(fill: number): string {
  const percent = fill * 100;
  return percent > 0 && percent < 1 ? '<1 %' : `${Math.round(percent)} %`;
}

/** The bar alone with its figure, for a table cell; a dash without a limit. */
export function FillCell({ fill }: { fill: number | null }): ReactNode {
  if (fill === null) return <span className="f3">{UNKNOWN}</span>;
  const tone = toneOf(fill);
  return (
    <span className="fillcell">
      <i className={`bar ${tone}`}>
        <i style={{ width: `${Math.min(fill, 1) * 100}%` }} />
      </i>
      <span className={`num ${tone === 'neu' ? 'f2' : tone}`}>{formatFill(fill)}</span>
    </span>
  );
}

/** One fact of a facts line: `Stored 15.3 GB ▬▬ 64 % of 24 GB`. */
export function UsageFact({ name, usage, format }: { name: string; usage: Usage; format: (value: number) => string }): ReactNode {
  return (
    <div>
      <span>{name}</span>
      <b className="num">{format(usage.used)}</b>
      {usage.limit === null || usage.fill === null ? null : (
        <>
          <i className={`bar ${toneOf(usage.fill)}`}>
            <i style={{ width: `${Math.min(usage.fill, 1) * 100}%` }} />
          </i>
          <em className="num">
            {formatFill(usage.fill)} of {format(usage.limit)}
          </em>
        </>
      )}
    </div>
  );
}
