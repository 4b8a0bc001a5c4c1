/** The head of the tap: subjects, filter, sampling, pause. */
import { Pause, Play } from 'lucide-react';
import { AccountSelect } from '../../../components/account-select.tsx';
import { Button } from '../../../components/button.tsx';
import type { TapClient } from '../api/tap-client.ts';
import { useTapSnapshot } from '../api/use-tap.ts';
import type { TapSearch } from '../model/tap-search.ts';
import { FilterInput } from './filter-input.tsx';
import { SamplingControl } from './sampling-control.tsx';
import { SubjectChips } from './subject-chips.tsx';

export interface TapToolbarProps {
  search: TapSearch;
  onChange: (change: Partial<TapSearch>) => void;
  client: TapClient | null;
}

export function TapToolbar({ search, onChange, client }: TapToolbarProps) {
  return (
    <>
      <div className="head tap-top">
        <h1>Tap</h1>
        <AccountSelect account={search.account} onChange={(account) => onChange({ account })} />
        <SubjectChips subjects={search.subjects} exclude={search.exclude} onChange={onChange} />
      </div>
      <div className="tool tap-tool">
        <FilterInput value={search.filter} onChange={(filter) => onChange({ filter })} />
        <SamplingControl value={search.sampling} onChange={(sampling) => onChange({ sampling })} />
        {search.subjects.length === 0 ? null : <PauseButton client={client} />}
      </div>
    </>
  );
}

function PauseButton({ client }: { client: TapClient | null }) {
  const isPaused = useTapSnapshot(client, (snapshot) => snapshot !== null && snapshot.pause !== null);
  return (
    <Button
      variant={isPaused ? 'primary' : 'default'}
      icon={isPaused ? Play : Pause}
      className="tap-pause"
      title="Space"
      onClick={() => client?.tell(isPaused ? 'resume' : 'pause')}
    >
      {isPaused ? 'Resume' : 'Pause'}
    </Button>
  );
}
