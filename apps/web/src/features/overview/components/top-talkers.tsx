/** Who moves most, by messages or by bytes, in and out together. */
import type { TalkerRow } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { Seg } from '../../../components/seg.tsx';
import { PageLink } from '../../../components/sentence.tsx';
import { useIsBrokerAway } from '../../../components/states.tsx';
import { type ByteRateUnit, formatByteRate, useByteRateUnit } from '../../../lib/byte-rate.ts';
import { formatRate } from '../../../lib/format.ts';
import { AWAY } from './hottest-subjects.tsx';

export interface TopTalkersProps {
  readonly rows: readonly TalkerRow[] | null;
  readonly by: 'msgs' | 'bytes';
  readonly onBy: (by: 'msgs' | 'bytes') => void;
}

export function TopTalkers({ rows, by, onBy }: TopTalkersProps): ReactNode {
  const isAway = useIsBrokerAway();
  const measure = (row: TalkerRow): number => (by === 'msgs' ? row.msgsPerS : row.bytesPerS);
  const sorted = [...(rows ?? [])].sort((a, b) => measure(b) - measure(a));
  const unit = useByteRateUnit(sorted.map((row) => row.bytesPerS));
  const top = Math.max(...sorted.map(measure), 1);
  return (
    <section aria-labelledby="talkers-title">
      <div className="pane-h">
        <h2 id="talkers-title">Top talkers</h2>
        <span className="sub">in and out together</span>
        <span className="push">
          <Seg
            label="Order of the talkers"
            isSmall
            value={by}
            onChange={onBy}
            options={[
              { value: 'msgs', label: 'msg/s' },
              { value: 'bytes', label: 'B/s' },
            ]}
          />
        </span>
      </div>
      <table className="tb" aria-labelledby="talkers-title">
        <TalkersHead unit={unit} />
        <tbody>
          {sorted.map((row) => (
            <tr key={`${row.serverId} ${row.cid}`}>
              <td className="el">
                <PageLink to="/connections" search={{ cid: String(row.cid), server: row.serverId }} className="rl">
                  {row.name ?? <span className="mono f2">cid {row.cid}</span>}
                </PageLink>
              </td>
              <td className="f3 sm h-md">{row.user ?? 'none'}</td>
              <td className="r num">{formatRate(row.msgsPerS)}</td>
              <td>
                <span className="bar">
                  <i style={{ width: `${Math.round((measure(row) / top) * 100)}%` }} />
                </span>
              </td>
              <td className="r num f2">{formatByteRate(row.bytesPerS, unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows === null ? <p className="quiet f3">{isAway ? AWAY : 'Measuring…'}</p> : null}
      {rows?.length === 0 ? <p className="quiet f3">Nobody has moved a message in the last second.</p> : null}
    </section>
  );
}

function TalkersHead({ unit }: { unit: ByteRateUnit }): ReactNode {
  return (
    <>
      <colgroup>
        <col />
        <col className="h-md" style={{ width: 96 }} />
        <col style={{ width: 84 }} />
        <col style={{ width: '18%' }} />
        <col style={{ width: 86 }} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">Client</th>
          <th scope="col" className="h-md">
            User
          </th>
          <th scope="col" className="r">
            msg/s
          </th>
          <th scope="col">
            <span className="sr">share</span>
          </th>
          <th scope="col" className="r">
            {unit}
          </th>
        </tr>
      </thead>
    </>
  );
}
