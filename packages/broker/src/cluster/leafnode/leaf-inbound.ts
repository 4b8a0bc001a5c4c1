// hot path
/**
 * A message that came over a leaf node connection: rules → mappings → those who want it here, in the cluster and at other leaf nodes.
 * Source: nats-server server/leafnode.go processInboundLeafMsg.
 */
import type { Account } from '../../account/account.ts';
import type { Message } from '../../routing/message.ts';
import { count } from '../peer-account.ts';
import { routeArrived } from '../shown-subject.ts';
import type { LeafConnection } from './leaf-connection.ts';

export function processLeafMessage(leaf: LeafConnection, message: Message, queues: readonly string[] | null): void {
  const { account, arrival, server, permissions } = leaf;
  const { sizeBytes } = message;
  leaf.inMessages++;
  leaf.inBytes += sizeBytes;
  if (account === null || arrival === null) return;
  count(account.received, account.leafed.received, sizeBytes);
  if (!permissions.mayTake(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash)) {
    return leaf.refusePermission('Publish', message.subject());
  }
  arrival.origin = leaf.remoteCluster;
  arrival.queues = queues;
  arrival.servesAllQueues = false;
  if (account.mappings !== null) {
    const subject = message.subject();
    if (!mapSubject(leaf, account, message, subject)) return;
    // Members of the mapped subject are not known over there, so none can have been chosen.
    arrival.servesAllQueues = queues === null && message.subject() !== subject;
  }
  const match = account.sublist.match(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash);
  account.publishObserver?.onPublish(match, message, 1);
  if (match.hasInterest || match.taps.length > 0) routeArrived(server.router, match, message, arrival);
}

/** False when the mapping drops the message. */
function mapSubject({ server }: LeafConnection, account: Account, message: Message, subject: string): boolean {
  const mapped = account.mappings?.map(subject, () => server.router.randomFraction(), server.cluster?.name);
  if (mapped === undefined) return false;
  if (mapped !== subject) message.replaceSubject(mapped);
  return true;
}
