/** One subject: rates, its last message with what changed, who is subscribed, who would receive. */

import type { SubjectDetail, SubjectRow } from '@sluice/protocol/console';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Eye, Send } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { TileSpark } from '../../../components/chart/spark.tsx';
import { ClientLink } from '../../../components/client-link.tsx';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Icon } from '../../../components/icon.tsx';
import { InterestList } from '../../../components/interest/interest-list.tsx';
import { interestQuery } from '../../../components/interest/interest-query.ts';
import { PaneHead } from '../../../components/pane-head.tsx';
import { Subject } from '../../../components/subject.tsx';
import { apiGet, messageOf } from '../../../lib/api-client.ts';
import { formatBytes, formatCount, formatRate, plural } from '../../../lib/format.ts';
import { useMay } from '../../../lib/session.ts';
import { SUBJECTS_REFRESH_MS } from '../api/use-subject-levels.ts';
import type { RateMemory } from '../model/rate-memory.ts';
import { LastMessage } from './last-message.tsx';

export interface SubjectPaneProps {
  /** Empty: the usual one. */
  account: string;
  subject: string;
  /** As the tree has it; null when it is not in sight. */
  known: SubjectRow | null;
  rates: RateMemory;
  onClose: () => void;
}

function detailQuery(subject: string, account: string) {
  return {
    queryKey: ['subjects', 'detail', subject, account],
    queryFn: ({ signal }: { signal: AbortSignal }) => apiGet<SubjectDetail>('/api/subjects/detail', { subject, account }, signal),
    refetchInterval: SUBJECTS_REFRESH_MS,
    retry: false,
  } as const;
}

export function SubjectPane({ account, subject, known, rates, onClose }: SubjectPaneProps): ReactNode {
  const isPrefix = known?.hasChildren === true;
  // A branch of the tree: its figures are the tree's, its subscribers those of anything below.
  const asked = isPrefix ? `${subject}.>` : subject;
  const { data } = useQuery(detailQuery(asked, account));
  const detail = data?.row.subject === asked ? data : undefined;
  const row = isPrefix ? known : (detail?.row ?? known);
  return (
    <aside className="col side subj-pane" aria-label={`Subject ${subject}`}>
      <SubjectHead account={account} subject={subject} isPrefix={isPrefix} onClose={onClose} />
      <div className="scroll col">
        {row === null ? null : <Figures row={row} />}
        <RateChart subject={subject} rates={rates} />
        <LastMessage key={subject} account={account} subject={subject} isPrefix={isPrefix} />
        <div className="g2 eq fillg subj-below">
          <Groups detail={detail} />
          <Receivers account={account} subject={subject} isPrefix={isPrefix} />
        </div>
      </div>
    </aside>
  );
}

function SubjectHead({
  account,
  subject,
  isPrefix,
  onClose,
}: {
  account: string;
  subject: string;
  isPrefix: boolean;
  onClose: () => void;
}): ReactNode {
  const mayPublish = useMay('operator');
  return (
    <PaneHead
      className="sjl subj-panehead"
      onClose={onClose}
      actions={
        <>
          <Link
            className="btn sm"
            to="/tap"
            search={{ subjects: isPrefix ? [subject, `${subject}.>`] : subject, ...(account === '' ? {} : { account }) }}
          >
            <Icon of={Eye} isSmall />
            Tap
          </Link>
          {mayPublish ? (
            <Link className="btn sm" to="/workbench" search={{ subject }}>
              <Icon of={Send} isSmall />
              Publish here
            </Link>
          ) : null}
        </>
      }
    >
      <span className="el">
        <Subject value={subject} />
        {isPrefix ? <span className="f3">.&gt;</span> : null}
      </span>
      <CopyButton text={subject} label="Copy subject" isIconOnly />
    </PaneHead>
  );
}

function Figures({ row }: { row: SubjectRow }): ReactNode {
  return (
    <div className="statline">
      <span>
        <b>{formatRate(row.msgsPerS)}</b> msg/s
      </span>
      <span>
        <b>{formatBytes(row.bytesPerS)}</b>/s
      </span>
      <span>
        <b>
          {formatCount(row.publishers)}
          {row.hasMorePublishers ? '+' : ''}
        </b>{' '}
        {row.publishers === 1 ? 'publisher' : 'publishers'}
      </span>
      <span>
        <b>{formatCount(row.subscribers)}</b> {row.subscribers === 1 ? 'subscriber' : 'subscribers'}
      </span>
      <span className="h-md">
        <b>{formatCount(row.messages)}</b> messages seen
      </span>
    </div>
  );
}

function RateChart({ subject, rates }: { subject: string; rates: RateMemory }): ReactNode {
  const values = rates.of(subject);
  // Its place is kept from the start: nothing below it moves when the second value comes.
  const isMeasured = values.length >= 2;
  return (
    <figure className="sec subj-chart">
      {isMeasured ? <TileSpark series={[values]} /> : <div className="chart" />}
      <figcaption className="f3 xs">
        {isMeasured
          ? `msg/s, the last ${Math.round((values.length * SUBJECTS_REFRESH_MS) / 1000)} s on this page`
          : 'msg/s, measuring…'}
      </figcaption>
    </figure>
  );
}

function Groups({ detail }: { detail: SubjectDetail | undefined }): ReactNode {
  return (
    <section>
      <h3 className="row sech subj-sech">Subscribers by queue group</h3>
      {detail === undefined ? null : detail.groups.length === 0 ? (
        <p className="sec f2 sm">No subscription matches.</p>
      ) : (
        <table className="mini pad">
          <thead>
            <tr>
              <th>Group, pattern</th>
              <th className="r subj-n">Subs</th>
              <th className="r subj-n">Messages</th>
            </tr>
          </thead>
          <tbody>
            {detail.groups.map((group) => (
              <tr
                key={`${group.queue ?? ''} ${group.subject}`}
                title={group.members.map((member) => member.name ?? `cid ${member.cid}`).join(', ')}
              >
                <td>
                  {group.queue === null ? <span className="f2">no group</span> : <b className="m5">{group.queue}</b>}{' '}
                  <Subject value={group.subject} />
                </td>
                <td className="r num">{formatCount(group.subscriptions)}</td>
                <td className="r num">{formatCount(group.messages)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {detail === undefined || detail.publishers.length === 0 ? null : (
        <p className="sec sm f2 subj-pubs">
          {plural(detail.publishers.length, 'publisher')}:{' '}
          {detail.publishers.slice(0, 8).map((publisher, index) => (
            <span key={publisher.cid}>
              {index === 0 ? '' : ', '}
              <ClientLink cid={publisher.cid} name={publisher.name} />
            </span>
          ))}
        </p>
      )}
    </section>
  );
}

function Receivers({ account, subject, isPrefix }: { account: string; subject: string; isPrefix: boolean }): ReactNode {
  const [isOpen, setIsOpen] = useState(true);
  const { data, error } = useQuery({ ...interestQuery(subject, account), enabled: !isPrefix && isOpen });
  return (
    <section>
      <h3 className="row sech subj-sech">
        Who would receive this?
        <Button variant="ghost" isSmall className="push" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? 'Hide' : 'Show'}
        </Button>
      </h3>
      {isPrefix ? <p className="sec f2 sm">Messages go to one subject: choose one below {subject}.</p> : null}
      {isOpen && !isPrefix && data !== undefined && data.subject === subject ? <InterestList result={data} /> : null}
      {isOpen && error !== null && !isPrefix ? <p className="sec bad sm">{messageOf(error)}</p> : null}
    </section>
  );
}
