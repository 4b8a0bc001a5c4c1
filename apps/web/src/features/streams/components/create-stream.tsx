/** A new stream: the form, beside it the JSON it means (which can be written by hand) and the command that does the same. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { CommandText } from '../../../components/command-text.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Icon } from '../../../components/icon.tsx';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';
import { messageOf } from '../../../lib/api-client.ts';
import { useMay } from '../../../lib/session.ts';
import { createStream } from '../api/streams-api.ts';
import { type ConfigJson, draftOf, emptyDraft, readConfigJson, readDraft } from '../model/config-draft.ts';
import { addCommand } from '../model/stream-command.ts';
import { ConfigForm } from './config-form.tsx';

export function CreateStream({ account, onClose }: { account: string; onClose: () => void }): ReactNode {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const may = useMay('admin');
  const [draft, setDraft] = useState(emptyDraft);
  const { config, problems } = readDraft(draft);
  const create = useMutation({
    mutationFn: () => createStream(account, { config: { ...config } }),
    onSuccess: async (detail) => {
      await queryClient.invalidateQueries({ queryKey: ['streams'] });
      await navigate({
        to: '/streams/$name',
        params: { name: detail.row.name },
        search: account === '' ? {} : { account },
        replace: true,
      });
    },
  });
  const problemCount = Object.keys(problems).length;
  const offReason = !may ? 'Creating a stream needs the role admin' : problemCount > 0 ? Object.values(problems)[0] : undefined;
  const head = (
    <div className="head">
      <div className="crumb">
        <button type="button" className="lk" onClick={onClose}>
          Streams
        </button>
        <Icon of={ChevronRight} isSmall />
        <h1>New stream</h1>
      </div>
      <span className="push row">
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" offReason={offReason} disabled={create.isPending} onClick={() => create.mutate()}>
          Create stream
        </Button>
      </span>
    </div>
  );
  return (
    <JetStreamGate account={account} head={head}>
      <div className="split">
        <div className="scroll formcol">
          {create.error === null ? null : (
            <p className="note bad" role="alert">
              {messageOf(create.error)}
            </p>
          )}
          <ConfigForm
            draft={draft}
            held={null}
            problems={draft.texts['name'] === '' ? {} : problems}
            onChange={(key, text) => setDraft({ ...draft, texts: { ...draft.texts, [key]: text } })}
          />
        </div>
        <aside className="col side previewp" aria-label="What is sent">
          <JsonPane config={config} onConfig={(next) => setDraft(draftOf(next))} />
          <CommandPane command={addCommand({ ...config, name: config['name'] === '' ? 'NAME' : config['name'] })} />
        </aside>
      </div>
    </JetStreamGate>
  );
}

/** The configuration as JSON; what is written by hand goes into the form, the fields it has not shown included. */
function JsonPane({ config, onConfig }: { config: ConfigJson; onConfig: (config: ConfigJson) => void }): ReactNode {
  const [typed, setTyped] = useState<string | null>(null);
  const read = typed === null ? null : readConfigJson(typed);
  const text = typed ?? JSON.stringify(config, null, 2);
  return (
    <section className="col grow jsonp">
      <div className="pane-h">
        <h2>JSON</h2>
        <span className="sub el h-md" title="What the form does not show can be written here">
          mirror, sources, metadata: write them here
        </span>
        <span className="push row">
          <CopyButton text={text} />
        </span>
      </div>
      <textarea
        className="ta grow"
        aria-label="Configuration as JSON"
        spellCheck={false}
        value={text}
        aria-invalid={typeof read === 'string'}
        onChange={(event) => {
          const value = event.currentTarget.value;
          setTyped(value);
          const next = readConfigJson(value);
          if (typeof next !== 'string') onConfig(next);
        }}
        onBlur={() => {
          if (typeof read !== 'string') setTyped(null);
        }}
      />
      {typeof read === 'string' ? (
        <p className="xs bad sec" role="alert">
          {read}
        </p>
      ) : null}
    </section>
  );
}

/** A command with its copy button. */
export function CommandPane({ command }: { command: string }): ReactNode {
  return (
    <section className="cmdp">
      <div className="pane-h">
        <h2>Command</h2>
        <span className="push row">
          <CopyButton text={command} />
        </span>
      </div>
      <CommandText command={command} />
      {command.includes('--config=stream.json') ? (
        <p className="xs f3 sec">Save the JSON above as stream.json: some of it has no flag.</p>
      ) : null}
    </section>
  );
}
