/** One consumer: where it stands, what it is set to, and what can be done to it by hand. */
import { type ConsumerDetail, type ConsumerRow, consumerState } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { formatCount, formatRate, formatSpan } from '../../lib/format.ts';
import { useReadings } from '../../lib/readings.ts';
import { Badge } from '../badge.tsx';
import { TimeSeries } from '../chart/time-series.tsx';
import { CopyButton } from '../copy-button.tsx';
import { KeyValue, type KeyValueItem } from '../key-value.tsx';
import { PaneHead } from '../pane-head.tsx';
import { ScrollRegion } from '../scroll-region.tsx';
import { FailedState, Skeleton } from '../states.tsx';
import { Subject } from '../subject.tsx';
import { Tabs } from '../tabs.tsx';
import { Age, Time } from '../time.tsx';
import { ConsumerActions } from './consumer-actions.tsx';
import { CONSUMERS_REFRESH_MS, type ConsumerRef, consumerQuery } from './consumers-api.ts';
import { PullPanel } from './pull-panel.tsx';

export function ConsumerPane({ consumer, onClose }: { consumer: ConsumerRef; onClose: () => void }): ReactNode {
  const { data, error, refetch } = useQuery(consumerQuery(consumer));
  return (
    <aside className="col side drawer consp" aria-label={`Consumer ${consumer.name}`}>
      <PaneHead onClose={onClose}>
        <h2 className="el">{consumer.name}</h2>
        {data === undefined ? null : <CopyButton text={data.command} label="Copy command" isIconOnly />}
      </PaneHead>
      {data === undefined && error === null ? <Skeleton widths={[70, 50, 60, 40]} /> : null}
      {data === undefined && error !== null ? <FailedState error={error} onRetry={() => void refetch()} /> : null}
      {data === undefined ? null : <Opened consumer={consumer} detail={data} onClose={onClose} />}
    </aside>
  );
}

type PaneTab = 'state' | 'pull' | 'config';

function Opened({
  consumer,
  detail,
  onClose,
}: {
  consumer: ConsumerRef;
  detail: ConsumerDetail;
  onClose: () => void;
}): ReactNode {
  const [tab, setTab] = useState<PaneTab>('state');
  const { row } = detail;
  return (
    <>
      <Tabs
        label={`Consumer ${row.name}`}
        isInner
        panelId="consumer-panel"
        value={tab}
        onChange={setTab}
        tabs={[
          { value: 'state', label: 'State' },
          ...(row.kind === 'pull' ? [{ value: 'pull' as const, label: 'Pull by hand' }] : []),
          { value: 'config', label: 'Config' },
        ]}
      />
      <div className="col grow" id="consumer-panel" role="tabpanel" aria-labelledby={`consumer-panel-tab-${tab}`}>
        {tab === 'state' ? <State row={row} detail={detail} /> : null}
        {tab === 'pull' ? <PullPanel consumer={consumer} detail={detail} /> : null}
        {tab === 'config' ? (
          <ScrollRegion className="code jsondoc" label="Configuration as JSON">
            {JSON.stringify(detail.config, null, 2)}
          </ScrollRegion>
        ) : null}
      </div>
      {tab === 'state' ? <ConsumerActions consumer={consumer} detail={detail} onDeleted={onClose} /> : null}
    </>
  );
}

function State({ row, detail }: { row: ConsumerRow; detail: ConsumerDetail }): ReactNode {
  const { tone, word, reason } = consumerState(row);
  return (
    <ScrollRegion className="consfacts" label="State of the consumer">
      <p className="row">
        <Badge tone={tone}>{word}</Badge>
        <span className="f2 sm">
          {reason}
          {row.lag === 0 || row.catchUpMs === null ? '' : ` Done in ${formatSpan(row.catchUpMs)} at this pace.`}
        </span>
      </p>
      <KeyValue items={progressItems(row)} isSingle />
      <LagChart row={row} asOfMs={detail.asOfMs} />
      <hr className="rule" />
      <KeyValue items={ruleItems(row)} isSingle />
      {detail.priorityGroups.map((group) => (
        <p key={group.group} className="f2 sm">
          Group {group.group}: {group.pinnedClientId === null ? 'no client is pinned' : `pinned to ${group.pinnedClientId}`}
        </p>
      ))}
    </ScrollRegion>
  );
}

/** Lag and unacknowledged messages since the drawer was opened. */
function LagChart({ row, asOfMs }: { row: ConsumerRow; asOfMs: number }): ReactNode {
  const { startMs, stepMs, values } = useReadings(asOfMs, CONSUMERS_REFRESH_MS, [row.lag, row.ackPending]);
  const [lag = [], ackPending = []] = values;
  return (
    <TimeSeries
      label="Lag since this pane was opened"
      startMs={startMs}
      stepMs={stepMs}
      format={formatCount}
      height={58}
      lines={[
        { name: 'lag', color: 1, values: lag },
        { name: 'ack pending', color: 2, values: ackPending },
      ]}
    />
  );
}

function progressItems(row: ConsumerRow): KeyValueItem[] {
  return [
    { name: 'Lag', value: formatCount(row.lag) },
    { name: 'Delivered up to', value: formatCount(row.deliveredSeq) },
    { name: 'Ack floor', value: formatCount(row.ackFloorSeq) },
    {
      name: 'Ack pending',
      value:
        row.maxAckPending === null
          ? formatCount(row.ackPending)
          : `${formatCount(row.ackPending)} of ${formatCount(row.maxAckPending)}`,
    },
    { name: 'Redelivered', value: formatCount(row.redelivered) },
    { name: 'Waiting pulls', value: row.kind === 'push' ? 'push' : formatCount(row.waiting) },
    { name: 'Delivered', value: `${formatRate(row.deliveredPerS)} msg/s` },
    { name: 'Acknowledged', value: `${formatRate(row.ackedPerS)} msg/s` },
    { name: 'Last delivery', value: row.lastDeliveredAtMs === null ? null : <Age sinceMs={row.lastDeliveredAtMs} /> },
    { name: 'Last ack', value: row.lastAckedAtMs === null ? null : <Age sinceMs={row.lastAckedAtMs} /> },
  ];
}

function ruleItems(row: ConsumerRow): KeyValueItem[] {
  return [
    { name: 'Stream', value: row.stream },
    {
      name: 'Filter',
      value: row.filters.length === 0 ? 'all subjects' : row.filters.map((filter) => <Subject key={filter} value={filter} />),
    },
    { name: 'Kind', value: `${row.kind}, ${row.isDurable ? 'durable' : 'ephemeral'}` },
    { name: 'Deliver policy', value: row.deliverPolicy },
    { name: 'Ack policy', value: row.ackPolicy },
    { name: 'Ack wait', value: formatSpan(row.ackWaitMs) },
    { name: 'Max deliver', value: row.maxDeliver === null ? 'no limit' : formatCount(row.maxDeliver) },
    { name: 'Replay policy', value: row.replayPolicy },
    { name: 'Paused until', value: row.pausedUntilMs === null ? null : <Time atMs={row.pausedUntilMs} style="date" /> },
    { name: 'Created', value: row.createdAtMs === null ? null : <Time atMs={row.createdAtMs} style="date" /> },
  ];
}
