/** One NATS user: password and permissions. Keeping it adds to the changes; nothing is sent before they are applied. */
import type { ConsoleConfig } from '@sluice/protocol/console';
import { Trash2, Undo2 } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Field, SelectField } from '../../../components/field.tsx';
import { PaneHead } from '../../../components/pane-head.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { GLOBAL_ACCOUNT } from '../../../lib/kept-account.ts';
import { useCapabilities } from '../../../lib/session.ts';
import { NEW_NATS_USER } from '../model/config-search.ts';
import { withoutUser, withUser, withUserUntouched } from '../model/draft.ts';
import { useConfigDraft } from '../model/draft-store.ts';
import { changeOf, formOf, isValidForm, type SubjectListName, subjectListProblem, type UserForm } from '../model/user-form.ts';

export interface NatsUserPaneProps {
  readonly config: ConsoleConfig;
  readonly username: string;
  readonly offReason: string | undefined;
  readonly onClose: () => void;
}

const listWords: Readonly<Record<SubjectListName, string>> = {
  publishAllow: 'May publish',
  publishDeny: 'May not publish',
  subscribeAllow: 'May subscribe',
  subscribeDeny: 'May not subscribe',
};

export function NatsUserPane({ config, username, offReason, onClose }: NatsUserPaneProps): ReactNode {
  const [draft, setDraft] = useConfigDraft();
  const running = config.users.find((user) => user.username === username) ?? null;
  const pending = draft.users.find((user) => user.username === username);
  const isNew = username === NEW_NATS_USER;
  const isRemoved = draft.removeUsers.includes(username);
  const [form, setForm] = useState<UserForm>(() => formOf(running, pending));
  const set = (change: Partial<UserForm>): void => setForm({ ...form, ...change });
  const isTaken = isNew && [...config.users, ...draft.users].some((user) => user.username === form.username.trim());
  const isReady = isValidForm(form, running === null && pending?.password === undefined) && !isTaken;

  if (!isNew && running === null && pending === undefined) return <NoSuchUser username={username} onClose={onClose} />;
  return (
    <aside className="col side diffp" aria-label={isNew ? 'New NATS user' : `NATS user ${username}`}>
      <PaneHead onClose={onClose}>
        <h2 className="el">{isNew ? 'New NATS user' : username}</h2>
      </PaneHead>
      <form
        className="scroll formpane"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReady || offReason !== undefined) return;
          setDraft(withUser(draft, changeOf(form, running?.permissions ?? null)));
          onClose();
        }}
      >
        <UserFields form={form} isNew={isNew} isTaken={isTaken} hasPassword={running !== null} onChange={set} />
        <div className="row">
          <Button type="submit" variant="primary" disabled={!isReady} offReason={offReason}>
            {isNew ? 'Add to the changes' : 'Keep in the changes'}
          </Button>
          {pending === undefined && !isRemoved ? null : (
            <Button
              icon={Undo2}
              onClick={() => {
                setDraft(withUserUntouched(draft, username));
                onClose();
              }}
            >
              Take back
            </Button>
          )}
        </div>
      </form>
      {isNew || isRemoved ? null : (
        <div className="dfoot">
          <Button
            variant="danger"
            icon={Trash2}
            offReason={offReason}
            onClick={() => {
              setDraft(withoutUser(draft, config, username));
              onClose();
            }}
          >
            Remove with the next apply
          </Button>
        </div>
      )}
    </aside>
  );
}

function NoSuchUser({ username, onClose }: { username: string; onClose: () => void }): ReactNode {
  return (
    <aside className="col side diffp" aria-label="User">
      <EmptyState title={`There is no user ${username}`} action={<Button onClick={onClose}>Close</Button>} />
    </aside>
  );
}

interface UserFieldsProps {
  readonly form: UserForm;
  readonly isNew: boolean;
  readonly isTaken: boolean;
  readonly hasPassword: boolean;
  readonly onChange: (change: Partial<UserForm>) => void;
}

/** Nothing where the server has one account alone. */
function AccountField({ account, onChange }: { account: string; onChange: (account: string) => void }): ReactNode {
  const accounts = useCapabilities()?.accounts ?? [];
  if (accounts.length < 2) return null;
  return (
    <SelectField
      label="Account"
      options={accounts.map((name) => ({ value: name, label: name === GLOBAL_ACCOUNT ? 'global account' : name }))}
      value={account === '' ? GLOBAL_ACCOUNT : account}
      onChange={(event) => onChange(event.currentTarget.value === GLOBAL_ACCOUNT ? '' : event.currentTarget.value)}
    />
  );
}

function UserFields({ form, isNew, isTaken, hasPassword, onChange }: UserFieldsProps): ReactNode {
  return (
    <>
      {isNew ? <AccountField account={form.account} onChange={(account) => onChange({ account })} /> : null}
      {isNew ? (
        <Field
          label="Name"
          autoFocus
          isMono
          value={form.username}
          error={isTaken ? 'There is a user of that name' : null}
          onChange={(event) => onChange({ username: event.currentTarget.value })}
        />
      ) : null}
      <Field
        label="Password"
        type="password"
        autoComplete="new-password"
        value={form.password}
        maxLength={256}
        hint={hasPassword ? 'Empty keeps the present one' : 'Kept as a bcrypt hash'}
        onChange={(event) => onChange({ password: event.currentTarget.value })}
      />
      <label className="opt wide">
        <input
          type="checkbox"
          checked={form.isRestricted}
          onChange={(event) => onChange({ isRestricted: event.currentTarget.checked })}
        />
        Restrict what this user may publish and subscribe
      </label>
      {form.isRestricted ? <PermissionFields form={form} onChange={onChange} /> : null}
    </>
  );
}

function PermissionFields({ form, onChange }: { form: UserForm; onChange: (change: Partial<UserForm>) => void }): ReactNode {
  return (
    <>
      <SubjectLines name="publishAllow" hint="Empty: everything" form={form} onChange={onChange} />
      <SubjectLines name="publishDeny" hint="Wins over what is allowed" form={form} onChange={onChange} />
      <label className="opt wide">
        <input
          type="checkbox"
          checked={form.areRepliesAllowed}
          onChange={(event) => onChange({ areRepliesAllowed: event.currentTarget.checked })}
        />
        May answer requests it receives, once each
      </label>
      <SubjectLines
        name="subscribeAllow"
        hint="Empty: everything; a queue name may follow a blank"
        form={form}
        onChange={onChange}
      />
      <SubjectLines name="subscribeDeny" hint="Wins over what is allowed" form={form} onChange={onChange} />
    </>
  );
}

/** A longer list scrolls. */
const LINES_MAX = 8;

interface SubjectLinesProps {
  readonly name: SubjectListName;
  readonly hint: string;
  readonly form: UserForm;
  readonly onChange: (change: Partial<UserForm>) => void;
}

function SubjectLines({ name, hint, form, onChange }: SubjectLinesProps): ReactNode {
  const id = useId();
  const problem = subjectListProblem(form[name], name);
  return (
    <div className="lab">
      <label htmlFor={id}>{listWords[name]}</label>
      <textarea
        id={id}
        className="ta"
        rows={Math.min(Math.max(form[name].split('\n').length, 2), LINES_MAX)}
        spellCheck={false}
        placeholder="one subject a line, wildcards allowed"
        value={form[name]}
        aria-describedby={`${id}-note`}
        {...(problem === null ? {} : { 'aria-invalid': true })}
        onChange={(event) => onChange({ [name]: event.currentTarget.value })}
      />
      <span id={`${id}-note`} className={`xs ${problem === null ? 'f3' : 'bad'}`} role={problem === null ? undefined : 'alert'}>
        {problem ?? hint}
      </span>
    </div>
  );
}
