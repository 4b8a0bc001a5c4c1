/** Sign in. Says what was wrong and, after too many tries, how long to wait; leads back to where one came from. */
import type { SessionInfo } from '@sluice/protocol/console';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { CircleAlert, SquareTerminal } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Field } from '../../../components/field.tsx';
import { Icon } from '../../../components/icon.tsx';
import { ApiFailure, messageOf } from '../../../lib/api-client.ts';
import { useNowMs } from '../../../lib/clock.ts';
import { sessionQuery } from '../../../lib/session.ts';
import { searchText } from '../../../lib/url-state.ts';
import { logIn, setupQuery } from '../api/log-in.ts';
import { safeNext } from '../model/safe-next.ts';
import { EntryFrame } from './entry-frame.tsx';
import { PasswordField } from './password-field.tsx';

export function LoginPage(): ReactNode {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [waitUntilMs, setWaitUntilMs] = useState(0);
  const nowMs = useNowMs();
  const enter = useEnter();
  const setup = useQuery(setupQuery).data;
  const login = useMutation({
    mutationFn: logIn,
    onSuccess: enter,
    onError: (error) => {
      if (error instanceof ApiFailure && error.retryAfterMs !== null) setWaitUntilMs(Date.now() + error.retryAfterMs);
      setPassword('');
    },
  });
  const waitS = Math.ceil(Math.max(waitUntilMs - nowMs, 0) / 1000);
  return (
    <EntryFrame title="Sign in to Sluice" lead={`Console on ${location.host}`}>
      <form
        className="entryform"
        onSubmit={(event) => {
          event.preventDefault();
          if (!login.isPending && waitS === 0) login.mutate({ username, password });
        }}
      >
        {login.error === null ? null : (
          <div className="note bad" role="alert">
            <Icon of={CircleAlert} isSmall />
            <span>{loginMessage(login.error, waitS)}</span>
          </div>
        )}
        <Field
          label="Name"
          name="username"
          autoComplete="username"
          autoFocus
          required
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" variant="primary" disabled={login.isPending || waitS > 0}>
          {waitS > 0 ? `Wait ${waitS} s` : login.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
      {setup?.isRequired === true ? (
        <div className="note">
          <Icon of={SquareTerminal} isSmall />
          <span>
            First start? The terminal printed a one-time link that creates the administrator. While there is none, every start
            prints a new one.
          </span>
        </div>
      ) : null}
    </EntryFrame>
  );
}

function loginMessage(error: Error, waitS: number): string {
  if (!(error instanceof ApiFailure)) return messageOf(error);
  if (error.code === 'unauthenticated') return 'Wrong name or password.';
  if (error.code === 'too_many_attempts') {
    return waitS > 0 ? `Too many failed attempts. Try again in ${waitS} s.` : 'Too many failed attempts. You may try again now.';
  }
  return error.message;
}

/** Keeps the new session and goes where one wanted to go. */
export function useEnter(): (session: SessionInfo) => void {
  const queryClient = useQueryClient();
  const router = useRouter();
  const search = useSearch({ strict: false });
  return (session) => {
    queryClient.clear();
    queryClient.setQueryData(sessionQuery.queryKey, session);
    router.history.replace(safeNext(searchText(search, 'next')));
  };
}
