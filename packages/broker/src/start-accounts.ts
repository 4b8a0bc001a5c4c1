/**
 * What operator mode needs before anybody is let in: the system account. One that cannot be had yet is stood in for, so that whoever holds
 * its key can push it. Source: nats-server server/server.go NewServer, Start.
 */
import { DEFAULT_SYSTEM_ACCOUNT } from './account/accounts.ts';
import type { Server } from './server.ts';

/** How often a system account that could not be had is asked for. */
const RETRY_MS = 1000;

/** Fetches the system account, or stands in for it; the function ends what goes on in the background. @throws in memory mode. */
export async function findSystemAccount({ known, options, env }: Server): Promise<() => void> {
  const id = options.systemAccount;
  const noEnd = (): void => undefined;
  if (known === undefined || id === undefined || id === DEFAULT_SYSTEM_ACCOUNT) return noEnd;
  if (known.trust.find(id) !== undefined) return noEnd;
  const kind = options.operator?.resolver?.kind;
  if (kind === undefined) throw new Error("Can't set system account: account missing");
  if (kind === 'url' && (await known.find(id)) !== undefined) return noEnd;
  known.trust.standIn(id);
  env.log.write('INF', 'Using bootstrapping system account');
  let isAsking = false;
  const timer = env.clock.setRepeatingTimer(RETRY_MS, () => {
    if (known.trust.find(id)?.jwt !== '') return timer.cancel();
    if (isAsking) return;
    isAsking = true;
    known.refresh(id).then(
      (isFound) => {
        isAsking = false;
        if (isFound) env.log.write('INF', 'System account fetched and updated');
      },
      () => {
        isAsking = false;
      },
    );
  });
  return () => timer.cancel();
}

/** Names the folder that accounts are kept in. */
export function logResolver({ options, env }: Server): void {
  const resolver = options.operator?.resolver;
  if (resolver?.kind === 'full') env.log.write('INF', `Managing all jwt in exclusive directory ${resolver.path}`);
  if (resolver?.kind === 'cache') env.log.write('INF', `Managing some jwt in exclusive directory ${resolver.path}`);
}
