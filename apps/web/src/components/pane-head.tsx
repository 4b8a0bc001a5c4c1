/** The head of a pane beside a list: what is open, what can be done with it, and how it closes: by its button, or by Escape. */
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from './button.tsx';

export interface PaneHeadProps {
  /** The title, and what stands beside it. */
  readonly children: ReactNode;
  /** Stands before the button that closes. */
  readonly actions?: ReactNode;
  readonly className?: string;
  readonly onClose: () => void;
}

export function PaneHead({ children, actions, className = 'dhead', onClose }: PaneHeadProps): ReactNode {
  useEscape(onClose);
  return (
    <div className={`pane-h ${className}`}>
      {children}
      <span className="push row">
        {actions}
        <Button variant="ghost" isSmall icon={X} aria-label="Close" onClick={onClose} />
      </span>
    </div>
  );
}

/** Where Escape has a meaning of its own: what is being typed, what lies over the page. */
const OWN_ESCAPE = 'input:not([type="checkbox"]), textarea, select, [role="dialog"], [role="menu"], [role="listbox"]';

function useEscape(onEscape: () => void): void {
  const latest = useRef(onEscape);
  useEffect(() => {
    latest.current = onEscape;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      if (event.target instanceof Element && event.target.closest(OWN_ESCAPE) !== null) return;
      latest.current();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
