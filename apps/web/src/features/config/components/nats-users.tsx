/** Users that NATS clients log in as, with what they may do in short; pending changes are marked. */
import type { ConsoleConfig, NatsUser, NatsUserPermissions } from '@sluice/protocol/console';
import type { ReactNode } from 'react';
import { Badge } from '../../../components/badge.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { DataTable } from '../../../components/data-table/data-table.tsx';
import { PageLink } from '../../../components/sentence.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { formatCount } from '../../../lib/format.ts';
import type { ConfigDraft } from '../model/draft.ts';
import { useConfigDraft } from '../model/draft-store.ts';
import { sourceWords } from './settings-table.tsx';

export interface NatsUsersProps {
  readonly config: ConsoleConfig;
  readonly text: string;
  readonly openUser: string | null;
  readonly onOpen: (username: string) => void;
}

interface UserRow {
  readonly user: NatsUser;
  readonly pending: 'added' | 'changed' | 'removed' | null;
}

const columns: readonly DataTableColumn<UserRow>[] = [
  { id: 'name', header: 'User', width: 140, cellClass: 'el m5', cell: ({ user }) => user.username },
  { id: 'account', header: 'Account', width: 96, cellClass: 'el f2', cell: ({ user }) => user.account },
  { id: 'publish', header: 'Publish', cellClass: 'el', cell: ({ user }) => rulesInShort(user.permissions, 'publish') },
  { id: 'subscribe', header: 'Subscribe', cellClass: 'el', cell: ({ user }) => rulesInShort(user.permissions, 'subscribe') },
  {
    id: 'connections',
    header: 'Clients',
    width: 80,
    isNumeric: true,
    cell: ({ user }) => (
      <PageLink to="/connections" search={{ user: user.username }} className="rl">
        {formatCount(user.connections)}
      </PageLink>
    ),
  },
  { id: 'source', header: 'From', width: 124, from: 'md', cell: ({ user, pending }) => <Source user={user} pending={pending} /> },
];

export function NatsUsers({ config, text, openUser, onOpen }: NatsUsersProps): ReactNode {
  const [draft] = useConfigDraft();
  const wanted = text.toLowerCase();
  const rows = rowsOf(config, draft).filter(({ user }) => `${user.username}\n${user.account}`.toLowerCase().includes(wanted));
  return (
    <DataTable
      label="NATS users"
      columns={columns}
      rowCount={rows.length}
      rowAt={(index) => rows[index]}
      rowKey={({ user }) => user.username}
      openKey={openUser}
      onOpen={({ user }) => onOpen(user.username)}
      rowClass={({ pending }) => (pending === 'removed' ? 'gone' : '')}
      empty={
        text === '' ? <NoUsers config={config} /> : <EmptyState title="No user fits">Nor an account of that name.</EmptyState>
      }
    />
  );
}

function NoUsers({ config }: { config: ConsoleConfig }): ReactNode {
  return (
    <EmptyState title="No users">
      {config.isAnonymousAllowed
        ? 'Every client is let in without credentials. Once the first user exists, clients must give a name and a password.'
        : 'Clients are let in by another rule, such as a token.'}
    </EmptyState>
  );
}

function rowsOf(config: ConsoleConfig, draft: ConfigDraft): UserRow[] {
  const running = config.users.map((user): UserRow => {
    const change = draft.users.find((each) => each.username === user.username);
    if (draft.removeUsers.includes(user.username)) return { user, pending: 'removed' };
    if (change === undefined) return { user, pending: null };
    return {
      user: { ...user, permissions: change.permissions === undefined ? user.permissions : change.permissions },
      pending: 'changed',
    };
  });
  const added = draft.users
    .filter((change) => !config.users.some((user) => user.username === change.username))
    .map(
      (change): UserRow => ({
        user: {
          username: change.username,
          account: change.account ?? '$G',
          hasPassword: true,
          source: 'console',
          permissions: change.permissions ?? null,
          connections: null,
        },
        pending: 'added',
      }),
    );
  return [...running, ...added];
}

function rulesInShort(permissions: NatsUserPermissions | null, verb: 'publish' | 'subscribe'): ReactNode {
  const rules = permissions?.[verb];
  if (rules === undefined || (rules.allow.length === 0 && rules.deny.length === 0)) return <span className="f3">everything</span>;
  const allow = rules.allow.length === 0 ? 'everything' : rules.allow.join(', ');
  return (
    <span className="mono" title={rules.deny.length === 0 ? allow : `${allow} but not ${rules.deny.join(', ')}`}>
      {allow}
      {rules.deny.length === 0 ? null : (
        <>
          <span className="f3"> not </span>
          <span className="bad">{rules.deny.join(', ')}</span>
        </>
      )}
    </span>
  );
}

function Source({ user, pending }: UserRow): ReactNode {
  if (pending !== null) return <Badge tone={pending === 'removed' ? 'bad' : 'info'}>{pending}</Badge>;
  return <Badge>{sourceWords[user.source]}</Badge>;
}
