/** Icons at the console's two sizes; decoration only, words or labels stand beside them. */
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export interface IconProps {
  readonly of: LucideIcon;
  /** 14 px instead of 16. */
  readonly isSmall?: boolean;
  readonly className?: string;
}

export function Icon({ of: Shape, isSmall = false, className = '' }: IconProps): ReactNode {
  return <Shape className={`ic ${isSmall ? 's' : ''} ${className}`} strokeWidth={1.75} aria-hidden="true" focusable="false" />;
}

/** The sluice: two posts, a gate, water. */
export function Logo(): ReactNode {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" aria-hidden="true">
      <path d="M3 2.5v15M17 2.5v15" />
      <path d="M3 5.5h14M6 9h8" />
      <path stroke="var(--accent)" d="M3 14.5c2.3-1.8 4.7 1.8 7 0s4.700-1.8 7 0" />
    </svg>
  );
}
