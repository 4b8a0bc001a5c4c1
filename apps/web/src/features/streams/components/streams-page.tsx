/** Streams: the page. */
import type { ReactNode } from 'react';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';

export function StreamsPage(): ReactNode {
  return (
    <JetStreamGate
      account=""
      head={
        <div className="head">
          <h1>Streams</h1>
        </div>
      }
    >
      {null}
    </JetStreamGate>
  );
}
