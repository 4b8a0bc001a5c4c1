/** One stream. */
import type { ReactNode } from 'react';
import { JetStreamGate } from '../../../components/jetstream/jetstream-gate.tsx';

export function StreamPage(): ReactNode {
  return (
    <JetStreamGate
      account=""
      head={
        <div className="head">
          <h1>Stream</h1>
        </div>
      }
    >
      {null}
    </JetStreamGate>
  );
}
