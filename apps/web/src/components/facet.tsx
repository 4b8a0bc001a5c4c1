/** A filter on one field: the values that occur with their counts, any of which may be chosen. */
import { Popover } from '@mantine/core';
import { ChevronDown, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { formatCount } from '../lib/format.ts';
import { TextInput } from './field.tsx';
import { Icon } from './icon.tsx';

export interface FacetOption {
  readonly value: string;
  readonly count?: number;
  readonly label?: string;
}

export interface FacetProps {
  readonly name: string;
  /** Undefined while they are loading. */
  readonly options: readonly FacetOption[] | undefined;
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
  readonly className?: string;
  /** True takes one value at most. */
  readonly isSingle?: boolean;
  /** Called when the list opens, to load the counts. */
  readonly onOpen?: () => void;
}

const SEARCH_FROM = 9;

export function Facet({ name, options, chosen, onChange, className = '', isSingle = false, onOpen }: FacetProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const [text, setText] = useState('');
  const isSet = chosen.length > 0;
  const open = (next: boolean): void => {
    setIsOpen(next);
    setText('');
    if (next) onOpen?.();
  };
  const toggle = (value: string): void => {
    const isOn = chosen.includes(value);
    if (isSingle) onChange(isOn ? [] : [value]);
    else onChange(isOn ? chosen.filter((each) => each !== value) : [...chosen, value]);
  };
  const shown = (options ?? []).filter((option) => (option.label ?? option.value).toLowerCase().includes(text.toLowerCase()));
  const labelOf = (value: string): string => options?.find((option) => option.value === value)?.label ?? value;
  return (
    <span className={`facetw ${className}`}>
      <Popover opened={isOpen} onChange={open} position="bottom-start" shadow="none" trapFocus withinPortal>
        <Popover.Target>
          <button type="button" className={`facet ${isSet ? 'set' : ''}`} aria-expanded={isOpen} onClick={() => open(!isOpen)}>
            {name}
            {isSet ? <b className="el">{chosen.map(labelOf).join(', ')}</b> : null}
            <Icon of={ChevronDown} isSmall />
          </button>
        </Popover.Target>
        <Popover.Dropdown className="menu" aria-label={name}>
          {(options?.length ?? 0) >= SEARCH_FROM ? (
            <TextInput
              aria-label={`Search ${name}`}
              placeholder="Search"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          ) : null}
          {options === undefined ? <p className="f3 sm pad">Loading…</p> : null}
          {options !== undefined && shown.length === 0 ? <p className="f3 sm pad">No values</p> : null}
          <ul className="opts">
            {shown.map((option) => (
              <li key={option.value}>
                <label className="opt">
                  <input type="checkbox" checked={chosen.includes(option.value)} onChange={() => toggle(option.value)} />
                  <span className="el grow">{option.label ?? option.value}</span>
                  {option.count === undefined ? null : <span className="f3 num xs">{formatCount(option.count)}</span>}
                </label>
              </li>
            ))}
          </ul>
        </Popover.Dropdown>
      </Popover>
      {isSet ? (
        <button type="button" className="facetx" aria-label={`Clear ${name}`} onClick={() => onChange([])}>
          <Icon of={X} isSmall />
        </button>
      ) : null}
    </span>
  );
}
