/**
 * The search box over a list on the server, reached with `/`: letters show at once, the question is asked when typing pauses. Escape
 * empties it, and leaves it when it is empty.
 */
import { Search } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { TextInput } from './field.tsx';

const TYPING_MS = 150;
const MAX_CHARS = 256;

export interface SearchInputProps {
  /** Said to screen readers. */
  readonly label: string;
  readonly placeholder: string;
  /** What was asked last. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly className?: string;
  readonly isMono?: boolean;
}

export function SearchInput(props: SearchInputProps): ReactNode {
  const { label, placeholder, value, onChange, className = 'csearch', isMono = false } = props;
  const [text, setText] = useTyped(value, onChange);
  return (
    <TextInput
      data-search
      type="search"
      aria-label={label}
      icon={Search}
      isMono={isMono}
      wrapClassName={className}
      placeholder={placeholder}
      maxLength={MAX_CHARS}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        if (text === '') event.currentTarget.blur();
        else setText('');
      }}
      end={<span className="kbd">/</span>}
    />
  );
}

/** The text as typed and its setter; the newest `onChange` is called with it after the pause. */
function useTyped(value: string, onChange: (value: string) => void): readonly [text: string, type: (text: string) => void] {
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => latest.current(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return [text, setText];
}
