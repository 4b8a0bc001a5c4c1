/** Other permissions for a connected client: what it may not hold any more it loses, with a word about each subscription. */
import { protocolErrors } from '@sluice/protocol';
import { ClientPermissions } from '../auth/permissions.ts';
import type { Permissions } from '../options.ts';
import type { Subscription } from '../routing/subscription.ts';
import type { ClientConnection } from './client-connection.ts';
import { hasRules } from './sub.ts';

/** Undefined permissions allow everything. */
export function replacePermissions(client: ClientConnection, permissions: Permissions | undefined): void {
  client.permissions = permissions === undefined ? null : new ClientPermissions(permissions, client.server.env.clock);
  client.parser.mayRepeat = !client.isVerbose && !client.isPedantic && client.permissions?.grantsReplies !== true;
  client.parser.forgetRepeat();
  for (const subscription of [...client.subscriptions.values()]) {
    const check = client.permissions?.checkSubscribe(subscription.subject, subscription.queue);
    if (check !== undefined && !check.isAllowed) {
      takeAway(client, subscription);
      continue;
    }
    subscription.denied = check?.denied ?? null;
    subscription.limitedTo = check?.limitedTo ?? null;
    subscription.hasRules = subscription.maxCount > 0 || hasRules(client, subscription);
    client.account?.touch(subscription);
  }
}

/** Ends a subscription that the client may not hold any more. */
function takeAway(client: ClientConnection, subscription: Subscription): void {
  const { subject, queue, sid } = subscription;
  const group = queue === '' ? '' : ` using queue ${JSON.stringify(queue)}`;
  client.server.env.log.write(
    'INF',
    `Removed sub ${JSON.stringify(subject)}${group} (sid ${JSON.stringify(sid)}) for User ${JSON.stringify(client.identity?.user ?? '')} - not authorized`,
  );
  client.warn(`${protocolErrors.subscriptionViolation(subject, queue).text} (sid "${sid}")`);
  client.dropSubscription(subscription);
}
