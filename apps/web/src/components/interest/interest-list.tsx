/** Who would receive a message: every plain subscription, and one member of each queue group. */
import type { InterestMember, InterestResult } from '@sluice/protocol/console';
import { Eye, Users } from 'lucide-react';
import { useState } from 'react';
import { formatCount, plural } from '../../lib/format.ts';
import { ClientLink } from '../client-link.tsx';
import { Icon } from '../icon.tsx';
import { Subject } from '../subject.tsx';
import './interest.css';

/** Members shown before "all". */
const FEW = 5;

export function InterestList({ result }: { result: InterestResult }) {
  if (result.total === 0) {
    return (
      <p className="sec f2" role="status">
        Nobody. A message to <Subject value={result.subject} /> would reach no subscriber; a request would get “no responders” at
        once.
      </p>
    );
  }
  return (
    <div className="interest">
      <p className="sec sm f2" role="status">
        {plural(result.deliveries, 'delivery', 'deliveries')} for each message, {plural(result.total, 'subscription')} match.
      </p>
      {result.queues.map(({ queue, members }) => (
        <Members
          key={queue}
          icon={Users}
          title={
            <>
              Queue <b className="m5">{queue}</b>
            </>
          }
          note={`1 of ${formatCount(members.length)} members`}
          members={members}
        />
      ))}
      {result.plain.length === 0 ? null : (
        <Members icon={Eye} title={plural(result.plain.length, 'plain subscriber')} note="all of them" members={result.plain} />
      )}
    </div>
  );
}

interface MembersProps {
  icon: typeof Users;
  title: React.ReactNode;
  note: string;
  members: readonly InterestMember[];
}

function Members({ icon, title, note, members }: MembersProps) {
  const [isAll, setIsAll] = useState(false);
  const shown = isAll ? members : members.slice(0, FEW);
  return (
    <section className="interest-group">
      <h4 className="row">
        <Icon of={icon} isSmall />
        <span className="el grow">{title}</span>
        <span className="f2 sm nw">{note}</span>
      </h4>
      <ul>
        {shown.map((member) => (
          <li key={`${member.cid} ${member.sid}`} className="row">
            <span className="el interest-who">
              <ClientLink cid={member.cid} name={member.name} />
            </span>
            <span className="el grow">
              <Subject value={member.subject} />
            </span>
            {member.user === null ? null : <span className="f3 sm nw">{member.user}</span>}
          </li>
        ))}
      </ul>
      {shown.length < members.length ? (
        <button type="button" className="lk sm" onClick={() => setIsAll(true)}>
          All {formatCount(members.length)}
        </button>
      ) : null}
    </section>
  );
}
