/** One's own password and sessions. */
import { notifications } from '@mantine/notifications';
import type { SessionRow } from '@sluice/protocol/console';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import { Field } from '../../../components/field.tsx';
import { FailedState, Skeleton } from '../../../components/states.tsx';
import { Time } from '../../../components/time.tsx';
import { ApiFailure, messageOf } from '../../../lib/api-client.ts';
import { formatSpan } from '../../../lib/format.ts';
import { sessionQuery } from '../../../lib/session.ts';
import { changePassword, endSession, sessionsQuery } from '../api/users-api.ts';
import { PASSWORD_MIN, passwordProblem } from '../model/username.ts';

export function AccountTab(): ReactNode {
  const session = useQuery(sessionQuery).data;
  return (
    <div className="scroll">
      <section className="formsec" aria-labelledby="who-title">
        <h2 id="who-title">You are {session?.username ?? ''}</h2>
        <p className="f2 sm">
          Your role is <b className="m5">{session?.role ?? ''}</b>.{' '}
          {session == null ? '' : `The session ends after ${formatSpan(session.idleTimeoutMs)} without a request.`}
        </p>
      </section>
      <PasswordSection />
      <SessionsSection />
    </div>
  );
}

function PasswordSection(): ReactNode {
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const [again, setAgain] = useState('');
  const change = useMutation({
    mutationFn: changePassword,
    onSuccess: () => {
      notifications.show({ message: 'Your password is changed; your other sessions have ended.' });
      setCurrent('');
      setNew('');
      setAgain('');
    },
  });
  const isReady = currentPassword !== '' && newPassword.length >= PASSWORD_MIN && again === newPassword;
  const currentError =
    change.error instanceof ApiFailure
      ? change.error.fields.find((field) => field.path === '/currentPassword')?.message
      : undefined;
  return (
    <section className="formsec" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      <form
        className="formgrid"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !change.isPending) change.mutate({ currentPassword, newPassword });
        }}
      >
        <Field
          label="Present password"
          type="password"
          autoComplete="current-password"
          value={currentPassword}
          error={currentError}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <Field
          label="New password"
          type="password"
          autoComplete="new-password"
          value={newPassword}
          hint={`${PASSWORD_MIN} characters or more`}
          error={passwordProblem(newPassword)}
          onChange={(event) => setNew(event.currentTarget.value)}
        />
        <Field
          label="New password again"
          type="password"
          autoComplete="new-password"
          value={again}
          error={again !== '' && again !== newPassword ? 'The two differ' : null}
          onChange={(event) => setAgain(event.currentTarget.value)}
        />
        {change.error === null || currentError !== undefined ? null : (
          <p className="bad sm" role="alert">
            {messageOf(change.error)}
          </p>
        )}
        <div>
          <Button type="submit" disabled={!isReady || change.isPending}>
            Change password
          </Button>
        </div>
      </form>
    </section>
  );
}

function SessionsSection(): ReactNode {
  const sessions = useQuery(sessionsQuery);
  return (
    <section className="formsec" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Sessions</h2>
      {sessions.data !== undefined ? (
        <table className="mini wide" aria-labelledby="sessions-title">
          <thead>
            <tr>
              <th scope="col">Browser</th>
              <th scope="col">From</th>
              <th scope="col">Since</th>
              <th scope="col">Last seen</th>
              <th scope="col">
                <span className="sr">action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.data.items.map((row) => (
              <SessionLine key={row.id} row={row} />
            ))}
          </tbody>
        </table>
      ) : sessions.error === null ? (
        <Skeleton widths={[60, 50]} />
      ) : (
        <FailedState error={sessions.error} onRetry={() => void sessions.refetch()} />
      )}
    </section>
  );
}

function SessionLine({ row }: { row: SessionRow }): ReactNode {
  const queryClient = useQueryClient();
  const end = useMutation({
    mutationFn: () => endSession(row.id),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
    onError: (error) => notifications.show({ title: 'The session goes on', message: messageOf(error), 'data-tone': 'bad' }),
  });
  return (
    <tr>
      <td className="el" title={row.userAgent}>
        {browserOf(row.userAgent)}
      </td>
      <td className="mono f2">{row.address}</td>
      <td className="f2 num">
        <Time atMs={row.createdAtMs} style="date" />
      </td>
      <td className="f2 num">
        <Time atMs={row.lastSeenAtMs} style="date" />
      </td>
      <td className="r">
        {row.isCurrent ? (
          <Badge tone="ok">this one</Badge>
        ) : (
          <Button isSmall disabled={end.isPending} onClick={() => end.mutate()}>
            End
          </Button>
        )}
      </td>
    </tr>
  );
}

/** `Chrome on Linux`, or the whole text when neither is known. */
function browserOf(userAgent: string): string {
  const browsers = [
    ['Edg/', 'Edge'],
    ['OPR/', 'Opera'],
    ['Firefox/', 'Firefox'],
    ['Chrome/', 'Chrome'],
    ['Safari/', 'Safari'],
  ] as const;
  const systems = [
    ['Windows', 'Windows'],
    ['Android', 'Android'],
    ['iPhone', 'iPhone'],
    ['Mac OS', 'macOS'],
    ['Linux', 'Linux'],
  ] as const;
  const browser = browsers.find(([mark]) => userAgent.includes(mark))?.[1];
  const system = systems.find(([mark]) => userAgent.includes(mark))?.[1];
  return browser === undefined || system === undefined ? userAgent : `${browser} on ${system}`;
}
