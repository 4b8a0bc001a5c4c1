/** Columns of the four views. */
import type { ReactNode } from 'react';
import { ClientLink } from '../../../components/client-link.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import { Subject } from '../../../components/subject.tsx';
import { formatCount, UNKNOWN } from '../../../lib/format.ts';
import type { RowOf } from '../api/use-subscription-pages.ts';

function messagesColumn<Row extends { messages: number }>(): DataTableColumn<Row> {
  return {
    id: 'messages',
    header: 'Messages',
    cell: (row) => formatCount(row.messages),
    sortKey: 'messages',
    isNumeric: true,
    width: 120,
    flash: (row) => row.messages,
  };
}

function subscriptionsColumn<Row extends { subscriptions: number }>(): DataTableColumn<Row> {
  return {
    id: 'subscriptions',
    header: 'Subs',
    cell: (row) => formatCount(row.subscriptions),
    sortKey: 'subscriptions',
    isNumeric: true,
    width: 72,
  };
}

function userColumn<Row extends { user: string | null }>(): DataTableColumn<Row> {
  return {
    id: 'user',
    header: 'User',
    cell: (row) => row.user ?? UNKNOWN,
    sortKey: 'user',
    firstOrder: 'asc',
    width: 110,
    from: 'md',
  };
}

export const subjectColumns: readonly DataTableColumn<RowOf<'subject'>>[] = [
  {
    id: 'subject',
    header: 'Subject',
    cell: (row) => <Subject value={row.subject} />,
    sortKey: 'subject',
    firstOrder: 'asc',
    isFixed: true,
  },
  {
    id: 'queueGroups',
    header: 'Queue groups',
    cell: (row) => (row.queueGroups.length === 0 ? <span className="f3">none</span> : row.queueGroups.join(', ')),
    width: 190,
    from: 'md',
  },
  {
    id: 'plain',
    header: 'Plain',
    cell: (row) => formatCount(row.plain),
    sortKey: 'plain',
    isNumeric: true,
    width: 72,
    from: 'md',
  },
  subscriptionsColumn(),
  { id: 'clients', header: 'Clients', cell: (row) => formatCount(row.clients), sortKey: 'clients', isNumeric: true, width: 76 },
  messagesColumn(),
];

export const queueColumns: readonly DataTableColumn<RowOf<'queue'>>[] = [
  {
    id: 'queue',
    header: 'Queue group',
    cell: (row) => <b className="m5">{row.queue}</b>,
    sortKey: 'queue',
    firstOrder: 'asc',
    isFixed: true,
    width: 190,
  },
  { id: 'subject', header: 'Subject', cell: (row) => <Subject value={row.subject} />, sortKey: 'subject', firstOrder: 'asc' },
  { id: 'members', header: 'Members', cell: (row) => formatCount(row.members), sortKey: 'members', isNumeric: true, width: 84 },
  messagesColumn(),
  {
    id: 'busiestShare',
    header: 'Busiest member %',
    cell: (row) => (row.busiestShare === null ? UNKNOWN : Math.round(row.busiestShare * 100)),
    sortKey: 'busiestShare',
    isNumeric: true,
    width: 136,
    from: 'md',
  },
];

export const clientColumns: readonly DataTableColumn<RowOf<'client'>>[] = [
  { id: 'cid', header: 'cid', cell: (row) => row.cid, sortKey: 'cid', firstOrder: 'asc', isNumeric: true, width: 84 },
  {
    id: 'name',
    header: 'Client',
    cell: (row) => <ClientLink cid={row.cid} name={row.name} />,
    sortKey: 'name',
    firstOrder: 'asc',
    isFixed: true,
    width: 200,
  },
  userColumn(),
  { id: 'subjects', header: 'Subjects', cell: (row) => <SomeSubjects subjects={row.subjects} total={row.subscriptions} /> },
  subscriptionsColumn(),
  messagesColumn(),
];

export const allColumns: readonly DataTableColumn<RowOf<'all'>>[] = [
  {
    id: 'subject',
    header: 'Subject',
    cell: (row) => <Subject value={row.subject} />,
    sortKey: 'subject',
    firstOrder: 'asc',
    isFixed: true,
  },
  {
    id: 'queue',
    header: 'Queue group',
    cell: (row) => row.queue ?? <span className="f3">none</span>,
    sortKey: 'queue',
    firstOrder: 'asc',
    width: 130,
  },
  {
    id: 'name',
    header: 'Client',
    cell: (row) => <ClientLink cid={row.cid} name={row.name} />,
    sortKey: 'name',
    firstOrder: 'asc',
    width: 180,
  },
  userColumn(),
  { id: 'sid', header: 'sid', cell: (row) => row.sid, isNumeric: true, width: 64, from: 'md' },
  messagesColumn(),
];

function SomeSubjects({ subjects, total }: { subjects: readonly string[]; total: number }): ReactNode {
  const rest = total - subjects.length;
  return (
    <>
      {subjects.map((subject, index) => (
        <span key={subject}>
          {index === 0 ? '' : ', '}
          <Subject value={subject} />
        </span>
      ))}
      {rest > 0 ? <span className="f3"> and {formatCount(rest)} more</span> : null}
    </>
  );
}
