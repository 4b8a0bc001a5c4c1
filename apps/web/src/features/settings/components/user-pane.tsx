/** One console user: create, change the role, set a password, disable, remove. */
import { notifications } from '@mantine/notifications';
import { type ConsoleUser, type Role, roles } from '@sluice/protocol/console';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Trash2, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { ConfirmDestructive } from '../../../components/confirm-destructive.tsx';
import { Field, SelectField } from '../../../components/field.tsx';
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
  const [username, setUsername] = useState(user?.username ?? '');
  const [role, setRole] = useState<Role>(user?.role ?? 'viewer');
  const [password, setPassword] = useState('');
  const [isRemoving, setIsRemoving] = useState(false);
  const queryClient = useQueryClient();
  const done = (message: string): void => {
    notifications.show({ message });
    void queryClient.invalidateQueries({ queryKey: usersQuery.queryKey });
  };
  const save = useMutation({
    mutationFn: () =>
      user === null
        ? createUser({ username, role, password })
        : updateUser(user.username, { ...(role === user.role ? {} : { role }), ...(password === '' ? {} : { password }) }),
    onSuccess: (saved) => {
      done(user === null ? `Added ${saved.username} as ${saved.role}` : `Changed ${saved.username}`);
      onClose();
    },
  });
  const enable = useMutation({
    mutationFn: (isDisabled: boolean) => updateUser(username, { isDisabled }),
    onSuccess: (saved) => done(`${saved.isDisabled ? 'Disabled' : 'Enabled'} ${saved.username}`),
  });
  const isNew = user === null;
  const isChanged = isNew ? username !== '' && password !== '' : role !== user.role || password !== '';
  const isValid = usernameProblem(username) === null && passwordProblem(password) === null;
  const failure = save.error ?? enable.error;
  return (
    <aside className="col side drawer" aria-label={isNew ? 'New user' : `User ${user.username}`}>
      <div className="pane-h dhead">
        <h2 className="el">{isNew ? 'New user' : user.username}</h2>
        <span className="push row">
          <Button variant="ghost" isSmall icon={X} aria-label="Close" onClick={onClose} />
        </span>
      </div>
      <form
        className="scroll formpane"
        onSubmit={(event) => {
          event.preventDefault();
          if (isChanged && isValid && !save.isPending) save.mutate();
        }}
      >
        {isNew ? (
          <Field
            label="Name"
            autoFocus
            value={username}
            error={usernameProblem(username) ?? fieldError(failure, '/username')}
            onChange={(event) => setUsername(event.currentTarget.value)}
          />
        ) : null}
        <SelectField
          label="Role"
          options={roleOptions}
          value={role}
          onChange={(event) => setRole(roles.find((each) => each === event.currentTarget.value) ?? 'viewer')}
          hint={
            !isNew && role !== user.role && user.activeSessions > 0
              ? `Ends ${plural(user.activeSessions, 'session')} of this user`
              : undefined
          }
        />
        <Field
          label={isNew ? 'Password' : 'New password'}
          type="password"
          autoComplete="new-password"
          value={password}
          hint={isNew ? `${PASSWORD_MIN} characters or more` : 'Empty keeps the present one'}
          error={passwordProblem(password) ?? fieldError(failure, '/password')}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {failure === null ? null : (
          <p className="bad sm" role="alert">
            {messageOf(failure)}
          </p>
        )}
        <div className="row">
          <Button type="submit" variant="primary" disabled={!isChanged || !isValid || save.isPending}>
            {isNew ? 'Add user' : 'Save'}
          </Button>
          {isNew ? null : (
            <Button
              disabled={enable.isPending}
              offReason={isSelf ? 'You cannot disable yourself' : undefined}
              onClick={() => enable.mutate(!user.isDisabled)}
            >
              {user.isDisabled ? 'Enable' : 'Disable'}
            </Button>
          )}
        </div>
      </form>
      {isNew ? null : isRemoving ? (
        <ConfirmDestructive
          question={`Remove ${user.username}?`}
          consequence={`Ends ${plural(user.activeSessions, 'session')}. The audit log keeps what was done under this name.`}
          typed={user.username}
          action="Remove user"
          icon={Trash2}
          onCancel={() => setIsRemoving(false)}
          onConfirm={async () => {
            await deleteUser(user.username);
            done(`Removed ${user.username}`);
            onClose();
          }}
        />
      ) : (
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
      )}
    </aside>
  );
}

function fieldError(failure: Error | null, path: string): string | undefined {
  if (!(failure instanceof ApiFailure)) return undefined;
  return failure.fields.find((field) => field.path === path)?.message;
}
