/** One entry whole: what was before and after, and its hash. */
import type { AuditEntry } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { CopyButton } from '../../../components/copy-button.tsx';
import { KeyValue } from '../../../components/key-value.tsx';
import { PaneHead } from '../../../components/pane-head.tsx';
import { Time } from '../../../components/time.tsx';

export function AuditDetail({ entry, onClose }: { entry: AuditEntry; onClose: () => void }): ReactNode {
  return (
    <aside className="col side drawer" aria-label={`Entry ${entry.seq}`}>
      <PaneHead
        onClose={onClose}
        actions={<CopyButton text={JSON.stringify(entry, null, 2)} isIconOnly label="Copy the entry as JSON" />}
      >
        <h2 className="el mono">{entry.action}</h2>
        <span className="mono f3 nw">#{entry.seq}</span>
      </PaneHead>
      <div className="scroll">
        <p className="sec">{entry.detail}</p>
        <div className="sec">
          <KeyValue
            isSingle
            items={[
              { name: 'When', value: <Time atMs={entry.atMs} style="full" /> },
              { name: 'Who', value: entry.actor },
              { name: 'From', value: entry.address, isMono: true },
              { name: 'On', value: entry.target },
              { name: 'Outcome', value: entry.outcome },
            ]}
          />
        </div>
        <Value title="Before" value={entry.before} />
        <Value title="After" value={entry.after} />
        <section className="sec">
          <h3 className="row sech">Hash</h3>
          <p className="mono f3 wrap">{entry.hash}</p>
        </section>
      </div>
    </aside>
  );
}

function Value({ title, value }: { title: string; value: unknown }): ReactNode {
  if (value === undefined) return null;
  return (
    <section className="sec">
      <h3 className="row sech">{title}</h3>
      <pre className="code codebox">{JSON.stringify(value, null, 2)}</pre>
    </section>
  );
}
