/** Whose permissions apply. The server itself decides: the message goes over a connection of that user. */
import { type ReactNode, useId } from 'react';
import { Field, TextInput } from '../../../components/field.tsx';
import { Seg } from '../../../components/seg.tsx';
import type { RunAsChoice } from '../model/run-as.ts';

export interface RunAsControlProps {
  choice: RunAsChoice;
  onChange: (choice: RunAsChoice) => void;
  /** Users known from the configuration. */
  users: readonly string[];
  isAnonymousAllowed: boolean | null;
}

export function RunAsControl({ choice, onChange, users, isAnonymousAllowed }: RunAsControlProps): ReactNode {
  const listId = useId();
  return (
    <section className="wb-runas" aria-label="Run as">
      <div className="row">
        <span className="sm f2 nw">Run as</span>
        <Seg
          label="Run as"
          isSmall
          options={[
            { value: 'anonymous', label: 'Anonymous' },
            { value: 'user', label: 'User' },
            { value: 'token', label: 'Token' },
          ]}
          value={choice.kind}
          onChange={(kind) => onChange(emptyChoice(kind, users))}
        />
        {choice.kind === 'anonymous' && isAnonymousAllowed === false ? (
          <span className="warn xs">this server lets nobody in without credentials</span>
        ) : null}
      </div>
      {choice.kind === 'user' ? (
        <div className="wb-two">
          <div className="lab">
            <label htmlFor={`${listId}-user`}>User</label>
            <TextInput
              id={`${listId}-user`}
              list={listId}
              value={choice.username}
              onChange={(event) => onChange({ ...choice, username: event.currentTarget.value })}
            />
            <datalist id={listId}>
              {users.map((user) => (
                <option key={user} value={user} />
              ))}
            </datalist>
          </div>
          <Field
            label="Password"
            type="password"
            autoComplete="off"
            value={choice.password}
            onChange={(event) => onChange({ ...choice, password: event.currentTarget.value })}
          />
        </div>
      ) : null}
      {choice.kind === 'token' ? (
        <Field
          label="Token"
          type="password"
          autoComplete="off"
          value={choice.token}
          onChange={(event) => onChange({ kind: 'token', token: event.currentTarget.value })}
        />
      ) : null}
    </section>
  );
}

function emptyChoice(kind: RunAsChoice['kind'], users: readonly string[]): RunAsChoice {
  switch (kind) {
    case 'anonymous':
      return { kind };
    case 'user':
      return { kind, username: users[0] ?? '', password: '' };
    case 'token':
      return { kind, token: '' };
  }
}
