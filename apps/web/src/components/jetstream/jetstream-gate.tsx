/**
 * Lets a page of stored data through where there is JetStream, and otherwise says how to get it. What is on screen stays there while
 * the broker does not answer: dimmed, and under the strip that says so.
 */
import type { JetStreamState } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { Database } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { jetStreamQuery } from '../../lib/jetstream-state.ts';
import { CopyButton } from '../copy-button.tsx';
import { Icon } from '../icon.tsx';
import { BrokerAway, FailedState, Skeleton } from '../states.tsx';
import './jetstream.css';

export interface JetStreamGateProps {
  /** Empty: the usual one. */
  readonly account: string;
  /** Head of the page, shown in every state. */
  readonly head: ReactNode;
  readonly children: ReactNode;
}

export function JetStreamGate({ account, head, children }: JetStreamGateProps): ReactNode {
  const { data, error, refetch } = useQuery(jetStreamQuery(account));
  const shownAccount = useRef<string | null>(null);
  if (data?.isEnabled === true) shownAccount.current = account;
  const isLost = data?.isEnabled === false && data.reason === 'unreachable' && shownAccount.current === account;
  return (
    <main className="main fix">
      {head}
      {data?.isEnabled === true || isLost ? children : null}
      {data?.isEnabled === false && !isLost ? <JetStreamOff state={data} /> : null}
      {data === undefined && error === null ? <Skeleton widths={[40, 70, 62, 55]} /> : null}
      {data === undefined && error !== null ? <FailedState error={error} onRetry={() => void refetch()} /> : null}
    </main>
  );
}

const titles = {
  server: 'JetStream is off',
  account: 'JetStream is off for this account',
  no_access: 'The console has no user in this account',
} as const;

function JetStreamOff({ state }: { state: Extract<JetStreamState, { isEnabled: false }> }): ReactNode {
  if (state.reason === 'unreachable') return <BrokerAway />;
  return (
    <div className="empty jsoff" role="status">
      <Icon of={Database} className="f3" />
      <h2>{titles[state.reason]}</h2>
      <p className="f2">{state.hint === '' ? state.message : state.hint}</p>
      {state.example === null ? null : (
        <div className="jsexample">
          <pre className="code">{state.example}</pre>
          <CopyButton text={state.example} label="Copy" />
        </div>
      )}
      {state.reason === 'server' ? (
        <p className="f3 sm">
          Streams keep messages so that they can be read again; consumers, key-value buckets and object stores are made of them.
        </p>
      ) : null}
    </div>
  );
}
