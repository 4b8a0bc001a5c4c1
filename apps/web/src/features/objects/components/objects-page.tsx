/** Objects: the page. */
import type { ReactNode } from 'react';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';

export function ObjectsPage(): ReactNode {
  return (
    <JetStreamGate
      account=""
      head={
        <div className="head">
          <h1>Objects</h1>
        </div>
      }
    >
      {null}
    </JetStreamGate>
  );
}
