/** How many subscriptions a subject reaches. */
import { isLiteralSubject } from '@sluice/protocol';
import type { Account } from '../account/account.ts';

/** Counts plain subscriptions, or with `queue` the members of that group; 0 for what nobody can publish to. */
export function countSubscribers(account: Account, subject: string, queue: string): number {
  if (!isLiteralSubject(subject)) return 0;
  const match = account.sublist.matchLocal(Buffer.from(subject, 'latin1'));
  let count = queue === '' ? match.plain.length : 0;
  for (const group of match.queues) if (queue === '' || group.name === queue) count += group.members.length;
  return count;
}
