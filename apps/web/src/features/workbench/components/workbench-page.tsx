/** The workbench: write a message, send it as somebody, see what the server and others said. */
import { Send } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Seg } from '../../../components/seg.tsx';
import { LockedState } from '../../../components/states.tsx';
import { useHottestSubjects } from '../../../lib/hottest-subjects.ts';
import { readMessageDraft } from '../../../lib/message-draft.ts';
import { useCapabilities, useMay } from '../../../lib/session.ts';
import { type RawSearch, searchText, useUrlState } from '../../../lib/url-state.ts';
import { useRun } from '../api/use-run.ts';
import { useTemplates } from '../api/use-templates.ts';
import { type Draft, draftProblems, EMPTY_DRAFT } from '../model/draft.ts';
import { draftQuery, parseDraftQuery } from '../model/draft-search.ts';
import type { Run } from '../model/outcome.ts';
import { type RunAsChoice, runAsProblem, usualRunAs } from '../model/run-as.ts';
import { SavedMessages } from '../model/saved-messages.ts';
import { DraftEditor } from './draft-editor.tsx';
import { RunAsControl } from './run-as-control.tsx';
import { RunResult } from './run-result.tsx';
import { SavedPane } from './saved-pane.tsx';
import './workbench.css';

const QUERY_NAMES = [
  'mode',
  'subject',
  'reply',
  'payload',
  'encoding',
  'timeout',
  'replies',
  'headers',
  'repeat',
  'draft',
] as const;

interface UrlDraft {
  draft: Draft;
  /** Key of a message that another page handed over. */
  handedKey: string | undefined;
}

function readSearch(search: RawSearch): UrlDraft {
  return { draft: parseDraftQuery(search), handedKey: searchText(search, 'draft') };
}

export function WorkbenchPage(): ReactNode {
  const mayPublish = useMay('operator');
  if (mayPublish) return <Workbench />;
  return (
    <main className="main fix">
      <div className="head">
        <h1>Workbench</h1>
      </div>
      <LockedState
        title="A viewer may not publish"
        reason="Publishing and requesting need the role operator. An administrator can grant it under Settings."
      />
    </main>
  );
}

function Workbench(): ReactNode {
  const capabilities = useCapabilities();
  const suggestions = useHottestSubjects();
  const { draft, change } = useDraft();
  const [chosen, setChoice] = useState<RunAsChoice | null>(null);
  const choice = chosen ?? usualRunAs(capabilities?.isAnonymousAllowed ?? null, capabilities?.natsUsers ?? []);
  const saved = useSaved();
  const runner = useRun();
  const problems = draftProblems(draft, capabilities?.maxPayloadBytes ?? null);
  const blocked = runAsProblem(choice) ?? problems[0]?.message;
  const send = async (): Promise<void> => {
    if (blocked !== undefined || runner.isBusy) return;
    const run = await runner.start(draft, choice);
    saved.remember(run, draft);
  };
  return (
    <main className="main fix">
      <div className="head">
        <h1>Workbench</h1>
        <Seg
          label="Kind of message"
          options={[
            { value: 'publish', label: 'Publish' },
            { value: 'request', label: 'Request' },
          ]}
          value={draft.mode}
          onChange={(mode) => change({ mode })}
        />
        <Button className="push" variant="ghost" onClick={() => change(EMPTY_DRAFT)}>
          Clear
        </Button>
        <span className="kbd h-md">Ctrl Enter</span>
        <Button
          variant="primary"
          icon={Send}
          offReason={runner.isBusy ? 'The last one is still running' : (blocked ?? undefined)}
          onClick={() => void send()}
        >
          {draft.mode === 'request' ? 'Request' : draft.repeat === null ? 'Publish' : 'Start'}
        </Button>
      </div>
      <div className="split">
        <div className="col grow wb-editor">
          <RunAsControl
            choice={choice}
            onChange={setChoice}
            users={capabilities?.natsUsers ?? []}
            isAnonymousAllowed={capabilities?.isAnonymousAllowed ?? null}
          />
          <DraftEditor draft={draft} onChange={change} problems={problems} suggestions={suggestions} onSend={() => void send()} />
        </div>
        <RunResult run={runner.run} isBusy={runner.isBusy} onStop={runner.stop} />
        <SavedPane
          templates={saved.templates}
          failure={saved.failure}
          history={saved.history}
          onLoad={change}
          onSave={(name) => saved.save(name, draft)}
          onDelete={saved.remove}
          onClearHistory={saved.clear}
        />
      </div>
    </main>
  );
}

/** The draft in the page, mirrored into the URL as far as it fits there. */
function useDraft(): { draft: Draft; change: (change: Partial<Draft>) => void } {
  const [url, patch] = useUrlState(readSearch);
  const [draft, setDraft] = useState<Draft>(() => {
    const handed = url.handedKey === undefined ? undefined : readMessageDraft(url.handedKey);
    return handed === undefined ? url.draft : { ...EMPTY_DRAFT, ...handed };
  });
  // A link inside the console (palette, back button) may change the URL under the page.
  const urlText = JSON.stringify(draftQuery(url.draft));
  const ownText = JSON.stringify(draftQuery(draft));
  const [mirrored, setMirrored] = useState(ownText);
  useEffect(() => {
    if (urlText === mirrored || urlText === ownText || url.handedKey !== undefined) return;
    setDraft(url.draft);
    setMirrored(urlText);
  }, [urlText, mirrored, ownText, url]);
  useEffect(() => {
    if (ownText === urlText && url.handedKey === undefined) return;
    const timer = setTimeout(() => {
      setMirrored(ownText);
      patch({ ...Object.fromEntries(QUERY_NAMES.map((name) => [name, undefined])), ...draftQuery(draft) });
    }, 250);
    return () => clearTimeout(timer);
  }, [draft, ownText, urlText, url.handedKey, patch]);
  const change = useCallback((next: Partial<Draft>) => setDraft((known) => ({ ...known, ...next })), []);
  return { draft, change };
}

function useSaved() {
  const store = useMemo(() => new SavedMessages(window.localStorage), []);
  const { templates, failure, save, remove } = useTemplates(store);
  const [history, setHistory] = useState(() => store.history());
  return {
    templates,
    failure,
    history,
    save,
    remove,
    clear: () => {
      store.clearHistory();
      setHistory([]);
    },
    remember: (run: Run, draft: Draft) => {
      store.addHistory({ atMs: Date.now(), runAs: run.runAs, draft, ...summaryOf(run) });
      setHistory(store.history());
    },
  };
}

function summaryOf(run: Run): { outcome: string; message: string } {
  switch (run.kind) {
    case 'failed':
      return { outcome: 'not sent', message: run.message };
    case 'job':
      return { outcome: 'started', message: `${run.job.count} messages` };
    default:
      return { outcome: run.result.outcome.replace('_', ' '), message: run.result.message };
  }
}
