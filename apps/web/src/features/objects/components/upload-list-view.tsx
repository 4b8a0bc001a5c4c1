/** Files on their way, each with how far it is. */
import { CircleAlert, CircleCheck, TriangleAlert, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../../../components/button.tsx';
import { Icon } from '../../../components/icon.tsx';
import { formatBytes } from '../../../lib/format.ts';
import type { Uploads } from '../api/use-uploads.ts';
import { progressOf, type UploadItem } from '../model/upload-list.ts';

export function UploadList({ uploads }: { uploads: Uploads }): ReactNode {
  if (uploads.items.length === 0) return null;
  return (
    <ul className="uploads" aria-label="Uploads">
      {uploads.items.map((item) => (
        <li key={item.id}>
          <StateIcon item={item} />
          <span className="el">{item.name}</span>
          <Progress item={item} onReplace={() => uploads.replace(item.id)} />
          <Button
            variant="ghost"
            isSmall
            icon={X}
            aria-label={`${item.state.kind === 'sending' ? 'Stop' : 'Take off'} ${item.name}`}
            onClick={() => uploads.drop(item.id)}
          />
        </li>
      ))}
    </ul>
  );
}

function StateIcon({ item }: { item: UploadItem }): ReactNode {
  if (item.state.kind === 'done') return <Icon of={CircleCheck} isSmall className="ok" />;
  if (item.state.kind === 'exists') return <Icon of={TriangleAlert} isSmall className="warn" />;
  return item.state.kind === 'failed' ? <Icon of={CircleAlert} isSmall className="bad" /> : <i className="leaf" />;
}

function Progress({ item, onReplace }: { item: UploadItem; onReplace: () => void }): ReactNode {
  const { state } = item;
  if (state.kind === 'failed')
    return (
      <span className="bad sm el" role="alert">
        {state.message}
      </span>
    );
  if (state.kind === 'waiting' || state.kind === 'checking') return <span className="f3 sm">waits</span>;
  if (state.kind === 'exists')
    return (
      <span className="row">
        <span className="warn sm el" role="status">
          there is one of that name, {formatBytes(state.sizeBytes)}
        </span>
        <Button isSmall aria-label={`Replace ${item.name}`} onClick={onReplace}>
          Replace
        </Button>
      </span>
    );
  if (state.kind === 'done')
    return (
      <span className="f2 sm el" role="status">
        stored, {formatBytes(item.sizeBytes)}
      </span>
    );
  return (
    <span className="row uploadbar">
      <progress aria-label={`Progress of ${item.name}`} max={1} value={progressOf(item)} />
      <span className="num sm f2 nw">
        {formatBytes(state.sentBytes)} of {formatBytes(item.sizeBytes)}
      </span>
    </span>
  );
}
