/** Who may use the console, with which role; only administrators see it. */
import type { ConsoleUser } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import type { ReactNode } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { DataTable } from '../../../components/data-table/data-table.tsx';
import { FailedState, LockedState } from '../../../components/states.tsx';
import { Time } from '../../../components/time.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { sessionQuery, useMay } from '../../../lib/session.ts';
import { usersQuery } from '../api/users-api.ts';
import { NEW_USER } from '../model/settings-search.ts';
import { UserPane } from './user-pane.tsx';

const columns: readonly DataTableColumn<ConsoleUser>[] = [
  { id: 'username', header: 'Name', cellClass: 'el m5', cell: (user) => user.username },
  { id: 'role', header: 'Role', width: 110, cell: (user) => user.role },
  {
    id: 'state',
    header: 'State',
    width: 100,
    cell: (user) => (user.isDisabled ? <Badge tone="warn">disabled</Badge> : <Badge tone="ok">enabled</Badge>),
  },
  {
    id: 'sessions',
    header: 'Sessions',
    width: 90,
    isNumeric: true,
    cellClass: 'f2',
    cell: (user) => formatCount(user.activeSessions),
  },
  {
    id: 'login',
    header: 'Last login',
    width: 176,
    cellClass: 'f2 num',
    cell: (user) =>
      user.lastLoginAtMs === null ? <span className="f3">never</span> : <Time atMs={user.lastLoginAtMs} style="date" />,
  },
  {
    id: 'created',
    header: 'Created',
    width: 176,
    from: 'md',
    cellClass: 'f2 num',
    cell: (user) => <Time atMs={user.createdAtMs} style="date" />,
  },
];

export interface UsersTabProps {
  readonly openUser: string | null;
  readonly onOpen: (username: string | null) => void;
}

export function UsersTab({ openUser, onOpen }: UsersTabProps): ReactNode {
  const isAdmin = useMay('admin');
  const users = useQuery({ ...usersQuery, enabled: isAdmin });
  const self = useQuery(sessionQuery).data?.username;
  if (!isAdmin)
    return (
      <LockedState
        title="Console users are for administrators"
        reason="Ask an administrator to change a role or to add somebody."
      />
    );
  if (users.data === undefined && users.error !== null)
    return <FailedState error={users.error} onRetry={() => void users.refetch()} />;
  const items = users.data?.items ?? [];
  const open = items.find((user) => user.username === openUser);
  return (
    <div className="split flat">
      <div className="col grow">
        <div className="pane-h">
          <span className="f2 sm">
            Viewers look. Operators also publish, kick and change the configuration. Administrators also manage these users.
          </span>
          <Button className="push" variant="primary" icon={UserPlus} onClick={() => onOpen(NEW_USER)}>
            Add a user
          </Button>
        </div>
        <DataTable
          label="Console users"
          columns={columns}
          rowCount={users.data === undefined ? 3 : items.length}
          rowAt={(index) => items[index]}
          rowKey={(user) => user.username}
          openKey={openUser}
          onOpen={(user) => onOpen(user.username)}
        />
        <div className="foot">
          <span className="push">{plural(users.data?.total ?? 0, 'user')}</span>
        </div>
      </div>
      {openUser === NEW_USER || open !== undefined ? (
        <UserPane
          key={openUser}
          user={open ?? null}
          isSelf={open !== undefined && open.username === self}
          onClose={() => onOpen(null)}
        />
      ) : null}
    </div>
  );
}
