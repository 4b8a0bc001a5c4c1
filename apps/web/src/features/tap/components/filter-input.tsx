/** The filter of a tap: checked while it is typed, applied a moment after, with the place of a mistake. */
import { Popover } from '@mantine/core';
import { Check, CircleAlert, CircleQuestionMark, Filter } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Icon } from '../../../components/icon.tsx';
import { parseFilter } from '../model/filter-parser.ts';

/** Typing pauses this long before a filter is applied, in milliseconds. */
const APPLY_AFTER_MS = 300;

export interface FilterInputProps {
  value: string;
  onChange: (filter: string) => void;
}

export function FilterInput({ value, onChange }: FilterInputProps) {
  const [text, setText] = useState(value);
  const applied = useRef(value);
  useEffect(() => {
    if (value !== applied.current) setText(value);
    applied.current = value;
  }, [value]);
  useEffect(() => {
    if (text === applied.current || !parseFilter(text).ok) return;
    const timer = setTimeout(() => {
      applied.current = text;
      onChange(text);
    }, APPLY_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  const result = parseFilter(text);
  return (
    <div className={`inp grow mono tap-filter ${result.ok ? '' : 'err'}`}>
      <Icon of={Filter} isSmall />
      <input
        aria-label="Filter"
        data-search
        aria-invalid={!result.ok}
        aria-describedby="tap-filter-verdict"
        className="mono"
        spellCheck={false}
        autoComplete="off"
        placeholder={'Text in payload or headers, or json.total > 100 && header["Region"] != "test"'}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <span id="tap-filter-verdict" className="sm nw row tap-verdict" role="status">
        {result.ok ? <ValidMark isBlank={text.trim() === ''} /> : <Mistake message={result.message} at={result.at} />}
      </span>
      <FilterHelp />
    </div>
  );
}

function ValidMark({ isBlank }: { isBlank: boolean }) {
  if (isBlank) return <span className="kbd">/</span>;
  return (
    <span className="ok row">
      <Icon of={Check} isSmall className="ok" />
      <span className="h-md">valid</span>
    </span>
  );
}

function Mistake({ message, at }: { message: string; at: number }) {
  return (
    <span className="bad row">
      <Icon of={CircleAlert} isSmall className="bad" />
      {message}, at {at + 1}
    </span>
  );
}

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['ord_9F2K81', 'text in payload or headers, searched by the server'],
  ['subject matches "orders.*.created"', 'a subject or pattern'],
  ['header["Region"] == "eu"', 'a header; names in any case'],
  ['json.items[0].qty >= 2', 'a JSON field; big integers exact'],
  ['size > 4096', 'bytes, headers included'],
  ['payload contains "err" && !(cid == 7)', 'and, or, not, parentheses'],
];

function FilterHelp() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-end" shadow="none" withinPortal>
      <Popover.Target>
        <button
          type="button"
          className="tap-chipx"
          aria-label="How to filter"
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
        >
          <Icon of={CircleQuestionMark} isSmall />
        </button>
      </Popover.Target>
      <Popover.Dropdown className="menu tap-help" aria-label="How to filter">
        <dl className="kv one">
          {EXAMPLES.map(([example, meaning]) => (
            <FilterExample key={example} example={example} meaning={meaning} />
          ))}
        </dl>
        <p className="f2 sm">What the server can judge is judged there, before sampling; the rest in this browser.</p>
      </Popover.Dropdown>
    </Popover>
  );
}

function FilterExample({ example, meaning }: { example: string; meaning: string }) {
  return (
    <>
      <dt className="mono">{example}</dt>
      <dd>{meaning}</dd>
    </>
  );
}
