/** A cell that flashes once when its value changes; the style sheet turns it off for reduced motion. */
import { type ReactNode, useEffect, useRef } from 'react';

export interface FlashCellProps {
  readonly value: string | number | boolean | null;
  readonly className: string;
  readonly children: ReactNode;
}

export function FlashCell({ value, className, children }: FlashCellProps): ReactNode {
  const cell = useRef<HTMLTableCellElement>(null);
  const before = useRef(value);
  useEffect(() => {
    const node = cell.current;
    if (before.current === value || node === null) return;
    before.current = value;
    node.classList.remove('flash');
    // Reading the layout restarts the animation when the value changes again within its 600 ms.
    node.getBoundingClientRect();
    node.classList.add('flash');
  }, [value]);
  return (
    <td ref={cell} className={className}>
      {children}
    </td>
  );
}
