/** The first administrator, by the one-time link from the terminal; the token is behind the `#`, so no server log holds it. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleAlert } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Field } from '../../../components/field.tsx';
import { Icon } from '../../../components/icon.tsx';
import { ApiFailure, messageOf } from '../../../lib/api-client.ts';
import { setUp, setupQuery } from '../api/log-in.ts';
import { EntryFrame } from './entry-frame.tsx';
import { useEnter } from './login-page.tsx';
import { PasswordField } from './password-field.tsx';

const PASSWORD_MIN = 12;

export function SetupPage(): ReactNode {
  const [token] = useState(() => location.hash.slice(1));
  const setup = useQuery(setupQuery);
  if (setup.data?.isRequired === false) {
    return (
      <EntryFrame title="The administrator exists" lead="This link has done its work.">
        <Link to="/login" className="btn pri">
          Go to the login
        </Link>
      </EntryFrame>
    );
  }
  if (token === '') {
    return (
      <EntryFrame title="The link is not complete" lead="Copy all of it from the terminal, with everything behind the #.">
        <span />
      </EntryFrame>
    );
  }
  return (
    <EntryFrame title="Create the administrator" lead="The first account of this console. It may create the others.">
      <SetupForm token={token} />
    </EntryFrame>
  );
}

function SetupForm({ token }: { token: string }): ReactNode {
  const [username, setUsername] = useState('admin');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const enter = useEnter();
  const create = useMutation({ mutationFn: setUp, onSuccess: enter });
  const isShort = password !== '' && password.length < PASSWORD_MIN;
  const isDifferent = again !== '' && again !== password;
  const isReady = username !== '' && password.length >= PASSWORD_MIN && again === password;
  return (
    <form
      className="entryform"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && !create.isPending) create.mutate({ token, username, password });
      }}
    >
      {create.error === null ? null : (
        <div className="note bad" role="alert">
          <Icon of={CircleAlert} isSmall />
          <span>{setupMessage(create.error)}</span>
        </div>
      )}
      <Field
        label="Name"
        name="username"
        autoComplete="username"
        required
        maxLength={64}
        hint="Letters, digits and . _ - @"
        value={username}
        onChange={(event) => setUsername(event.currentTarget.value)}
      />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="new-password"
        autoFocus
        required
        hint={`${PASSWORD_MIN} characters or more`}
        error={isShort ? `${PASSWORD_MIN - password.length} more characters, please` : null}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <PasswordField
        label="Password again"
        name="password-again"
        autoComplete="new-password"
        required
        error={isDifferent ? 'The two passwords differ' : null}
        value={again}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      <Button type="submit" variant="primary" disabled={!isReady || create.isPending}>
        Create and sign in
      </Button>
    </form>
  );
}

function setupMessage(error: Error): string {
  if (error instanceof ApiFailure && error.fields.length > 0) {
    return error.fields.map((field) => `${field.path.replace(/^\//, '')} ${field.message}`).join('; ');
  }
  return messageOf(error);
}
