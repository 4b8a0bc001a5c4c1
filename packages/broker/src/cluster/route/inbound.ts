// hot path
/**
 * A message that another server sent: to those attached to this server and no further. Source: nats-server server/route.go
 * processInboundRoutedMsg, server/client.go jsAckDeliverIdx.
 */
import { equalBytes, hashBytes, latin1Bytes, SlackBuffer } from '@sluice/protocol/wire';
import type { Account } from '../../account/account.ts';
import { Message } from '../../routing/message.ts';
import { count } from './route-account.ts';
import type { RouteConnection } from './route-connection.ts';

const ACK_PREFIX = latin1Bytes('$JS.ACK.');
const DOLLAR = 36;
const DOT = 46;
const AT = 64;
/** Dots of `$JS.ACK.stream.consumer.delivered.seq.seq.time.pending`. */
const ACK_DOTS = 8;

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
  const { router } = route.server;
  const at = message.replyEnd > message.replyStart && message.bytes[message.replyStart] === DOLLAR ? shownSubjectAt(message) : -1;
  if (at < 0) router.routeFromServer(match, message, args.queues, false);
  else router.routeFromServer(match, shownAs(message, at), args.queues, true);
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

/** Where in the reply the subject stands that receivers are to see, or -1: `$JS.ACK.…@subject`. */
function shownSubjectAt({ bytes, replyStart, replyEnd }: Message): number {
  if (replyEnd - replyStart <= ACK_PREFIX.length || !equalBytes(ACK_PREFIX, 0, bytes, replyStart, ACK_PREFIX.length)) return -1;
  let dots = 0;
  for (let index = replyStart; index < replyEnd - 1; index++) {
    if (bytes[index] === DOT) dots++;
    else if (bytes[index] === AT && dots >= ACK_DOTS) return index;
  }
  return -1;
}

/** The message under the subject behind `at`, with the reply before it. */
function shownAs(message: Message, at: number): Message {
  const { bytes, replyStart, replyEnd, payloadStart, sizeBytes } = message;
  const subjectBytes = replyEnd - at - 1;
  const replyBytes = at - replyStart;
  // `subject reply `, then sizes, CRLF, payload and CRLF as they came.
  const restBytes = payloadStart + sizeBytes + 2 - (replyEnd + 1);
  const buffer = new SlackBuffer(subjectBytes + 1 + replyBytes + 1 + restBytes);
  const target = buffer.bytes;
  bytes.copy(target, 0, at + 1, replyEnd);
  target[subjectBytes] = 32;
  const tailStart = subjectBytes + 1;
  bytes.copy(target, tailStart, replyStart, at);
  target[tailStart + replyBytes] = 32;
  const restStart = tailStart + replyBytes + 1;
  bytes.copy(target, restStart, replyEnd + 1, replyEnd + 1 + restBytes);
  const shown = new Message(target, buffer.view);
  shown.subjectEnd = subjectBytes;
  shown.subjectHash = hashBytes(target, 0, subjectBytes);
  shown.tailStart = tailStart;
  shown.replyStart = tailStart;
  shown.replyEnd = tailStart + replyBytes;
  shown.payloadStart = restStart + (payloadStart - replyEnd - 1);
  shown.sizeBytes = sizeBytes;
  shown.headerBytes = message.headerBytes;
  shown.hasHeaders = message.hasHeaders;
  return shown;
}
