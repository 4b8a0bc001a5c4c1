/** One cell per server along the foot of the page. */
import type { Overview, ServerSummary } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { Dot } from '../../../components/badge.tsx';
import { formatBytes, formatCount, formatSpan, serverLabel } from '../../../lib/format.ts';

export function ServerStrip({ overview }: { overview: Overview }): ReactNode {
  const answering = overview.servers.filter((server) => server.isAnswering).length;
  return (
    <div className="srv">
      {overview.servers.map((server) => (
        <Server key={server.id} server={server} nowMs={overview.serverTimeMs} />
      ))}
      <span className="push f3 nw">
        {answering} of {overview.servers.length} {overview.servers.length === 1 ? 'server' : 'servers'} answered
      </span>
    </div>
  );
}

function Server({ server, nowMs }: { server: ServerSummary; nowMs: number }): ReactNode {
  const cpuShare = Math.min(server.cpuPercent / Math.max(server.cores, 1), 100);
  return (
    <>
      <span className="m">
        <Dot tone={server.isAnswering ? 'ok' : 'bad'} label={server.isAnswering ? 'answers' : 'does not answer'} />
        <b title={server.id}>{serverLabel(server.name, server.id)}</b> <span className="mono">{server.address}</span>
      </span>
      <span className="m" title={`${server.cpuPercent.toFixed(1)} % of one core, ${server.cores} cores`}>
        CPU
        <span className="bar">
          <i style={{ width: `${cpuShare}%` }} />
        </span>
        <span className="num">{Math.round(server.cpuPercent)} %</span>
      </span>
      <span className="m">
        Memory <span className="num">{formatBytes(server.memoryBytes)}</span>
      </span>
      <span className="m num h-md">{formatCount(server.connections)} conns</span>
      <span className="m h-md">up {formatSpan(Math.max(nowMs - server.startedAtMs, 0))}</span>
      <span className="m h-md f3">NATS {server.version}</span>
    </>
  );
}
