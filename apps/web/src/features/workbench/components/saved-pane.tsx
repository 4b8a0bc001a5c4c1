/** Templates of the user, and the history of this browser. */
import { RotateCcw, Save, Trash2 } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { TextInput } from '../../../components/field.tsx';
import { Subject } from '../../../components/subject.tsx';
import { Tabs } from '../../../components/tabs.tsx';
import { Time } from '../../../components/time.tsx';
import type { Draft } from '../model/draft.ts';
import type { HistoryEntry, SavedTemplate } from '../model/saved-messages.ts';

export interface SavedPaneProps {
  templates: readonly SavedTemplate[];
  /** Why the templates could not be read, or null. */
  failure: string | null;
  history: readonly HistoryEntry[];
  onLoad: (draft: Draft) => void;
  /** Resolves with why it could not be saved or deleted, or null. */
  onSave: (name: string) => Promise<string | null>;
  onDelete: (name: string) => Promise<string | null>;
  onClearHistory: () => void;
}

export function SavedPane(props: SavedPaneProps): ReactNode {
  const [tab, setTab] = useState<'templates' | 'history'>('templates');
  return (
    <aside className="col side wb-saved" aria-label="Saved messages">
      <Tabs
        label="Saved messages"
        tabs={[
          { value: 'templates', label: 'Templates', count: props.templates.length },
          { value: 'history', label: 'History', count: props.history.length },
        ]}
        value={tab}
        onChange={setTab}
        panelId="wb-saved"
        isInner
      />
      <div className="col grow wb-savedpanel" id="wb-saved" role="tabpanel" aria-labelledby={`wb-saved-tab-${tab}`}>
        {tab === 'templates' ? <Templates {...props} /> : <History {...props} />}
      </div>
    </aside>
  );
}

function Templates({ templates, failure, onLoad, onSave, onDelete }: SavedPaneProps): ReactNode {
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    void onSave(name.trim()).then((refused) => {
      setProblem(refused);
      if (refused === null) setName('');
    });
  };
  const said = problem ?? failure;
  return (
    <>
      <form className="row wb-save" onSubmit={save}>
        <TextInput
          aria-label="Name of the template"
          placeholder="Save as…"
          wrapClassName="grow"
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          type="submit"
          icon={Save}
          aria-label="Save template"
          offReason={name.trim() === '' ? 'Give it a name first' : undefined}
        />
      </form>
      {said === null ? null : (
        <p className="sec bad sm" role="alert">
          {said}
        </p>
      )}
      {templates.length === 0 && failure === null ? (
        <p className="sec f2 sm">
          Templates are kept for you on the server. Variables such as {'{{uuid}}'} are filled in when a message is sent.
        </p>
      ) : null}
      <ul className="scroll wb-list">
        {templates.map((template) => (
          <li key={template.name}>
            <button type="button" className="wb-item" onClick={() => onLoad(template.draft)}>
              <span className="m5 el">{template.name}</span>
              <span className="el f2">
                <Subject value={template.draft.subject} />
              </span>
            </button>
            <Button
              variant="ghost"
              isSmall
              icon={Trash2}
              aria-label={`Delete template ${template.name}`}
              onClick={() => void onDelete(template.name).then(setProblem)}
            />
          </li>
        ))}
      </ul>
    </>
  );
}

function History({ history, onLoad, onClearHistory }: SavedPaneProps): ReactNode {
  if (history.length === 0) return <p className="sec f2 sm wb-none">What you send is listed here, in this browser only.</p>;
  return (
    <>
      <ul className="scroll wb-list">
        {history.map((entry) => (
          <li key={`${entry.atMs} ${entry.draft.subject}`}>
            <button type="button" className="wb-item" onClick={() => onLoad(entry.draft)}>
              <span className="row">
                <Subject value={entry.draft.subject} />
                <span className={`badge push ${toneOf(entry.outcome)}`}>{entry.outcome}</span>
              </span>
              <span className="f3 sm el">
                <Time atMs={entry.atMs} /> · {entry.draft.mode} as {entry.runAs} · {entry.message}
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div className="foot">
        <Button variant="ghost" isSmall icon={RotateCcw} onClick={onClearHistory}>
          Clear history
        </Button>
      </div>
    </>
  );
}

function toneOf(outcome: string): string {
  if (outcome === 'published' || outcome === 'replied' || outcome === 'started') return 'ok';
  return outcome === 'timeout' || outcome === 'no responders' ? 'warn' : 'bad';
}
