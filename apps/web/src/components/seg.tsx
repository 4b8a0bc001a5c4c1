/** A choice of one from few, as a row of segments: a radio group with arrow keys. */
import { type KeyboardEvent, type ReactNode, useRef } from 'react';

export interface SegOption<Value extends string> {
  readonly value: Value;
  readonly label: ReactNode;
  /** Hidden below 1200 px. */
  readonly isWideOnly?: boolean;
}

export interface SegProps<Value extends string> {
  readonly label: string;
  readonly options: readonly SegOption<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  /** 24 px instead of 28. */
  readonly isSmall?: boolean;
}

export function Seg<Value extends string>({ label, options, value, onChange, isSmall = false }: SegProps<Value>): ReactNode {
  const group = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const step =
      event.key === 'ArrowRight' || event.key === 'ArrowDown' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const index = options.findIndex((option) => option.value === value);
    const next = options[(index + step + options.length) % options.length];
    if (next === undefined) return;
    onChange(next.value);
    group.current?.querySelector<HTMLButtonElement>(`[data-value="${CSS.escape(next.value)}"]`)?.focus();
  };
  return (
    <div ref={group} className={`seg ${isSmall ? 'sm' : ''}`} role="radiogroup" aria-label={label} onKeyDown={move}>
      {options.map((option) => {
        const isOn = option.value === value;
        const classes = `${isOn ? 'on' : ''} ${option.isWideOnly === true && !isOn ? 'h-md' : ''}`;
        return (
          // biome-ignore lint/a11y/useSemanticElements: a native radio cannot hold a count and be laid out as a segment
          <button
            key={option.value}
            type="button"
            role="radio"
            aria-checked={isOn}
            tabIndex={isOn ? 0 : -1}
            data-value={option.value}
            className={classes.trim()}
            onClick={() => onChange(option.value)}
          >
            {option.label}
          </button>
        );
      })}
    </div>
  );
}
