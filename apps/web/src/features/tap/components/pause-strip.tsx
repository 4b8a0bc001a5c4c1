/** Amber while the tap is paused: since when, what is being recorded, what no longer fits. */
import { Pause } from 'lucide-react';
import { Icon } from '../../../components/icon.tsx';
import { Time } from '../../../components/time.tsx';
import { formatCount } from '../../../lib/format.ts';
import type { TapClient } from '../api/tap-client.ts';
import { useTapSnapshot } from '../api/use-tap.ts';

export function PauseStrip({ client }: { client: TapClient | null }) {
  const pause = useTapSnapshot(client, (snapshot) => snapshot?.pause ?? null);
  if (pause === null) return null;
  const percent = Math.round(pause.usedShare * 100);
  return (
    <section className="strip warn" aria-label="Paused">
      <Icon of={Pause} />
      <span className="el">
        <b>Paused</b> at <Time atMs={pause.atMs} style="millis" />, still recording:{' '}
        <b className="num">{formatCount(pause.buffered)}</b> buffered, <span className="num">{formatCount(pause.discarded)}</span>{' '}
        discarded
      </span>
      <span className="bar warn h-md tap-fill" aria-hidden="true">
        <i style={{ width: `${percent}%` }} />
      </span>
      <span className="f2 num nw h-md">{percent} % full</span>
      <span className="push row tap-pause-actions">
        <button type="button" className="lk nw" onClick={() => client?.tell('showHeld')}>
          Show buffered
        </button>
        <button type="button" className="lk nw h-md" onClick={() => client?.tell('discardHeld')}>
          Discard
        </button>
        <span className="kbd">Space</span>
      </span>
    </section>
  );
}
