/** The tap before it has a subject: says what it does and offers the first step. */
import { Button } from '../../../components/button.tsx';
import { EmptyState } from '../../../components/states.tsx';
import { Subject } from '../../../components/subject.tsx';

export function TapStart({ hottest, onSubject }: { hottest: readonly string[]; onSubject: (subject: string) => void }) {
  const offers = [...new Set(['>', ...hottest.slice(0, 5)])];
  return (
    <EmptyState
      title="Tap shows messages as they pass"
      command={'nats sub "orders.>"'}
      action={
        <div className="row tap-offers">
          {offers.map((subject) => (
            <Button key={subject} onClick={() => onSubject(subject)}>
              <Subject value={subject} />
            </Button>
          ))}
        </div>
      }
    >
      Name one or more subjects above, or begin with one of these. Watching takes nothing away from anybody: the tap is no
      subscriber and consumes nothing.
    </EmptyState>
  );
}
