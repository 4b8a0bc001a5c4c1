/**
 * Four tiles with their last 15 minutes: messages, bytes, connections, and what JetStream keeps, or subscriptions where there is
 * none. Each leads to the list behind it.
 */
import type { JetStreamUse, MetricName, Overview } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { largest } from '../../../components/chart/line-path.ts';
import { TileSpark } from '../../../components/chart/spark.tsx';
import { formatFill } from '../../../components/jetstream/usage.tsx';
import { PageLink, type PageLinkProps } from '../../../components/sentence.tsx';
import {
  bytesParts,
  formatBytes,
  formatCompact,
  formatCount,
  formatSigned,
  formatSpan,
  formatTime,
  plural,
  UNKNOWN,
} from '../../../lib/format.ts';
import { useTimeZone } from '../../../lib/preferences.ts';
import { timeToFull } from '../model/time-to-full.ts';

export function Tiles({ overview }: { overview: Overview }): ReactNode {
  const { now, series, hasTraffic } = overview;
  const phase = Math.round(series.startMs / series.stepMs);
  const values = (name: MetricName): readonly (number | null)[] => series.metrics[name].avg;
  const inMsgs = values('inMsgsPerS');
  const outMsgs = values('outMsgsPerS');
  const fanOut =
    now.inMsgsPerS !== null && now.outMsgsPerS !== null && now.inMsgsPerS > 0 ? now.outMsgsPerS / now.inMsgsPerS : null;
  const mean =
    now.inMsgsPerS !== null && now.inBytesPerS !== null && now.inMsgsPerS > 0 ? now.inBytesPerS / now.inMsgsPerS : null;
  return (
    <div className="tiles">
      {hasTraffic ? (
        <Tile title="Messages" to="/connections" search={{ preset: 'talkers' }}>
          <div className="kpis">
            <Figure value={formatCompact(now.inMsgsPerS)} unit="/s in" />
            <Figure value={formatCompact(now.outMsgsPerS)} unit="/s out" />
          </div>
          <TileSpark series={[inMsgs, outMsgs]} filled={1} phase={phase} />
          <div className="cap">
            <span className="row">
              <i className="sq" />
              in
              <i className="sq q2" />
              out{fanOut === null ? '' : ` · fan-out ${fanOut < 10 ? fanOut.toFixed(1) : formatCompact(fanOut)}`}
            </span>
            <Peak overview={overview} />
          </div>
        </Tile>
      ) : (
        <UnusedTile title="Messages" to="/connections" waitsFor="message" />
      )}
      {hasTraffic ? (
        <Tile title="Bytes" to="/connections" search={{ preset: 'talkers', sort: 'inBytesPerS' }}>
          <div className="kpis">
            <BytesFigure value={now.inBytesPerS} word="in" />
            <BytesFigure value={now.outBytesPerS} word="out" />
          </div>
          <TileSpark series={[values('inBytesPerS'), values('outBytesPerS')]} filled={1} phase={phase} />
          <div className="cap">
            <span>{mean === null ? '' : `mean message ${formatBytes(mean)}`}</span>
            <span>peak {formatBytes(largest(values('inBytesPerS'), values('outBytesPerS')))}/s</span>
          </div>
        </Tile>
      ) : (
        <UnusedTile title="Bytes" to="/connections" waitsFor="message" />
      )}
      <ConnectionsTile overview={overview} phase={phase} />
      {overview.jetstream === null ? (
        <SubscriptionsTile overview={overview} phase={phase} />
      ) : (
        <JetStreamTile overview={overview} use={overview.jetstream} phase={phase} />
      )}
    </div>
  );
}

function SubscriptionsTile({ overview, phase }: { overview: Overview; phase: number }): ReactNode {
  const { now, series } = overview;
  return (
    <Tile title="Subscriptions" to="/subscriptions">
      <div className="kpis">
        <Figure value={formatCount(now.subscriptions)} unit="" />
        <SlowConsumers count={now.slowConsumers} />
      </div>
      <TileSpark series={[series.metrics.subscriptions.avg]} phase={phase} />
      <div className="cap">
        <span>15 min</span>
        <span>memory {formatBytes(now.memoryBytes)}</span>
      </div>
    </Tile>
  );
}

/** What is kept of what may be, and when it would be full at the pace of the last minutes. */
function JetStreamTile({ overview, use, phase }: { overview: Overview; use: JetStreamUse; phase: number }): ReactNode {
  const { now, series } = overview;
  const values = series.metrics.storedBytes.avg;
  const { limit } = use.fileBytes;
  const fullMs = limit === null ? null : timeToFull(values, series.stepMs, limit - use.fileBytes.used);
  return (
    <Tile title="JetStream" to="/streams" search={{ sort: 'bytes', order: 'desc' }}>
      <div className="kpis">
        <StoredFigure value={now.storedBytes} />
        <span className="kl">
          <span>{limit === null ? 'no limit' : `${formatFill(use.fileBytes.fill ?? 0)} of ${formatBytes(limit)}`}</span>
        </span>
      </div>
      <TileSpark series={[values]} phase={phase} />
      <div className="cap">
        <span>
          {use.streams === null ? '15 min' : `${plural(use.streams, 'stream')}, ${plural(use.consumers ?? 0, 'consumer')}`}
        </span>
        <span>{fullMs === null ? '' : `full in ${formatSpan(fullMs)}`}</span>
      </div>
    </Tile>
  );
}

function StoredFigure({ value }: { value: number | null }): ReactNode {
  if (value === null) return <Figure value={UNKNOWN} unit="" />;
  const [figure, unit] = bytesParts(value);
  return <Figure value={figure} unit={` ${unit} stored`} />;
}

function ConnectionsTile({ overview, phase }: { overview: Overview; phase: number }): ReactNode {
  const values = overview.series.metrics.connections.avg;
  const wasConnected = overview.hasTraffic || largest(values) > 0 || (overview.connectionsGone1m ?? 0) > 0;
  if (!wasConnected) return <UnusedTile title="Connections" to="/connections" waitsFor="client" />;
  return (
    <Tile title="Connections" to="/connections">
      <div className="kpis">
        <Figure value={formatCount(overview.now.connections)} unit="" />
        <span className="kl">
          <span>
            <span className="num fg">{formatSigned('+', overview.connectionsNew1m)}</span> new
          </span>
          <span>
            <span className="num fg">{formatSigned('−', overview.connectionsGone1m)}</span> gone
            <span className="h-md">, 1 min</span>
          </span>
        </span>
      </div>
      <TileSpark series={[values]} phase={phase} />
      <div className="cap">
        {overview.jetstream !== null && (overview.now.slowConsumers ?? 0) > 0 ? (
          <SlowConsumers count={overview.now.slowConsumers} />
        ) : (
          <span>peak {formatCount(largest(values))}</span>
        )}
        <span>{overview.maxConnections === null ? '' : `max ${formatCount(overview.maxConnections)}`}</span>
      </div>
    </Tile>
  );
}

interface TileProps {
  readonly title: string;
  readonly to: PageLinkProps['to'];
  readonly search?: Readonly<Record<string, string>>;
  readonly children: ReactNode;
}

/** The heading's link covers the tile; links inside lie above it. */
function Tile({ title, to, search, children }: TileProps): ReactNode {
  return (
    <section className="tile">
      <h2>
        <PageLink to={to} className="cover" {...(search === undefined ? {} : { search })}>
          {title}
        </PageLink>
      </h2>
      {children}
    </section>
  );
}

/** Nothing of this has ever been: no figure, which would be a zero that was measured of something. */
function UnusedTile({ title, to, waitsFor }: Pick<TileProps, 'title' | 'to'> & { waitsFor: 'message' | 'client' }): ReactNode {
  return (
    <Tile title={title} to={to}>
      <div className="kpis">
        <span className="nodata f3">No data yet</span>
      </div>
      <TileSpark series={[[]]} />
      <div className="cap">
        <span>waiting for the first {waitsFor}</span>
      </div>
    </Tile>
  );
}

function Figure({ value, unit }: { value: string; unit: string }): ReactNode {
  return (
    <span className={`kpi num ${value === UNKNOWN ? 'f3' : ''}`}>
      {value}
      <small>{unit}</small>
    </span>
  );
}

function BytesFigure({ value, word }: { value: number | null; word: string }): ReactNode {
  if (value === null) return <Figure value={UNKNOWN} unit={word} />;
  const [figure, unit] = bytesParts(value);
  return <Figure value={figure} unit={`${unit}/s ${word}`} />;
}

function Peak({ overview }: { overview: Overview }): ReactNode {
  const [zone] = useTimeZone();
  const { series } = overview;
  const values = series.metrics.outMsgsPerS.avg;
  const top = largest(values, series.metrics.inMsgsPerS.avg);
  if (top === 0) return <span>no messages in 15 min</span>;
  const index = Math.max(values.indexOf(top), series.metrics.inMsgsPerS.avg.indexOf(top));
  return (
    <span>
      peak {formatCompact(top)} at {formatTime(series.startMs + index * series.stepMs, zone, 'minute')}
    </span>
  );
}

/** Events since the server started; a number is coloured only when it is the finding. */
function SlowConsumers({ count }: { count: number | null }): ReactNode {
  const isFinding = count !== null && count > 0;
  return (
    <PageLink
      to="/connections"
      search={{ preset: isFinding ? 'closed' : 'slow', ...(isFinding ? { q: 'Slow Consumer' } : {}) }}
      className="kl over"
    >
      <span className={`num ${isFinding ? 'warn b' : 'fg'}`}>{formatCount(count)}</span>
      <span>
        slow<span className="h-md"> {count === 1 ? 'consumer' : 'consumers'}</span>
      </span>
    </PageLink>
  );
}
