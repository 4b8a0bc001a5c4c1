/** Text fields and choices with their label, hint and error; the wrapper carries the border so that icons can sit inside. */
import type { LucideIcon } from 'lucide-react';
import { type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, useId } from 'react';
import { Icon } from './icon.tsx';

export interface TextInputProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'size'> {
  readonly icon?: LucideIcon;
  /** After the text: a unit, a key, a button. */
  readonly end?: ReactNode;
  readonly isMono?: boolean;
  readonly wrapClassName?: string;
  readonly ref?: Ref<HTMLInputElement>;
}

/** An input without a visible label; give `aria-label`. */
export function TextInput({ icon, end, isMono = false, wrapClassName = '', className = '', ...rest }: TextInputProps): ReactNode {
  const isInvalid = rest['aria-invalid'] === true;
  return (
    <span className={`inp ${isInvalid ? 'err' : ''} ${wrapClassName}`}>
      {icon === undefined ? null : <Icon of={icon} isSmall />}
      <input spellCheck={false} autoComplete="off" {...rest} className={`${isMono ? 'mono' : ''} ${className}`} />
      {end}
    </span>
  );
}

export interface FieldProps extends TextInputProps {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with the value; empty or undefined when nothing is. */
  readonly error?: string | null | undefined;
}

/** Label above, input, then the error or else the hint. */
export function Field({ label, hint, error, ...rest }: FieldProps): ReactNode {
  const id = useId();
  const isWrong = error !== undefined && error !== null && error !== '';
  const note = isWrong ? error : hint;
  return (
    <div className="lab">
      <label htmlFor={id}>{label}</label>
      <TextInput
        {...rest}
        id={id}
        {...(isWrong ? { 'aria-invalid': true } : {})}
        {...(note === undefined || note === null ? {} : { 'aria-describedby': `${id}-note` })}
      />
      {note === undefined || note === null ? null : (
        <span id={`${id}-note`} className={`xs ${isWrong ? 'bad' : 'f3'}`} role={isWrong ? 'alert' : undefined}>
          {note}
        </span>
      )}
    </div>
  );
}

export interface SelectFieldProps extends SelectHTMLAttributes<HTMLSelectElement> {
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly hint?: ReactNode;
}

/** A native select with its label above. */
export function SelectField({ label, options, hint, ...rest }: SelectFieldProps): ReactNode {
  const id = useId();
  return (
    <div className="lab">
      <label htmlFor={id}>{label}</label>
      <span className="inp sel">
        <select {...rest} id={id}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      </span>
      {hint === undefined ? null : <span className="xs f3">{hint}</span>}
    </div>
  );
}
