/** The fields of a stream's configuration, in groups; what an existing stream cannot change is marked with the reason. */
import { ChevronDown, ChevronRight, Lock } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { Field } from '../../../components/field.tsx';
import { Icon } from '../../../components/icon.tsx';
import type { ConfigDraft } from '../model/config-draft.ts';
import { type ConfigField, type ConfigGroup, configGroups, lockReason } from '../model/config-fields.ts';

export interface ConfigFormProps {
  readonly draft: ConfigDraft;
  /** Texts of the configuration in force; null for a new stream. */
  readonly held: ConfigDraft | null;
  /** Keys that the server says it will not change any more. */
  readonly fixedKeys?: readonly string[];
  readonly problems: Readonly<Record<string, string>>;
  readonly onChange: (key: string, text: string) => void;
}

export function ConfigForm(props: ConfigFormProps): ReactNode {
  return (
    <div className="cfgform">
      {configGroups.map((group) => (
        <Group key={group.title} group={group} {...props} />
      ))}
    </div>
  );
}

function Group({ group, ...props }: ConfigFormProps & { group: ConfigGroup }): ReactNode {
  const [isOpen, setIsOpen] = useState(group.isFolded !== true);
  const isSingle = group.fields.every((field) => field.kind !== 'count' && field.kind !== 'choice' && field.kind !== 'flag');
  return (
    <fieldset className="cfggroup">
      <legend>
        <button type="button" className="row lk plain" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          <Icon of={isOpen ? ChevronDown : ChevronRight} isSmall />
          {group.title}
        </button>
      </legend>
      {isOpen ? (
        <div className={isSingle ? 'cfgone' : 'cfgtwo'}>
          {group.fields.map((field) => (
            <FieldEditor key={field.key} field={field} {...props} />
          ))}
        </div>
      ) : null}
    </fieldset>
  );
}

function FieldEditor({
  field,
  draft,
  held,
  fixedKeys = [],
  problems,
  onChange,
}: ConfigFormProps & { field: ConfigField }): ReactNode {
  const text = draft.texts[field.key] ?? '';
  const heldText = held?.texts[field.key] ?? '';
  const lock =
    held === null ? null : (lockReason(field, heldText) ?? (fixedKeys.includes(field.key) ? 'Cannot be changed' : null));
  const isChanged = held !== null && text !== heldText;
  const set = (value: string): void => onChange(field.key, value);
  if (field.kind === 'flag') return <FlagEditor field={field} isOn={text === 'true'} lock={lock} onChange={set} />;
  if (field.kind === 'choice')
    return <ChoiceEditor field={field} value={text} held={held === null ? null : heldText} lock={lock} onChange={set} />;
  return (
    <Field
      label={isChanged ? `${field.label} (changed)` : field.label}
      value={text}
      isMono={field.kind === 'subjects' || field.kind === 'name'}
      placeholder={field.kind === 'bytes' || field.kind === 'count' || field.kind === 'duration' ? 'no limit' : ''}
      readOnly={lock !== null}
      error={problems[field.key]}
      hint={lock ?? field.hint}
      {...(lock === null ? {} : { end: <Icon of={Lock} isSmall /> })}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}

interface FlagEditorProps {
  readonly field: ConfigField;
  readonly isOn: boolean;
  readonly lock: string | null;
  readonly onChange: (text: string) => void;
}

function FlagEditor({ field, isOn, lock, onChange }: FlagEditorProps): ReactNode {
  const id = useId();
  return (
    <div className="cfgflag">
      <label className="row">
        <input
          type="checkbox"
          checked={isOn}
          disabled={lock !== null}
          aria-describedby={id}
          onChange={(event) => onChange(event.target.checked ? 'true' : '')}
        />
        {field.label}
        {lock === null ? null : <Icon of={Lock} isSmall className="f3" />}
      </label>
      <span id={id} className="xs f3">
        {lock ?? field.hint}
      </span>
    </div>
  );
}

interface ChoiceEditorProps {
  readonly field: ConfigField;
  readonly value: string;
  /** Null for a new stream. */
  readonly held: string | null;
  readonly lock: string | null;
  readonly onChange: (text: string) => void;
}

function ChoiceEditor({ field, value, held, lock, onChange }: ChoiceEditorProps): ReactNode {
  const id = useId();
  // A stream that exists can no more become a work queue than stop being one.
  const choices = (field.choices ?? []).filter(
    (choice) => held === null || field.change !== 'not-workqueue' || choice === held || choice !== 'workqueue',
  );
  return (
    <div className="lab">
      <label htmlFor={id}>{held !== null && held !== value ? `${field.label} (changed)` : field.label}</label>
      <span className="inp sel">
        {lock === null ? null : <Icon of={Lock} isSmall />}
        <select
          id={id}
          value={value}
          disabled={lock !== null}
          aria-describedby={`${id}-note`}
          onChange={(event) => onChange(event.target.value)}
        >
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice === 'default' ? 'as the server is set' : choice}
            </option>
          ))}
        </select>
      </span>
      <span id={`${id}-note`} className="xs f3">
        {lock ?? field.hint}
      </span>
    </div>
  );
}
