/** The foot line of the tap: what the list holds, how much of each payload is kept, export. */
import { useState } from 'react';
import { formatBytes, formatCount } from '../../../lib/format.ts';
import type { TapClient } from '../api/tap-client.ts';
import { useTapSnapshot } from '../api/use-tap.ts';
import { TAP_RING_BYTES, TAP_RING_ROWS } from '../model/tap-engine.ts';
import type { TapSearch } from '../model/tap-search.ts';
import { saveFile } from './copy-menu.tsx';

const PAYLOAD_CHOICES: readonly (readonly [number, string])[] = [
  [16_384, '16 KB'],
  [262_144, '256 KB'],
  [1_048_576, '1 MB'],
  [16_777_216, '16 MB'],
];

export interface TapFootProps {
  client: TapClient | null;
  search: TapSearch;
  onChange: (change: Partial<TapSearch>) => void;
}

export function TapFoot({ client, search, onChange }: TapFootProps) {
  const rowCount = useTapSnapshot(client, (snapshot) => snapshot?.listedCount ?? 0);
  const listBytes = useTapSnapshot(client, (snapshot) => snapshot?.listBytes ?? 0);
  return (
    <div className="foot">
      <span className="num">{formatCount(rowCount)} rows</span>
      <span
        className="num h-md"
        title={`The newest ${formatCount(TAP_RING_ROWS)} rows or ${formatBytes(TAP_RING_BYTES)} stay in this page`}
      >
        {formatBytes(listBytes)} of {formatBytes(TAP_RING_BYTES)}
      </span>
      <label className="row tap-keep">
        keeps{' '}
        <select value={search.maxPayloadBytes} onChange={(event) => onChange({ maxPayloadBytes: Number(event.target.value) })}>
          {payloadChoices(search.maxPayloadBytes).map(([bytes, text]) => (
            <option key={bytes} value={bytes}>
              {text}
            </option>
          ))}
        </select>{' '}
        per payload
      </label>
      <span className="push row">
        <button type="button" className="lk" onClick={() => client?.tell('clear')}>
          Clear list
        </button>
        <ExportButton client={client} />
      </span>
    </div>
  );
}

function payloadChoices(current: number): readonly (readonly [number, string])[] {
  if (PAYLOAD_CHOICES.some(([bytes]) => bytes === current)) return PAYLOAD_CHOICES;
  return [...PAYLOAD_CHOICES, [current, formatBytes(current)]];
}

function ExportButton({ client }: { client: TapClient | null }) {
  const [word, setWord] = useState('Export NDJSON');
  const save = async () => {
    if (client === null) return;
    setWord('Exporting…');
    const { blob, lineCount } = await client.export();
    saveFile(blob, `tap-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.ndjson`);
    setWord(`Exported ${formatCount(lineCount)} messages`);
    setTimeout(() => setWord('Export NDJSON'), 4000);
  };
  return (
    <button type="button" className="lk" onClick={() => void save()}>
      {word}
    </button>
  );
}
