/** What happened lately, newest first. */
import type { ConsoleEvent, ConsoleEventKind } from '@sluice/protocol/console';
import { Activity, History, type LucideIcon, Power, ShieldAlert, TriangleAlert, UserMinus, UserPlus } from 'lucide-react';
import type { ReactNode } from 'react';
import { Icon } from '../../../components/icon.tsx';
import { PageLink, Sentence, sentenceText } from '../../../components/sentence.tsx';
import { Time } from '../../../components/time.tsx';

const SHOWN_MAX = 7;
const icons: Readonly<Record<ConsoleEventKind, LucideIcon>> = {
  connect: UserPlus,
  disconnect: UserMinus,
  auth_error: ShieldAlert,
  slow_consumer: TriangleAlert,
  broker: Power,
  audit: History,
  peak: Activity,
};

export function EventList({ events }: { events: readonly ConsoleEvent[] }): ReactNode {
  return (
    <section aria-labelledby="events-title">
      <div className="pane-h">
        <h2 id="events-title">Recent events</h2>
        <PageLink to="/audit" className="lk sm push">
          Audit
        </PageLink>
      </div>
      {events.length === 0 ? (
        <p className="quiet f2">Nothing yet. Connects, kicks, refused logins and changes of the configuration appear here.</p>
      ) : (
        <ul className="tl">
          {events.slice(0, SHOWN_MAX).map((event) => (
            <EventLine key={event.seq} event={event} />
          ))}
        </ul>
      )}
    </section>
  );
}

function EventLine({ event }: { event: ConsoleEvent }): ReactNode {
  const text = <Sentence parts={event.sentence} />;
  return (
    <li>
      <Time atMs={event.atMs} />
      <Icon of={icons[event.kind]} className={event.severity === 'info' ? '' : event.severity} />
      <span className="el" title={sentenceText(event.sentence)}>
        {event.link === null ? (
          text
        ) : (
          <PageLink to={event.link.to} search={event.link.search} className="quietlk">
            {text}
          </PageLink>
        )}
      </span>
    </li>
  );
}
