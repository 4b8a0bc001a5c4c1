/** Key-Value: the page. */
import type { ReactNode } from 'react';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';

export function KeyValuePage(): ReactNode {
  return (
    <JetStreamGate
      account=""
      head={
        <div className="head">
          <h1>Key-Value</h1>
        </div>
      }
    >
      {null}
    </JetStreamGate>
  );
}
