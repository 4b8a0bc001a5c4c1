/** The subjects of a tap as chips in one field; `!subject` leaves messages out. Enter, comma or a blank adds, Backspace takes the last away. */
import { X } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { Icon } from '../../../components/icon.tsx';
import { Subject } from '../../../components/subject.tsx';
import { subjectProblem } from '../../../components/subject-input.tsx';
import { TAP_MAX_SUBJECTS } from '../model/tap-search.ts';

export interface SubjectChipsProps {
  subjects: readonly string[];
  exclude: readonly string[];
  onChange: (change: { subjects?: string[]; exclude?: string[] }) => void;
}

export function SubjectChips({ subjects, exclude, onChange }: SubjectChipsProps) {
  const [text, setText] = useState('');
  const isExclude = text.startsWith('!');
  const typed = isExclude ? text.slice(1) : text;
  const problem = subjectProblem(typed, true) ?? fullProblem(isExclude ? exclude : subjects);

  const add = () => {
    if (typed === '' || problem !== null) return;
    if (isExclude) onChange({ exclude: [...new Set([...exclude, typed])] });
    else onChange({ subjects: [...new Set([...subjects, typed])] });
    setText('');
  };
  const takeLast = () => {
    if (exclude.length > 0) onChange({ exclude: exclude.slice(0, -1) });
    else onChange({ subjects: subjects.slice(0, -1) });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (['Enter', ',', ' '].includes(event.key)) {
      event.preventDefault();
      add();
    }
    if (event.key === 'Backspace' && text === '') takeLast();
  };

  return (
    <div className={`inp chips grow tap-chips ${problem === null ? '' : 'err'}`}>
      {subjects.map((subject) => (
        <Chip
          key={subject}
          subject={subject}
          onRemove={() => onChange({ subjects: subjects.filter((other) => other !== subject) })}
        />
      ))}
      {exclude.map((subject) => (
        <Chip
          key={`!${subject}`}
          subject={subject}
          isExclude
          onRemove={() => onChange({ exclude: exclude.filter((other) => other !== subject) })}
        />
      ))}
      <input
        aria-label="Add subject"
        aria-invalid={problem !== null}
        className="mono"
        spellCheck={false}
        autoComplete="off"
        placeholder={subjects.length === 0 ? 'Subject, such as orders.> or >' : 'Add subject, ! leaves out'}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={add}
      />
      {problem === null ? null : (
        <span className="xs bad nw" role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}

function fullProblem(list: readonly string[]): string | null {
  return list.length >= TAP_MAX_SUBJECTS ? `At most ${TAP_MAX_SUBJECTS}` : null;
}

function Chip({ subject, isExclude = false, onRemove }: { subject: string; isExclude?: boolean; onRemove: () => void }) {
  return (
    <span className={isExclude ? 'chip tap-not' : 'chip'}>
      {isExclude ? <span className="xs f3">not</span> : null}
      <Subject value={subject} />
      <button
        type="button"
        className="tap-chipx"
        aria-label={`Remove ${isExclude ? 'exclusion of ' : ''}${subject}`}
        onClick={onRemove}
      >
        <Icon of={X} isSmall />
      </button>
    </span>
  );
}
