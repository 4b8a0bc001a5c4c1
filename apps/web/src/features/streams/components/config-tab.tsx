/** The configuration: as it is, and in an edit as it would be, with every change told and checked by the server before it counts. */

import { useDebouncedValue } from '@mantine/hooks';
import type { NatsDocument, StreamDetail } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { Lock } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Icon } from '../../../components/icon.tsx';
import { dataKeys, useAct } from '../../../components/jetstream/use-act.ts';
import { ScrollRegion } from '../../../components/scroll-region.tsx';
import { messageOf } from '../../../lib/api-client.ts';
import { plural } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import type { SearchPatch } from '../../../lib/url-state.ts';
import { updateStream } from '../api/streams-api.ts';
import { type ConfigChange, changedPart, configChanges } from '../model/config-diff.ts';
import { type ConfigJson, draftOf, readDraft } from '../model/config-draft.ts';
import { configGroups, lockReason } from '../model/config-fields.ts';
import { editCommand } from '../model/stream-command.ts';
import { ConfigForm } from './config-form.tsx';
import { CommandPane } from './create-stream.tsx';

export interface ConfigTabProps {
  readonly detail: StreamDetail;
  readonly account: string;
  readonly isEditing: boolean;
  readonly onChange: (change: SearchPatch) => void;
}

export function ConfigTab({ detail, account, isEditing, onChange }: ConfigTabProps): ReactNode {
  const may = useMay('admin');
  if (isEditing && may) {
    return <EditConfig key={detail.row.name} detail={detail} account={account} onClose={() => onChange({ edit: undefined })} />;
  }
  const json = JSON.stringify(detail.config, null, 2);
  return (
    <div className="split">
      <ScrollRegion className="formcol" label="Configuration">
        <ConfigFacts detail={detail} />
      </ScrollRegion>
      <aside className="col side previewp" aria-label="Configuration as JSON">
        <div className="pane-h">
          <h2>JSON</h2>
          <span className="push row">
            <CopyButton text={json} />
            <Button
              isSmall
              offReason={
                may ? (detail.row.isSealed ? 'A sealed stream cannot change' : undefined) : 'Editing needs the role admin'
              }
              onClick={() => onChange({ edit: 'true' })}
            >
              Edit
            </Button>
          </span>
        </div>
        <ScrollRegion className="code jsondoc" label="JSON">
          {json}
        </ScrollRegion>
        <CommandPane command={detail.command} />
      </aside>
    </div>
  );
}

/** Every field in words; those that cannot change any more carry a lock. */
function ConfigFacts({ detail }: { detail: StreamDetail }): ReactNode {
  const { texts } = draftOf(detail.config);
  return (
    <div className="cfgfacts">
      {configGroups.map((group) => (
        <section key={group.title}>
          <h3>{group.title}</h3>
          <dl className="kv one">
            {group.fields.map((field) => {
              const text = texts[field.key] ?? '';
              const lock = lockReason(field, text) ?? (detail.fixedKeys.includes(field.key) ? 'Cannot be changed' : null);
              return (
                <div key={field.key} className="cfgfact">
                  <dt>{field.label}</dt>
                  <dd className={field.kind === 'subjects' ? 'mono' : 'num'}>
                    {wordsOf(text, field.kind)}
                    {lock === null ? null : (
                      <span className="f3 xs lockw" title={lock}>
                        <Icon of={Lock} isSmall /> {lock}
                      </span>
                    )}
                  </dd>
                </div>
              );
            })}
          </dl>
        </section>
      ))}
    </div>
  );
}

function wordsOf(text: string, kind: string): string {
  if (kind === 'flag') return text === 'true' ? 'yes' : 'no';
  if (text !== '') return text === 'default' ? 'as the server is set' : text;
  return kind === 'text' || kind === 'subjects' || kind === 'name' ? 'none' : 'no limit';
}

interface EditConfigProps {
  readonly detail: StreamDetail;
  readonly account: string;
  readonly onClose: () => void;
}

/** The server is asked this long after the last keystroke. Milliseconds. */
const CHECK_MS = 400;

function EditConfig({ detail, account, onClose }: EditConfigProps): ReactNode {
  const { name } = detail.row;
  // What was in force when the edit began: a change by somebody else meanwhile must not move the form.
  const [held] = useState(() => ({ config: detail.config, draft: draftOf(detail.config) }));
  const [draft, setDraft] = useState(held.draft);
  const act = useAct(dataKeys);
  const { config, problems } = readDraft(draft, { isWhole: true });
  const changes = configChanges(held.config, config);
  const part = changedPart(config, changes);
  const isValid = Object.keys(problems).length === 0;
  const verdict = useServerVerdict(name, account, isValid && changes.length > 0 ? part : null);
  const offReason = !isValid
    ? Object.values(problems)[0]
    : changes.length === 0
      ? 'Nothing is changed'
      : (verdict.refusal ?? undefined);
  return (
    <div className="split">
      <div className="scroll formcol">
        <ConfigForm
          draft={draft}
          held={held.draft}
          fixedKeys={detail.fixedKeys}
          problems={problems}
          onChange={(key, text) => setDraft({ ...draft, texts: { ...draft.texts, [key]: text } })}
        />
      </div>
      <aside className="col side previewp" aria-label="Changes">
        <div className="pane-h">
          <h2>Changes</h2>
          <span className="sub">{changes.length === 0 ? 'none yet' : plural(changes.length, 'field')}</span>
        </div>
        <div className="scroll">
          <Changes changes={changes} />
          {verdict.refusal === null ? null : (
            <p className="note bad jsnote" role="alert">
              {verdict.refusal}
            </p>
          )}
          {verdict.isAccepted ? <p className="note jsnote">The server would take this.</p> : null}
        </div>
        {changes.length === 0 ? null : <CommandPane command={editCommand(name, config, Object.keys(part))} />}
        <div className="dfoot between">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            offReason={offReason}
            disabled={act.isBusy}
            onClick={() =>
              void act
                .run(
                  () => updateStream(name, account, { config: part, expected: pick(held.config, Object.keys(part)) }),
                  () => `Changed ${plural(changes.length, 'field')} of ${name}`,
                )
                .then((result) => {
                  if (result !== undefined) onClose();
                })
            }
          >
            Apply
          </Button>
        </div>
      </aside>
    </div>
  );
}

/** These keys of a configuration; null for what is not in it. */
function pick(config: NatsDocument, keys: readonly string[]): NatsDocument {
  return Object.fromEntries(keys.map((key) => [key, config[key] ?? null]));
}

interface Verdict {
  readonly refusal: string | null;
  readonly isAccepted: boolean;
}

/** What the server says to a change, without making it; `part` null: nothing to ask. */
function useServerVerdict(name: string, account: string, part: ConfigJson | null): Verdict {
  const text = part === null ? '' : JSON.stringify(part);
  const [asked] = useDebouncedValue(text, CHECK_MS);
  const { data, error } = useQuery({
    queryKey: ['stream', account, name, 'dry-run', asked],
    queryFn: () => updateStream(name, account, { config: JSON.parse(asked), isDryRun: true }),
    enabled: asked !== '' && asked === text,
    retry: false,
    placeholderData: () => undefined,
  });
  if (text === '' || asked !== text) return { refusal: null, isAccepted: false };
  const fixed = data?.changes.filter((change) => !change.isChangeable).map((change) => change.path) ?? [];
  if (fixed.length > 0) return { refusal: `The server refuses to change ${fixed.join(', ')}.`, isAccepted: false };
  return { refusal: error === null ? null : messageOf(error), isAccepted: data !== undefined };
}

function Changes({ changes }: { changes: readonly ConfigChange[] }): ReactNode {
  if (changes.length === 0) return <p className="sec f2 sm">What you change on the left is listed here before it is applied.</p>;
  return (
    <ul className="dk">
      {changes.map((change) => (
        <li key={change.key}>
          <b className="m5">{change.label}</b>
          <del className="mono sm">{change.before}</del>
          <ins className="mono sm">{change.after}</ins>
        </li>
      ))}
    </ul>
  );
}
