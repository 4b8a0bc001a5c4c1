/** What stands where a page should be: it failed, or there is none at this address. */
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EmptyState, FailedState } from '../components/states.tsx';

export function RouteFailure({ error, reset }: ErrorComponentProps): ReactNode {
  const router = useRouter();
  return (
    <main className="main">
      <FailedState
        error={error}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </main>
  );
}

export function NotFoundPage(): ReactNode {
  return (
    <main className="main">
      <EmptyState
        title="There is no page at this address"
        action={
          <Link to="/" className="lk">
            Go to the overview
          </Link>
        }
      />
    </main>
  );
}
