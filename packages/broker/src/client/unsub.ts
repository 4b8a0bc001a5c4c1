/** UNSUB from a client: at once, or after a number of messages that counts from the start of the subscription. */
import { closedReasons, goQuoteLatin1 } from '@sluice/protocol';
import { splitArguments } from '@sluice/protocol/wire';
import type { ClientConnection } from './client-connection.ts';

export function processUnsub(client: ClientConnection, args: string): void {
  const fields = splitArguments(args);
  if (fields.length !== 1 && fields.length !== 2) {
    client.logError(`processUnsub Parse Error: ${goQuoteLatin1(args)}`);
    return client.close(closedReasons.protocolViolation);
  }
  const [sid = '', maximum = ''] = fields;
  const subscription = client.subscriptions.get(sid);
  const maxCount = fields.length === 2 ? parseMaximum(maximum) : 0;
  if (subscription !== undefined) {
    if (maxCount > 0 && subscription.deliveredCount < maxCount) {
      subscription.maxCount = maxCount;
      subscription.hasRules = true;
      client.account?.touch(subscription);
    } else client.dropSubscription(subscription);
  }
  if (client.isVerbose) client.sendOk();
}

/** Anything but digits counts as no maximum, as in nats-server. */
function parseMaximum(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
