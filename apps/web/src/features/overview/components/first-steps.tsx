/** Before any traffic: connect a client, publish a test message, and what will appear where. */
import type { Overview } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { ArrowLeftRight, History, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dot } from '../../../components/badge.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Icon } from '../../../components/icon.tsx';
import { PageLink } from '../../../components/sentence.tsx';
import { Subject } from '../../../components/subject.tsx';
import { Tabs } from '../../../components/tabs.tsx';
import { plural } from '../../../lib/format.ts';
import { sessionQuery, useCapabilities } from '../../../lib/session.ts';
import { snippetsFor } from '../model/snippets.ts';
import { tintLine } from '../model/tint-code.ts';
import { PublishTest } from './publish-test.tsx';

export interface FirstStepsProps {
  readonly overview: Overview;
  readonly language: string;
  readonly onLanguage: (language: string) => void;
}

export function FirstSteps({ overview, language, onLanguage }: FirstStepsProps): ReactNode {
  return (
    <div className="g2 first">
      <div className="col">
        <ConnectStep overview={overview} language={language} onLanguage={onLanguage} />
        <PublishTest />
      </div>
      <div className="col">
        <WhatAppears />
        <AlreadyOn />
      </div>
    </div>
  );
}

function ConnectStep({ overview, language, onLanguage }: FirstStepsProps): ReactNode {
  const capabilities = useCapabilities();
  const url = capabilities?.natsUrl ?? 'nats://127.0.0.1:4222';
  const snippets = snippetsFor(url);
  const shown = snippets.find((snippet) => snippet.id === language) ?? snippets[0];
  const connections = overview.now.connections;
  const hasClients = connections !== null && connections > 0;
  return (
    <section aria-labelledby="connect-title">
      <div className="stp">
        <i className="n">1</i>
        <div>
          <h2 id="connect-title">Connect a client</h2>
          <p className="f2">
            Any NATS client in any language, unchanged. This one subscribes to <Subject value="demo.>" /> and appears under
            Connections at once.
            {capabilities?.isAnonymousAllowed === false
              ? ' This server asks for credentials: put user:password@ before the host.'
              : ''}
          </p>
        </div>
      </div>
      <div className="snip">
        <Tabs
          label="Language"
          panelId="snippet"
          isInner
          value={shown?.id ?? 'cli'}
          onChange={onLanguage}
          tabs={snippets.map((snippet) => ({ value: snippet.id, label: snippet.label }))}
          end={<CopyButton text={shown?.code ?? ''} />}
        />
        <div id="snippet" role="tabpanel" aria-label={shown?.label ?? ''} className="code snipcode">
          {shown === undefined || shown.install === null ? null : (
            <div className="cl">
              <b>$</b>
              <span className="c">{shown.install}</span>
            </div>
          )}
          {(shown?.code ?? '').split('\n').map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of fixed text
            <div key={index} className="cl">
              <b>{index + 1}</b>
              <span>
                {tintLine(line).map((piece, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: pieces of fixed text
                  <span key={at} className={piece.kind}>
                    {piece.text}
                  </span>
                ))}
              </span>
            </div>
          ))}
        </div>
      </div>
      <p className="row f3 sm waitline" role="status">
        <Dot tone={hasClients ? 'ok' : 'neutral'} />
        {hasClients ? (
          <>
            {plural(connections, 'client')} connected.{' '}
            <PageLink to="/connections">Show {connections === 1 ? 'it' : 'them'}</PageLink>
          </>
        ) : (
          'No client yet, this line changes when one connects'
        )}
      </p>
    </section>
  );
}

function WhatAppears(): ReactNode {
  const items = [
    { icon: TriangleAlert, title: 'Needs attention', text: 'Slow consumers by name, refused logins, limits that come near.' },
    {
      icon: ArrowLeftRight,
      title: 'Top talkers and hottest subjects',
      text: 'Counted as they are published, not only where someone subscribes.',
    },
    { icon: History, title: 'Recent events', text: 'Connects, kicks, changes of the configuration.' },
  ] as const;
  return (
    <section aria-labelledby="appears-title">
      <div className="pane-h tallh">
        <h2 id="appears-title">What appears here</h2>
      </div>
      <ul className="will">
        {items.map((item) => (
          <li key={item.title}>
            <Icon of={item.icon} />
            <div>
              <b className="m5">{item.title}</b>
              <p className="f2 sm">{item.text}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function AlreadyOn(): ReactNode {
  const session = useQuery(sessionQuery).data;
  const capabilities = useCapabilities();
  const host = capabilities?.natsUrl?.replace(/^\w+:\/\//, '').replace(/:\d+$/, '') ?? null;
  const isLocal = host === null || ['127.0.0.1', 'localhost', '[::1]'].includes(host);
  return (
    <section aria-labelledby="on-title">
      <div className="pane-h rule">
        <h2 id="on-title">Already on</h2>
      </div>
      <ul className="will sm2">
        <li>
          <Dot tone="ok" />
          <span>
            Login required, you are {session?.role === 'admin' ? 'the administrator' : `a ${session?.role ?? 'viewer'}`}
          </span>
          {session?.role === 'admin' ? (
            <PageLink to="/settings" className="lk sm push">
              Add people
            </PageLink>
          ) : null}
        </li>
        <li>
          <Dot tone={capabilities?.isAnonymousAllowed === false ? 'ok' : 'warn'} />
          <span>
            {capabilities?.isAnonymousAllowed === false
              ? 'Clients must give credentials'
              : 'Clients are let in without credentials'}
          </span>
          <PageLink to="/config" className="lk sm push">
            Config
          </PageLink>
        </li>
        <li>
          <Dot tone="neutral" />
          <span>{isLocal ? 'Reachable from this machine only' : `Reachable at ${host}`}</span>
        </li>
      </ul>
    </section>
  );
}
