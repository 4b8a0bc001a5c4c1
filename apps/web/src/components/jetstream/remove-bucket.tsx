/** The end of a bucket: the button that leads to it, and what asks for its name first. */
import { Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '../../lib/session.ts';
import { Button } from '../button.tsx';
import { ConfirmDestructive } from '../confirm-destructive.tsx';
import { dataKeys, useAct } from './use-act.ts';

export function RemoveBucketButton({ name, onAsk }: { name: string; onAsk: () => void }): ReactNode {
  const may = useMay('admin');
  return (
    <Button
      icon={Trash2}
      aria-label={`Delete bucket ${name}`}
      offReason={may ? undefined : 'Deleting a bucket needs the role admin'}
      onClick={onAsk}
    />
  );
}

export interface RemoveBucketProps {
  readonly name: string;
  /** What goes with it: `3 keys and 70 KB`. */
  readonly contents: string;
  readonly remove: () => Promise<unknown>;
  readonly onCancel: () => void;
  readonly onRemoved: () => void;
}

export function RemoveBucket({ name, contents, remove, onCancel, onRemoved }: RemoveBucketProps): ReactNode {
  const act = useAct(dataKeys);
  return (
    <ConfirmDestructive
      question={`Delete bucket ${name}?`}
      consequence={`${contents.slice(0, 1).toUpperCase()}${contents.slice(1)} go with it. There is no way back.`}
      typed={name}
      action="Delete bucket"
      icon={Trash2}
      onCancel={onCancel}
      onConfirm={async () => {
        await act.mustRun(remove, () => `Deleted bucket ${name} with ${contents}`);
        onRemoved();
      }}
    />
  );
}
