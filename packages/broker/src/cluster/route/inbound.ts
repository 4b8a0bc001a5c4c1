// hot path
/**
 * A message that another server of the cluster sent: to those attached to this server, its leaf nodes among them, and no further.
 * Source: nats-server server/route.go processInboundRoutedMsg.
 */
import { equalBytes, latin1Bytes } from '@sluice/protocol/wire';
import type { Account } from '../../account/account.ts';
import type { Message } from '../../routing/message.ts';
import { count } from '../peer-account.ts';
import { routeArrived } from '../shown-subject.ts';
import type { RouteConnection } from './route-connection.ts';

export interface RoutedArguments {
  /** Where the account's name stands in the message's bytes; empty on a connection of one account. */
  readonly accountStart: number;
  readonly accountEnd: number;
  readonly queues: readonly string[] | null;
}

export function processRoutedMessage(route: RouteConnection, message: Message, args: RoutedArguments): void {
  const { sizeBytes } = message;
  route.inMessages++;
  route.inBytes += sizeBytes;
  const account = route.account === '' ? namedAccount(route, message, args) : route.server.accounts.get(route.account);
  if (account === undefined) return;
  count(account.received, account.routed.received, sizeBytes);
  const match = account.sublist.match(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash);
  if (!match.hasInterest && match.taps.length === 0) return;
  const { arrival, parser, server } = route;
  arrival.origin = parser.origin;
  arrival.queues = args.queues;
  routeArrived(server.router, match, message, arrival);
}

/** The account of the last message is usually that of the next one too. */
function namedAccount(
  route: RouteConnection,
  message: Message,
  { accountStart, accountEnd }: RoutedArguments,
): Account | undefined {
  const { last } = route.mesh;
  const { bytes } = message;
  const length = accountEnd - accountStart;
  if (last.account !== undefined && last.name.length === length && equalBytes(last.name, 0, bytes, accountStart, length)) {
    return last.account;
  }
  const name = bytes.toString('latin1', accountStart, accountEnd);
  last.account = route.server.accounts.get(name);
  last.name = latin1Bytes(name);
  return last.account;
}
