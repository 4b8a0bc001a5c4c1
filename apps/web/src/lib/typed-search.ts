/** A search box over a list on the server: letters show at once, the question is asked when typing pauses. */
import { useEffect, useState } from 'react';

const TYPING_MS = 150;

/** The text as typed and its setter; `onChange` (stable) is called with it after the pause. */
export function useTypedSearch(
  value: string,
  onChange: (value: string) => void,
): readonly [text: string, type: (text: string) => void] {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return [text, setText];
}
