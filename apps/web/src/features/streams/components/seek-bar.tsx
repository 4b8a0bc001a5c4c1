/** Where reading begins: an end, a sequence, a moment; which way it goes; which subjects. */
import type { StreamDetail } from '@sluice/protocol/console';
import { ArrowDownWideNarrow, ArrowUpNarrowWide, Clock, Hash } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { TextInput } from '../../../components/field.tsx';
import { Seg } from '../../../components/seg.tsx';
import { SubjectInput, subjectProblem } from '../../../components/subject-input.tsx';
import { formatTime } from '../../../lib/format.ts';
import { useTimeZone } from '../../../lib/preferences.ts';
import type { SearchPatch } from '../../../lib/url-state.ts';
import { parseMoment, type SeekMode, type StreamSearch } from '../model/stream-search.ts';

export interface SeekBarProps {
  readonly search: StreamSearch;
  readonly detail: StreamDetail;
  readonly onChange: (change: SearchPatch) => void;
}

const modes: readonly { readonly value: SeekMode; readonly label: string }[] = [
  { value: 'newest', label: 'Newest' },
  { value: 'oldest', label: 'Oldest' },
  { value: 'seq', label: 'Sequence' },
  { value: 'time', label: 'Time' },
];

export function SeekBar({ search, detail, onChange }: SeekBarProps): ReactNode {
  const { seek, order } = search;
  return (
    <div className="seekbar row">
      <Seg
        label="Read from"
        options={modes}
        value={seek}
        onChange={(mode) => onChange({ seek: mode === 'newest' ? undefined : mode, order: undefined })}
      />
      {seek === 'seq' ? <SequenceInput search={search} detail={detail} onChange={onChange} /> : null}
      {seek === 'time' ? <MomentInput search={search} detail={detail} onChange={onChange} /> : null}
      {seek === 'seq' || seek === 'time' ? (
        <Button
          icon={order === 'asc' ? ArrowUpNarrowWide : ArrowDownWideNarrow}
          aria-label={order === 'asc' ? 'Reads towards newer messages; turn round' : 'Reads towards older messages; turn round'}
          title={order === 'asc' ? 'Towards newer messages' : 'Towards older messages'}
          onClick={() => onChange({ order: order === 'asc' ? 'desc' : undefined })}
        />
      ) : null}
      <SubjectFilter search={search} detail={detail} onChange={onChange} />
    </div>
  );
}

function SequenceInput({ search, detail, onChange }: SeekBarProps): ReactNode {
  const held = search.seq === null ? '' : String(search.seq);
  const [text, setText] = useState(held);
  useEffect(() => setText(held), [held]);
  const digits = text.replace(/[\s,]/g, '');
  const isWrong = digits !== '' && !/^\d{1,15}$/.test(digits);
  const go = (): void => {
    if (!isWrong) onChange({ seq: digits === '' ? undefined : digits });
  };
  return (
    <TextInput
      autoFocus={search.seq === null}
      aria-label="Sequence"
      icon={Hash}
      isMono
      wrapClassName="seekinp"
      placeholder={`${detail.row.firstSeq} to ${detail.row.lastSeq}`}
      value={text}
      aria-invalid={isWrong}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') go();
      }}
      onBlur={go}
    />
  );
}

function MomentInput({ search, onChange }: SeekBarProps): ReactNode {
  const [zone] = useTimeZone();
  const held = search.atMs === null ? '' : formatTime(search.atMs, zone, 'date');
  const [text, setText] = useState(held);
  useEffect(() => setText(held), [held]);
  const atMs = parseMoment(text, zone, Date.now());
  const isWrong = text.trim() !== '' && atMs === null;
  const go = (): void => {
    if (isWrong || text === held) return;
    onChange({ at: atMs ?? undefined });
  };
  return (
    <TextInput
      autoFocus={search.atMs === null}
      aria-label={`Moment in ${zone === 'utc' ? 'UTC' : 'local time'}`}
      icon={Clock}
      wrapClassName="seekinp"
      placeholder="15m ago or 2026-11-24"
      value={text}
      aria-invalid={isWrong}
      title={isWrong ? 'How long ago, as 15m or 2h; a date, a time of today, or both: 2026-11-24 14:05:12' : undefined}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') go();
      }}
      onBlur={go}
    />
  );
}

/** Asks the server when typing pauses, so that half a subject is not a search. Milliseconds. */
const TYPING_MS = 400;

function SubjectFilter({ search, detail, onChange }: SeekBarProps): ReactNode {
  const { subject } = search;
  const [text, setText] = useState(subject);
  useEffect(() => setText(subject), [subject]);
  useEffect(() => {
    if (text === subject || subjectProblem(text, true) !== null) return;
    const timer = setTimeout(() => onChange({ subject: text }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, subject, onChange]);
  return (
    <span className="seeksubject">
      <SubjectInput
        label="Filter by subject"
        placeholder="Subject filter"
        areWildcardsAllowed
        value={text}
        suggestions={detail.row.subjectPatterns}
        onChange={setText}
      />
    </span>
  );
}
