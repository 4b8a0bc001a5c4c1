/** Tabs over one region: a tab list with arrow keys; the page keeps the chosen one in its URL. */
import type { KeyboardEvent, ReactNode } from 'react';
import { formatCompact } from '../lib/format.ts';

export interface TabOption<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly count?: number | null;
}

export interface TabsProps<Value extends string> {
  readonly label: string;
  readonly tabs: readonly TabOption<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** Id of the region that shows the chosen tab. */
  readonly panelId: string;
  /** 32 px and smaller text, for tabs inside a pane. */
  readonly isInner?: boolean;
  readonly end?: ReactNode;
}

export function Tabs<Value extends string>(props: TabsProps<Value>): ReactNode {
  const { label, tabs, value, onChange, panelId, isInner = false, end } = props;
  const move = (event: KeyboardEvent<HTMLElement>): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const index = tabs.findIndex((tab) => tab.value === value);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    onChange(next.value);
    document.getElementById(`${panelId}-tab-${next.value}`)?.focus();
  };
  return (
    <div className={`tabs ${isInner ? 'in' : ''}`}>
      <div className="tablist" role="tablist" aria-label={label} onKeyDown={move} tabIndex={-1}>
        {tabs.map((tab) => (
          <button
            key={tab.value}
            id={`${panelId}-tab-${tab.value}`}
            type="button"
            role="tab"
            aria-selected={tab.value === value}
            aria-controls={panelId}
            tabIndex={tab.value === value ? 0 : -1}
            className={tab.value === value ? 'on' : ''}
            onClick={() => onChange(tab.value)}
          >
            {tab.label}
            {tab.count === undefined ? null : <span className="ct">{formatCompact(tab.count)}</span>}
          </button>
        ))}
      </div>
      {end === undefined ? null : <span className="push row">{end}</span>}
    </div>
  );
}
