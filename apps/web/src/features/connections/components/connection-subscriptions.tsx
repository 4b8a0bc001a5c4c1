/** What one connection subscribes to. */
import type { ConnectionDetail } from '@sluice/protocol/console';
import { type ReactNode, useState } from 'react';
import { PageLink } from '../../../components/sentence.tsx';
import { Subject } from '../../../components/subject.tsx';
import { formatCount } from '../../../lib/format.ts';
import { useAccountSearch } from '../../../lib/session.ts';

const SHOWN_FIRST = 12;

export function ConnectionSubscriptions({ detail }: { detail: ConnectionDetail }): ReactNode {
  const [isAllShown, setIsAllShown] = useState(false);
  const { subscriptions, subscriptionsTotal } = detail;
  const account = useAccountSearch()(detail.connection.account);
  const shown = isAllShown ? subscriptions : subscriptions.slice(0, SHOWN_FIRST);
  return (
    <section className="sec" aria-labelledby="subs-title">
      <h3 className="row sech" id="subs-title">
        Subscriptions<span className="f3 sm num nb">{formatCount(subscriptionsTotal)}</span>
      </h3>
      {subscriptions.length === 0 ? (
        <p className="f3 sm">None: it only publishes.</p>
      ) : (
        <table className="mini" aria-labelledby="subs-title">
          <colgroup>
            <col />
            <col style={{ width: 92 }} />
            <col style={{ width: 84 }} />
          </colgroup>
          <thead>
            <tr>
              <th scope="col">Subject</th>
              <th scope="col">Queue</th>
              <th scope="col" className="r">
                Messages
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((subscription) => (
              <tr key={subscription.sid}>
                <td title={subscription.subject}>
                  <PageLink to="/tap" search={{ subject: subscription.subject, ...account }} className="rl">
                    <Subject value={subscription.subject} />
                  </PageLink>
                </td>
                <td className={subscription.queue === null ? 'f3' : 'f2'}>{subscription.queue ?? 'none'}</td>
                <td className="r num">
                  {formatCount(subscription.messages)}
                  {subscription.maxMessages === null ? '' : ` / ${formatCount(subscription.maxMessages)}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {subscriptions.length > shown.length ? (
        <button type="button" className="lk sm" onClick={() => setIsAllShown(true)}>
          {formatCount(subscriptions.length - shown.length)} more
        </button>
      ) : null}
      {isAllShown && subscriptionsTotal > subscriptions.length ? (
        <PageLink to="/subscriptions" search={{ cid: String(detail.connection.cid), ...account }} className="lk sm">
          All {formatCount(subscriptionsTotal)} on the subscriptions page
        </PageLink>
      ) : null}
    </section>
  );
}
