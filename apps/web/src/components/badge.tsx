/** Small marks with a word: state in colour, facts in grey. */
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'neutral';

export function Badge({ tone = 'neutral', icon, children }: { tone?: Tone; icon?: LucideIcon; children: ReactNode }): ReactNode {
  return (
    <span className={`badge ${tone === 'neutral' ? '' : tone}`}>
      {icon === undefined ? null : <Icon of={icon} isSmall />}
      {children}
    </span>
  );
}

/** A state as a dot; the word beside it or `label` says it for those who cannot see colours. */
export function Dot({ tone, label }: { tone: Tone; label?: string }): ReactNode {
  return (
    <i
      className={`dot ${tone === 'neutral' ? '' : tone}`}
      {...(label === undefined ? {} : { role: 'img', 'aria-label': label })}
    />
  );
}
