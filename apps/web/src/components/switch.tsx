/** A switch with its words: a checkbox to everybody but the eye. */
import type { ReactNode } from 'react';
import './switch.css';

export interface SwitchProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly className?: string;
}

export function Switch({ label, isOn, onChange, className = '' }: SwitchProps): ReactNode {
  return (
    <label className={`row sm f2 nw ${className}`}>
      <input
        type="checkbox"
        role="switch"
        className="switch"
        aria-checked={isOn}
        checked={isOn}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}
