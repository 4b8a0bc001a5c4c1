/** Subjects that have messages in a stream, with how many; each leads to its messages. */
import type { StreamDetail, StreamSubjectRow, StreamSubjectsPage } from '@sluice/protocol/console';
import { type ReactNode, useMemo, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import type { DataTableColumn } from '../../../components/data-table/column.ts';
import type { TableSort } from '../../../components/data-table/head-cell.tsx';
import { WindowTable } from '../../../components/data-table/window-table.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { Subject } from '../../../components/subject.tsx';
import { SubjectInput, subjectProblem } from '../../../components/subject-input.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { usePageWindow } from '../../../lib/page-window.ts';
import type { SearchPatch } from '../../../lib/url-state.ts';
import { loadSubjects } from '../api/streams-api.ts';

/** Counting subjects costs the server more than reading a state. Milliseconds. */
const SUBJECTS_REFRESH_MS = 5000;

export interface SubjectsTabProps {
  readonly detail: StreamDetail;
  readonly account: string;
  readonly onChange: (change: SearchPatch) => void;
}

export function SubjectsTab({ detail, account, onChange }: SubjectsTabProps): ReactNode {
  const { name } = detail.row;
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<TableSort>({ key: 'messages', order: 'desc' });
  const asked = subjectProblem(filter, true) === null ? filter : '';
  const window = usePageWindow<StreamSubjectRow, StreamSubjectsPage>({
    queryKey: ['stream', account, name, 'subjects', asked, sort.key, sort.order],
    load: (range, signal) => loadSubjects(name, { account, filter: asked, sort: sort.key, order: sort.order, ...range }, signal),
    refetchMs: SUBJECTS_REFRESH_MS,
  });
  const columns = useMemo((): readonly DataTableColumn<StreamSubjectRow>[] => {
    const total = Math.max(detail.row.messages.used, 1);
    return [
      {
        id: 'subject',
        header: 'Subject',
        isFixed: true,
        sortKey: 'subject',
        firstOrder: 'asc',
        cell: (row) => <Subject value={row.subject} />,
      },
      {
        id: 'messages',
        header: 'Messages',
        width: 140,
        isNumeric: true,
        sortKey: 'messages',
        cell: (row) => formatCount(row.messages),
        flash: (row) => row.messages,
      },
      {
        id: 'share',
        header: 'Share',
        width: 160,
        cell: (row) => (
          <i className="bar neu">
            <i style={{ width: `${Math.min(row.messages / total, 1) * 100}%` }} />
          </i>
        ),
      },
      {
        id: 'purge',
        header: '',
        width: 116,
        cellClass: 'r',
        cell: (row) => (
          <Button variant="ghost" isSmall tabIndex={-1} onClick={() => onChange({ tab: 'operations', purge: row.subject })}>
            Purge…
          </Button>
        ),
      },
    ];
  }, [detail.row.messages.used, onChange]);
  return (
    <>
      <div className="tool constool">
        <SubjectInput
          label="Filter subjects"
          placeholder="Pattern, as orders.*.created"
          className="csearch"
          areWildcardsAllowed
          value={filter}
          suggestions={detail.row.subjectPatterns}
          onChange={setFilter}
        />
      </div>
      <div className="split">
        <div className="col grow">
          <WindowTable
            label={`Subjects of ${name}`}
            columns={columns}
            window={window}
            rowKey={(row) => row.subject}
            sort={sort}
            onSort={setSort}
            onOpen={(row) => onChange({ tab: undefined, seek: undefined, subject: row.subject })}
            empty={
              <EmptyState title={asked === '' ? 'No message, so no subject' : `No subject fits ${asked}`}>
                {asked === '' ? 'Subjects appear with their first message.' : undefined}
              </EmptyState>
            }
          />
          <div className="foot">
            <span>{plural(window.answer?.total, 'subject')}</span>
            {window.answer?.isTruncated === true ? <span className="warn">only the first 200,000 are listed</span> : null}
            <span className="push">Enter shows the messages of a subject</span>
          </div>
        </div>
      </div>
    </>
  );
}
