/** One console user: create, change the role, set a password, disable, remove. */
import { notifications } from '@mantine/notifications';
import { type ConsoleUser, type Role, roles } from '@sluice/protocol/console';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { ConfirmDestructive } from '../../../components/confirm-destructive.tsx';
import { Field, SelectField } from '../../../components/field.tsx';
import { PaneHead } from '../../../components/pane-head.tsx';
import { ApiFailure, messageOf } from '../../../lib/api-client.ts';
import { plural } from '../../../lib/format.ts';
import { createUser, deleteUser, updateUser, usersQuery } from '../api/users-api.ts';
import { PASSWORD_MIN, passwordProblem, usernameProblem } from '../model/username.ts';

export interface UserPaneProps {
  /** Null: a new user. */
  readonly user: ConsoleUser | null;
  readonly isSelf: boolean;
  readonly onClose: () => void;
}

const roleOptions = roles.map((role) => ({ value: role, label: role }));

export function UserPane({ user, isSelf, onClose }: UserPaneProps): ReactNode {
  return (
    <aside className="col side drawer" aria-label={user === null ? 'New user' : `User ${user.username}`}>
      <PaneHead onClose={onClose}>
        <h2 className="el">{user === null ? 'New user' : user.username}</h2>
      </PaneHead>
      <UserForm user={user} isSelf={isSelf} onClose={onClose} />
      {user === null ? null : <RemoveUser user={user} isSelf={isSelf} onClose={onClose} />}
    </aside>
  );
}

/** Says what was done and reads the list again. */
function useDone(): (message: string) => void {
  const queryClient = useQueryClient();
  return (message) => {
    notifications.show({ message });
    void queryClient.invalidateQueries({ queryKey: usersQuery.queryKey });
  };
}

function UserForm({ user, isSelf, onClose }: UserPaneProps): ReactNode {
  const [username, setUsername] = useState(user?.username ?? '');
  const [role, setRole] = useState<Role>(user?.role ?? 'viewer');
  const [password, setPassword] = useState('');
  // What the form began with: the list is read again while it is open.
  const [opened] = useState(user);
  const done = useDone();
  const save = useMutation({
    mutationFn: () =>
      opened === null
        ? createUser({ username, role, password })
        : updateUser(opened.username, {
            ...(role === opened.role ? {} : { role }),
            ...(password === '' ? {} : { password }),
            expectedRevision: opened.revision,
          }),
    onSuccess: (saved) => {
      done(user === null ? `Added ${saved.username} as ${saved.role}` : `Changed ${saved.username}`);
      onClose();
    },
  });
  const isChanged = user === null ? username !== '' && password !== '' : role !== user.role || password !== '';
  const isValid = usernameProblem(username) === null && passwordProblem(password) === null;
  const isEnding = user !== null && role !== user.role && user.activeSessions > 0;
  return (
    <form
      className="scroll formpane"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged && isValid && !save.isPending) save.mutate();
      }}
    >
      {user === null ? (
        <Field
          label="Name"
          autoFocus
          value={username}
          error={usernameProblem(username) ?? fieldError(save.error, '/username')}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
      ) : null}
      <SelectField
        label="Role"
        options={roleOptions}
        value={role}
        onChange={(event) => setRole(roles.find((each) => each === event.currentTarget.value) ?? 'viewer')}
        hint={isEnding ? `Ends ${plural(user.activeSessions, 'session')} of this user` : undefined}
      />
      <Field
        label={user === null ? 'Password' : 'New password'}
        type="password"
        autoComplete="new-password"
        value={password}
        hint={user === null ? `${PASSWORD_MIN} characters or more` : 'Empty keeps the present one'}
        error={passwordProblem(password) ?? fieldError(save.error, '/password')}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Failure error={save.error} />
      <div className="row">
        <Button type="submit" variant="primary" disabled={!isChanged || !isValid || save.isPending}>
          {user === null ? 'Add user' : 'Save'}
        </Button>
      </div>
      {user === null ? null : <EnableUser user={user} isSelf={isSelf} />}
    </form>
  );
}

function Failure({ error }: { error: Error | null }): ReactNode {
  return error === null ? null : (
    <p className="bad sm" role="alert">
      {messageOf(error)}
    </p>
  );
}

function EnableUser({ user, isSelf }: { user: ConsoleUser; isSelf: boolean }): ReactNode {
  const done = useDone();
  const enable = useMutation({
    mutationFn: () => updateUser(user.username, { isDisabled: !user.isDisabled, expectedRevision: user.revision }),
    onSuccess: (saved) => done(`${saved.isDisabled ? 'Disabled' : 'Enabled'} ${saved.username}`),
  });
  return (
    <>
      <p className="f2 sm">
        {user.isDisabled ? 'This user cannot log in.' : 'A disabled user keeps the name and cannot log in; open sessions end.'}
      </p>
      <div className="row">
        <Button
          disabled={enable.isPending}
          offReason={isSelf ? 'You cannot disable yourself' : undefined}
          onClick={() => enable.mutate()}
        >
          {user.isDisabled ? 'Enable' : 'Disable'}
        </Button>
      </div>
      <Failure error={enable.error} />
    </>
  );
}

interface RemoveUserProps {
  readonly user: ConsoleUser;
  readonly isSelf: boolean;
  readonly onClose: () => void;
}

function RemoveUser({ user, isSelf, onClose }: RemoveUserProps): ReactNode {
  const [isRemoving, setIsRemoving] = useState(false);
  const done = useDone();
  if (!isRemoving) {
    return (
      <div className="dfoot">
        <Button
          variant="danger"
          icon={Trash2}
          offReason={isSelf ? 'You cannot remove yourself' : undefined}
          onClick={() => setIsRemoving(true)}
        >
          Remove…
        </Button>
      </div>
    );
  }
  return (
    <ConfirmDestructive
      question={`Remove ${user.username}?`}
      consequence={`Ends ${plural(user.activeSessions, 'session')}. The audit log keeps what was done under this name.`}
      typed={user.username}
      action="Remove user"
      icon={Trash2}
      onCancel={() => setIsRemoving(false)}
      onConfirm={async () => {
        await deleteUser(user.username, { expectedRevision: user.revision });
        done(`Removed ${user.username}`);
        onClose();
      }}
    />
  );
}

function fieldError(failure: Error | null, path: string): string | undefined {
  if (!(failure instanceof ApiFailure)) return undefined;
  return failure.fields.find((field) => field.path === path)?.message;
}
