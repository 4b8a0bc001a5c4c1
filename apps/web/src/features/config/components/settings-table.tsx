/** Settings by section; a click or Enter on a value that may change opens it for editing in place. */
import type { ConfigEffect, ConfigSetting, ConfigSource, ConsoleConfig } from '@sluice/protocol/console';
import { Pencil, Undo2 } from 'lucide-react';
import { Fragment, type ReactNode, useState } from 'react';
import { Badge, type Tone } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import { TextInput } from '../../../components/field.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { withoutSetting, withSetting } from '../model/draft.ts';
import { useConfigDraft } from '../model/draft-store.ts';
import { editText, parseValue, showSetting } from '../model/setting-value.ts';

export const effectTones: Readonly<Record<ConfigEffect, Tone>> = { live: 'ok', reload: 'info', restart: 'warn' };
export const sourceWords: Readonly<Record<ConfigSource, string>> = {
  default: 'default',
  file: 'file',
  command_line: 'command line',
  console: 'console',
};

export interface SettingsTableProps {
  readonly config: ConsoleConfig;
  readonly text: string;
  readonly editKey: string | null;
  readonly offReason: string | undefined;
  readonly onEdit: (key: string | null) => void;
}

export function SettingsTable(props: SettingsTableProps): ReactNode {
  const text = props.text.toLowerCase();
  const found = props.config.settings.filter((setting) =>
    [setting.key, setting.title, setting.description, setting.section].some((part) => part.toLowerCase().includes(text)),
  );
  const sections = sectionsOf(found);
  if (found.length === 0) {
    return (
      <div className="scroll">
        <EmptyState title="No setting of that name" />
      </div>
    );
  }
  return (
    <div className="scroll">
      <table className="tb cfg" aria-label="Settings">
        <colgroup>
          <col style={{ width: '34%' }} />
          <col />
          <col style={{ width: 120 }} className="h-md" />
          <col style={{ width: 110 }} />
          <col style={{ width: 96 }} />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Value</th>
            <th scope="col" className="h-md">
              Default
            </th>
            <th scope="col">From</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {sections.map((section) => (
            <Fragment key={section}>
              <tr className="sect">
                <th scope="rowgroup">{section}</th>
                <td />
                <td className="h-md" />
                <td />
                <td />
              </tr>
              {found
                .filter((setting) => setting.section === section)
                .map((setting) => (
                  <SettingRow key={setting.key} setting={setting} {...props} />
                ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** As the server orders them, what has no heading of its own last. */
function sectionsOf(settings: readonly ConfigSetting[]): string[] {
  const all = [...new Set(settings.map((setting) => setting.section))];
  return [...all.filter((section) => section !== 'Other'), ...all.filter((section) => section === 'Other')];
}

interface SettingRowProps extends SettingsTableProps {
  readonly setting: ConfigSetting;
}

function SettingRow({ setting, config, editKey, offReason, onEdit }: SettingRowProps): ReactNode {
  const [draft, setDraft] = useConfigDraft();
  const pending = draft.settings[setting.key];
  const isChanged = pending !== undefined;
  const shown = isChanged ? pending : setting.value;
  if (editKey === setting.key && setting.isEditable && offReason === undefined) {
    return (
      <EditedRow
        setting={setting}
        start={shown}
        onDone={(value) => {
          if (value !== undefined) setDraft(withSetting(draft, config, setting.key, value));
          onEdit(null);
        }}
      />
    );
  }
  return (
    <tr className={isChanged ? 'changed' : ''} title={setting.description}>
      <NameCell setting={setting} />
      <td>
        <span className="row vrow">
          {isChanged ? <del className="mono f3">{showSetting(setting, setting.value)}</del> : null}
          <ValueButton setting={setting} value={shown} offReason={offReason} onEdit={onEdit} />
          {isChanged ? (
            <Button
              variant="ghost"
              isSmall
              icon={Undo2}
              aria-label={`Take back the change of ${setting.key}`}
              onClick={() => setDraft(withoutSetting(draft, setting.key))}
            />
          ) : null}
        </span>
      </td>
      <FactCells setting={setting} />
    </tr>
  );
}

function NameCell({ setting }: { setting: ConfigSetting }): ReactNode {
  return (
    <td className="el">
      {setting.title === setting.key ? null : setting.title} <span className="mono f3">{setting.key}</span>
    </td>
  );
}

function FactCells({ setting }: { setting: ConfigSetting }): ReactNode {
  return (
    <>
      <td className="mono f3 h-md">{showSetting(setting, setting.defaultValue)}</td>
      <td>{setting.source === 'default' ? <span className="f3">default</span> : <Badge>{sourceWords[setting.source]}</Badge>}</td>
      <td>
        {setting.isEditable ? (
          <Badge tone={effectTones[setting.effect]}>{setting.effect}</Badge>
        ) : (
          <span className="f3">file only</span>
        )}
      </td>
    </>
  );
}

interface EditedRowProps {
  readonly setting: ConfigSetting;
  readonly start: ConfigSetting['value'];
  /** Undefined: nothing changed. */
  readonly onDone: (value: ConfigSetting['value'] | undefined) => void;
}

/** The value as a field; below it what the setting means, or what is wrong with the text. */
function EditedRow({ setting, start, onDone }: EditedRowProps): ReactNode {
  const [text, setText] = useState(editText(start, setting.unit));
  const parsed = parseValue(text, setting);
  return (
    <>
      <tr className="editing">
        <NameCell setting={setting} />
        <td>
          <form
            className="row vrow"
            onSubmit={(event) => {
              event.preventDefault();
              if (parsed.ok) onDone(parsed.value);
            }}
          >
            <TextInput
              autoFocus
              isMono
              aria-label={setting.key}
              aria-describedby="setting-note"
              wrapClassName="vinp"
              value={text}
              {...(parsed.ok ? {} : { 'aria-invalid': true })}
              onChange={(event) => setText(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Escape') return;
                event.stopPropagation();
                onDone(undefined);
              }}
              onFocus={(event) => event.currentTarget.select()}
            />
            <Button type="submit" isSmall disabled={!parsed.ok}>
              Keep
            </Button>
          </form>
        </td>
        <FactCells setting={setting} />
      </tr>
      <tr className="explain">
        <td colSpan={4}>
          <span id="setting-note" className={parsed.ok ? '' : 'bad'} role={parsed.ok ? undefined : 'alert'}>
            {parsed.ok ? setting.description : parsed.message}
          </span>
          {setting.source === 'console' ? (
            <button type="button" className="lk back" onClick={() => onDone(null)}>
              Back to file or default
            </button>
          ) : null}
        </td>
        <td className="h-md" />
      </tr>
    </>
  );
}

interface ValueButtonProps {
  readonly setting: ConfigSetting;
  readonly value: ConfigSetting['value'];
  readonly offReason: string | undefined;
  readonly onEdit: (key: string) => void;
}

function ValueButton({ setting, value, offReason, onEdit }: ValueButtonProps): ReactNode {
  const shown = showSetting(setting, value);
  const title = typeof value === 'number' ? value.toLocaleString('en-US') : undefined;
  if (!setting.isEditable || offReason !== undefined) {
    return (
      <span className="mono el" title={setting.isEditable ? offReason : title}>
        {shown}
      </span>
    );
  }
  return (
    <button
      type="button"
      className="valb mono"
      title={title}
      aria-label={`Change ${setting.key}, now ${shown}`}
      onClick={() => onEdit(setting.key)}
    >
      <span className="el">{shown}</span>
      <Pencil className="ic s" strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}
