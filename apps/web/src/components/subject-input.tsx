/** An input for a subject or pattern: tells at once what is wrong with it and suggests subjects that were seen. */
import { Combobox, useCombobox } from '@mantine/core';
import { isLiteralSubject, isValidSubject } from '@sluice/protocol';
import { type KeyboardEvent, type ReactNode, useId } from 'react';
import { TextInput } from './field.tsx';
import { Subject } from './subject.tsx';

/** What is wrong with a subject, or null. Empty text is not wrong yet. */
export function subjectProblem(subject: string, areWildcardsAllowed: boolean): string | null {
  if (subject === '') return null;
  if (/\s/.test(subject)) return 'A subject holds no blanks';
  if (subject.startsWith('.') || subject.endsWith('.') || subject.includes('..')) return 'A token between two dots is empty';
  if (!isValidSubject(subject)) return '> stands only at the end';
  if (!areWildcardsAllowed && !isLiteralSubject(subject)) return 'No wildcards here: name one subject';
  return null;
}

export interface SubjectInputProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Enter, with a valid subject. */
  readonly onSubmit?: (value: string) => void;
  /** Subjects or patterns to offer; the newest or hottest first. */
  readonly suggestions?: readonly string[];
  readonly areWildcardsAllowed?: boolean;
  readonly placeholder?: string;
  readonly className?: string;
  readonly isDisabled?: boolean;
  readonly isAutoFocused?: boolean;
  readonly onKeyDown?: (event: KeyboardEvent<HTMLInputElement>) => void;
  readonly end?: ReactNode;
}

const SUGGESTIONS_MAX = 12;

export function SubjectInput(props: SubjectInputProps): ReactNode {
  const { label, value, onChange, onSubmit, suggestions = [], areWildcardsAllowed = false, placeholder, className = '' } = props;
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const noteId = useId();
  const problem = subjectProblem(value, areWildcardsAllowed);
  const offered = suggestions.filter((subject) => subject !== value && subject.includes(value)).slice(0, SUGGESTIONS_MAX);
  return (
    <Combobox
      store={combobox}
      onOptionSubmit={(subject) => {
        onChange(subject);
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target>
        <TextInput
          aria-label={label}
          isMono
          wrapClassName={className}
          value={value}
          placeholder={placeholder}
          disabled={props.isDisabled}
          autoFocus={props.isAutoFocused}
          {...(problem === null ? {} : { 'aria-invalid': true, 'aria-describedby': noteId })}
          onChange={(event) => {
            onChange(event.currentTarget.value);
            combobox.openDropdown();
          }}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
          onKeyDown={(event) => {
            props.onKeyDown?.(event);
            if (event.key !== 'Enter' || event.defaultPrevented || combobox.getSelectedOptionIndex() >= 0) return;
            if (problem === null && value !== '') {
              combobox.closeDropdown();
              onSubmit?.(value);
            }
          }}
          end={
            problem === null ? (
              props.end
            ) : (
              <span id={noteId} className="xs bad nw" role="alert">
                {problem}
              </span>
            )
          }
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={offered.length === 0}>
        <Combobox.Options aria-label="Subjects">
          {offered.map((subject) => (
            <Combobox.Option key={subject} value={subject}>
              <Subject value={subject} />
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
