/** Beside the messages: how the stream is set up, and who reads it. */
import { type ConsumersPage, consumerState, type StreamDetail } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { HardDrive } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dot } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import { TimeSeries } from '../../../components/chart/time-series.tsx';
import { CONSUMERS_REFRESH_MS, loadConsumers } from '../../../components/consumers/consumers-api.ts';
import { Icon } from '../../../components/icon.tsx';
import { DurabilityBadge } from '../../../components/jetstream/durability-badge.tsx';
import { KeyValue } from '../../../components/key-value.tsx';
import { Subject } from '../../../components/subject.tsx';
import { formatCount, formatRate } from '../../../lib/format.ts';
import { useReadings } from '../../../lib/readings.ts';
import { useMay } from '../../../lib/session.ts';
import type { SearchPatch } from '../../../lib/url-state.ts';
import { STREAMS_REFRESH_MS } from '../api/streams-api.ts';
import { draftOf } from '../model/config-draft.ts';
import { configFields } from '../model/config-fields.ts';

export interface StreamSummaryProps {
  readonly detail: StreamDetail;
  readonly account: string;
  readonly onChange: (change: SearchPatch) => void;
}

/** Consumers that the summary names. */
const CONSUMERS_SHOWN = 8;
/** Fields that the head or the badge above say already. */
const HIDDEN = new Set(['name', 'subjects', 'storage', 'persist_mode', 'description']);

export function StreamSummary({ detail, account, onChange }: StreamSummaryProps): ReactNode {
  const mayEdit = useMay('admin');
  const { row } = detail;
  const { texts } = draftOf(detail.config);
  const items = configFields
    .filter((field) => !HIDDEN.has(field.key) && texts[field.key] !== '' && field.kind !== 'flag')
    .map((field) => ({ name: field.label, value: texts[field.key] }));
  const flags = configFields.filter((field) => field.kind === 'flag' && texts[field.key] === 'true').map((field) => field.label);
  return (
    <aside className="col side cfgp" aria-label="Configuration">
      <div className="pane-h">
        <h2>Configuration</h2>
        <Button
          isSmall
          className="push"
          offReason={mayEdit ? undefined : 'Editing needs the role admin'}
          onClick={() => onChange({ tab: 'config', edit: 'true' })}
        >
          Edit
        </Button>
      </div>
      <div className="scroll">
        <div className="sec">
          <KeyValue
            isSingle
            items={[
              {
                name: 'Subjects',
                value: row.subjectPatterns.map((pattern) => (
                  <div key={pattern}>
                    <Subject value={pattern} />
                  </div>
                )),
              },
              { name: 'Durability', value: <DurabilityBadge durability={row.durability} /> },
              ...items,
              ...(flags.length === 0 ? [] : [{ name: 'Rules', value: flags.join(', ') }]),
            ]}
          />
        </div>
        <p className="note jsnote">
          <Icon of={HardDrive} isSmall />
          <span>{row.durability.text}</span>
        </p>
        <Consumers name={row.name} account={account} onChange={onChange} />
        <Rates key={row.name} detail={detail} />
      </div>
    </aside>
  );
}

/** Messages in and out since the page was opened. */
function Rates({ detail }: { detail: StreamDetail }): ReactNode {
  const { msgsPerS, removedPerS } = detail.row;
  const { startMs, stepMs, values } = useReadings(detail.asOfMs, STREAMS_REFRESH_MS, [msgsPerS, removedPerS]);
  const [added = [], removed = []] = values;
  return (
    <section>
      <div className="pane-h ruled">
        <h2>Rates</h2>
        <span className="sub">since this page was opened</span>
      </div>
      <div className="sec">
        <TimeSeries
          label="Messages per second"
          startMs={startMs}
          stepMs={stepMs}
          format={formatRate}
          height={58}
          lines={[
            { name: 'stored, /s', color: 1, values: added },
            { name: 'removed, /s', color: 2, values: removed },
          ]}
        />
      </div>
    </section>
  );
}

interface ConsumersProps {
  readonly name: string;
  readonly account: string;
  readonly onChange: (change: SearchPatch) => void;
}

function Consumers({ name, account, onChange }: ConsumersProps): ReactNode {
  const { data } = useQuery({
    queryKey: ['consumers', account, name, 'summary'],
    queryFn: ({ signal }): Promise<ConsumersPage> =>
      loadConsumers(name, { account, sort: 'lag', order: 'desc', limit: CONSUMERS_SHOWN }, signal),
    refetchInterval: CONSUMERS_REFRESH_MS,
    placeholderData: () => undefined,
  });
  return (
    <section>
      <div className="pane-h ruled">
        <h2>Consumers</h2>
        <button type="button" className="lk sm push" onClick={() => onChange({ tab: 'consumers' })}>
          {data === undefined ? 'All' : `All ${formatCount(data.total)}`}
        </button>
      </div>
      {data === undefined || data.items.length === 0 ? (
        <p className="sec f3 sm">{data === undefined ? 'Loading…' : 'None: nobody has to read it for messages to be kept.'}</p>
      ) : (
        <table className="mini pad">
          <colgroup>
            <col />
            <col style={{ width: 72 }} />
            <col style={{ width: 76 }} />
          </colgroup>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className="r">
                Lag
              </th>
              <th scope="col" className="r">
                msg/s
              </th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((consumer) => {
              const { tone, word, reason } = consumerState(consumer);
              return (
                <tr key={consumer.name} title={`${word}: ${reason}`}>
                  <td>
                    <span className="row jsname">
                      <Dot tone={tone} label={word} />
                      <button
                        type="button"
                        className="lk el"
                        onClick={() => onChange({ tab: 'consumers', consumer: consumer.name })}
                      >
                        {consumer.name}
                      </button>
                    </span>
                  </td>
                  <td className={`r num ${tone === 'warn' || tone === 'bad' ? tone : 'f2'}`}>{formatCount(consumer.lag)}</td>
                  <td className="r num f2">{formatRate(consumer.deliveredPerS)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}
