/** Consumers: the page. */
import type { ReactNode } from 'react';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';

export function ConsumersPage(): ReactNode {
  return (
    <JetStreamGate
      account=""
      head={
        <div className="head">
          <h1>Consumers</h1>
        </div>
      }
    >
      {null}
    </JetStreamGate>
  );
}
