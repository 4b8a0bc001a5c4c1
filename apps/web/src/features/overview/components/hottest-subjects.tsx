/** What is published most, as the server counted it, whether or not somebody subscribes. */
import type { HotSubjectRow } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { PageLink } from '../../../components/sentence.tsx';
import { useIsBrokerAway } from '../../../components/states.tsx';
import { Subject } from '../../../components/subject.tsx';
import { formatByteRate, useByteRateUnit } from '../../../lib/byte-rate.ts';
import { formatCount, formatRate } from '../../../lib/format.ts';
import { useAccountSearch } from '../../../lib/session.ts';

export interface HottestSubjectsProps {
  /** Null: not measured yet, or the server keeps no statistics. */
  readonly rows: readonly HotSubjectRow[] | null;
  /** Whether the server counts published subjects; undefined until it is known. */
  readonly hasStatistics: boolean | undefined;
}

/** In place of figures that cannot be measured. */
export const AWAY = 'Not known while the broker does not answer.';

export function HottestSubjects({ rows, hasStatistics }: HottestSubjectsProps): ReactNode {
  const accountSearch = useAccountSearch();
  const isAway = useIsBrokerAway();
  const unit = useByteRateUnit((rows ?? []).map((row) => row.bytesPerS));
  const top = Math.max(...(rows ?? []).map((row) => row.msgsPerS), 1);
  return (
    <section aria-labelledby="subjects-title">
      <div className="pane-h">
        <h2 id="subjects-title">Hottest subjects</h2>
        <span className="sub">published</span>
        <PageLink to="/subjects" className="lk sm push">
          All subjects
        </PageLink>
      </div>
      <table className="tb" aria-labelledby="subjects-title">
        <colgroup>
          <col />
          <col style={{ width: 76 }} />
          <col style={{ width: '13%' }} />
          <col style={{ width: 72 }} className="h-md" />
          <col style={{ width: 70 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Subject</th>
            <th scope="col" className="r">
              msg/s
            </th>
            <th scope="col">
              <span className="sr">share</span>
            </th>
            <th scope="col" className="r h-md">
              {unit}
            </th>
            <th scope="col" className="r">
              Subs
            </th>
          </tr>
        </thead>
        <tbody>
          {(rows ?? []).map((row) => (
            <tr key={`${row.account} ${row.subject}`}>
              <td>
                <PageLink to="/subjects" search={{ subject: row.subject, ...accountSearch(row.account) }} className="rl">
                  <Subject value={row.subject} />
                </PageLink>
              </td>
              <td className="r num" title={row.isEstimate ? 'At most this: an estimate' : undefined}>
                {row.isEstimate ? '≤ ' : ''}
                {formatRate(row.msgsPerS)}
              </td>
              <td>
                <span className="bar">
                  <i style={{ width: `${Math.round((row.msgsPerS / top) * 100)}%` }} />
                </span>
              </td>
              <td className="r num f2 h-md">{formatByteRate(row.bytesPerS, unit)}</td>
              <td className="r num f2">{formatCount(row.subscribers)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows === null ? (
        <p className="quiet f3">
          {isAway ? AWAY : hasStatistics === false ? 'This server keeps no statistics of published subjects.' : 'Measuring…'}
        </p>
      ) : null}
      {rows?.length === 0 ? <p className="quiet f3">Nothing was published in the last seconds.</p> : null}
    </section>
  );
}
