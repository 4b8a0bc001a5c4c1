/** The buckets of a page as a list on its left; the chosen one is in the URL. */
import { Plus } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { Button } from '../button.tsx';

export interface BucketItem {
  readonly name: string;
  /** Figures under the name. */
  readonly note: string;
}

export interface BucketListProps {
  readonly label: string;
  /** Undefined before the first answer. */
  readonly buckets: readonly BucketItem[] | undefined;
  readonly chosen: string | null;
  readonly onChoose: (name: string) => void;
  readonly onCreate: () => void;
  /** Why no bucket can be created. */
  readonly offReason: string | undefined;
}

export function BucketList({ label, buckets, chosen, onChoose, onCreate, offReason }: BucketListProps): ReactNode {
  const list = useRef<HTMLUListElement>(null);
  const focus = (step: number): void => {
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const index = buttons.findIndex((button) => button.matches(':focus'));
    buttons[Math.min(Math.max(index + step, 0), buttons.length - 1)]?.focus();
  };
  return (
    <nav className="col bucketp" aria-label={label}>
      <div className="pane-h">
        <h2>Buckets</h2>
        <Button isSmall icon={Plus} className="push" offReason={offReason} onClick={onCreate}>
          New
        </Button>
      </div>
      <ul ref={list} className="scroll">
        {(buckets ?? []).map((bucket) => (
          <li key={bucket.name}>
            <button
              type="button"
              className={`bucket ${bucket.name === chosen ? 'sel' : ''}`}
              aria-current={bucket.name === chosen}
              onClick={() => onChoose(bucket.name)}
              onKeyDown={(event) => {
                const step =
                  event.key === 'ArrowDown' || event.key === 'j' ? 1 : event.key === 'ArrowUp' || event.key === 'k' ? -1 : 0;
                if (step === 0) return;
                event.preventDefault();
                focus(step);
              }}
            >
              <span className="m5 el">{bucket.name}</span>
              <span className="f3 xs num el">{bucket.note}</span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
