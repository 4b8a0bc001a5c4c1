/** The message being written: subject, headers, payload, and how it is sent. */
import { Braces, Plus, X } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { Button } from '../../../components/button.tsx';
import { Field, TextInput } from '../../../components/field.tsx';
import { Seg } from '../../../components/seg.tsx';
import { SubjectInput } from '../../../components/subject-input.tsx';
import { formatBytes } from '../../../lib/format.ts';
import { type Draft, type DraftProblem, HEADERS_MAX, payloadSizeBytes } from '../model/draft.ts';
import { templateVariables, unknownVariables, variableMeaning } from '../model/template-variables.ts';

export interface DraftEditorProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  problems: readonly DraftProblem[];
  suggestions: readonly string[];
  onSend: () => void;
}

export function DraftEditor({ draft, onChange, problems, suggestions, onSend }: DraftEditorProps): ReactNode {
  const problem = (field: DraftProblem['field']) => problems.find((each) => each.field === field)?.message ?? null;
  return (
    <form
      className="scroll wb-form"
      aria-label="Message"
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          onSend();
        }
      }}
    >
      <div className="lab">
        <span>Subject</span>
        <SubjectInput
          label="Subject"
          value={draft.subject}
          onChange={(subject) => onChange({ subject })}
          suggestions={suggestions}
          placeholder="orders.eu.created"
          isAutoFocused={draft.subject === ''}
        />
      </div>
      {draft.mode === 'publish' ? (
        <Field
          label="Reply subject, optional"
          isMono
          value={draft.reply}
          error={problem('reply')}
          onChange={(event) => onChange({ reply: event.currentTarget.value })}
        />
      ) : null}
      <HeadersGrid headers={draft.headers} onChange={(headers) => onChange({ headers })} problem={problem('headers')} />
      <PayloadEditor draft={draft} onChange={onChange} problem={problem('payload')} />
      {draft.mode === 'request' ? (
        <div className="wb-two">
          <NumberField
            label="Wait at most"
            unit="ms"
            value={draft.timeoutMs}
            error={problem('timeoutMs')}
            onChange={(timeoutMs) => onChange({ timeoutMs })}
          />
          <NumberField
            label="Stop after"
            unit="replies"
            value={draft.maxReplies}
            error={problem('maxReplies')}
            onChange={(maxReplies) => onChange({ maxReplies })}
          />
        </div>
      ) : (
        <RepeatEditor repeat={draft.repeat} onChange={(repeat) => onChange({ repeat })} problem={problem('repeat')} />
      )}
    </form>
  );
}

interface HeadersGridProps {
  headers: Draft['headers'];
  onChange: (headers: Draft['headers']) => void;
  problem: string | null;
}

function HeadersGrid({ headers, onChange, problem }: HeadersGridProps): ReactNode {
  const set = (place: number, pair: [string, string]) =>
    onChange(headers.map((known, index) => (index === place ? pair : known)));
  const rows = headers.map((pair, place) => ({ pair, place }));
  return (
    <fieldset className="wb-headers">
      <legend className="row">
        Headers
        <Button
          variant="ghost"
          isSmall
          icon={Plus}
          offReason={headers.length >= HEADERS_MAX ? `At most ${HEADERS_MAX} headers` : undefined}
          onClick={() => onChange([...headers, ['', '']])}
        >
          Add
        </Button>
      </legend>
      {rows.map(({ pair: [name, value], place }) => (
        <div key={place} className="wb-header">
          <TextInput
            isMono
            aria-label={`Name of header ${place + 1}`}
            placeholder="Name"
            value={name}
            onChange={(event) => set(place, [event.currentTarget.value, value])}
          />
          <TextInput
            isMono
            aria-label={`Value of header ${place + 1}`}
            placeholder="Value"
            value={value}
            onChange={(event) => set(place, [name, event.currentTarget.value])}
          />
          <Button
            variant="ghost"
            isSmall
            icon={X}
            aria-label={`Remove header ${place + 1}`}
            onClick={() => onChange(headers.filter((_, index) => index !== place))}
          />
        </div>
      ))}
      {problem === null ? null : (
        <p className="xs bad" role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

function PayloadEditor({
  draft,
  onChange,
  problem,
}: {
  draft: Draft;
  onChange: DraftEditorProps['onChange'];
  problem: string | null;
}): ReactNode {
  const id = useId();
  const unknown = draft.encoding === 'utf8' ? unknownVariables(`${draft.subject} ${draft.payload}`) : [];
  return (
    <div className="wb-payload">
      <div className="row">
        <label htmlFor={id} className="sm f2">
          Payload
        </label>
        <span className="f3 sm num">{formatBytes(payloadSizeBytes(draft))}</span>
        <span className="push row">
          <Button
            variant="ghost"
            isSmall
            icon={Braces}
            offReason={layoutProblem(draft)}
            onClick={() => onChange({ payload: formatted(draft.payload) })}
          >
            Lay out JSON
          </Button>
          <Seg
            label="Payload is written as"
            isSmall
            options={[
              { value: 'utf8', label: 'Text' },
              { value: 'base64', label: 'Base64' },
            ]}
            value={draft.encoding}
            onChange={(encoding) => onChange({ encoding })}
          />
        </span>
      </div>
      <textarea
        id={id}
        className="mono wb-text"
        spellCheck={false}
        value={draft.payload}
        aria-invalid={problem !== null}
        placeholder={draft.encoding === 'utf8' ? '{ "id": "{{uuid}}", "at": "{{now}}" }' : 'Base64'}
        onChange={(event) => onChange({ payload: event.target.value })}
      />
      {problem === null ? null : (
        <p className="xs bad" role="alert">
          {problem}
        </p>
      )}
      <p className="xs f3 wb-vars">
        {templateVariables.map((name) => (
          <button
            key={name}
            type="button"
            className="chip mono"
            title={variableMeaning[name]}
            onClick={() => onChange({ payload: `${draft.payload}{{${name}}}` })}
          >
            {`{{${name}}}`}
          </button>
        ))}
        {unknown.length === 0 ? null : (
          <span className="warn">{`{{${unknown[0]}}}`} is no variable and is sent as it stands.</span>
        )}
      </p>
    </div>
  );
}

/** Why the payload cannot be laid out: only JSON whose numbers all survive JavaScript is touched. */
function layoutProblem(draft: Draft): string | undefined {
  if (draft.encoding === 'base64') return 'Base64 is no JSON';
  if (draft.payload.length > 1_000_000) return 'Too long to lay out here';
  const laidOut = formatted(draft.payload);
  if (laidOut === draft.payload) return 'Not JSON, or laid out already';
  return squeezed(laidOut) === squeezed(draft.payload)
    ? undefined
    : 'Laying out would change a number: it has more digits than JavaScript keeps';
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, '');
}

function formatted(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

interface NumberFieldProps {
  label: string;
  unit: string;
  value: number;
  error: string | null;
  onChange: (value: number) => void;
}

function NumberField({ label, unit, value, error, onChange }: NumberFieldProps): ReactNode {
  return (
    <Field
      label={label}
      type="number"
      min={1}
      value={Number.isNaN(value) ? '' : value}
      error={error}
      end={<span className="f3 sm">{unit}</span>}
      onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
    />
  );
}

interface RepeatEditorProps {
  repeat: Draft['repeat'];
  onChange: (repeat: Draft['repeat']) => void;
  problem: string | null;
}

function RepeatEditor({ repeat, onChange, problem }: RepeatEditorProps): ReactNode {
  return (
    <fieldset className="wb-repeat">
      <label className="row">
        <input
          type="checkbox"
          checked={repeat !== null}
          onChange={(event) => onChange(event.target.checked ? { count: 100, perSecond: 10 } : null)}
        />
        Repeat
      </label>
      {repeat === null ? null : (
        <div className="wb-two">
          <NumberField
            label="Messages"
            unit="in all"
            value={repeat.count}
            error={problem}
            onChange={(count) => onChange({ ...repeat, count })}
          />
          <NumberField
            label="Rate"
            unit="per second"
            value={repeat.perSecond}
            error={null}
            onChange={(perSecond) => onChange({ ...repeat, perSecond })}
          />
        </div>
      )}
    </fieldset>
  );
}
