// hot path
/**
 * A stored message keeps its subject when it is delivered somewhere else: between servers that subject stands behind the reply, as
 * `$JS.ACK.…@subject`. Source: nats-server server/client.go jsAckDeliverIdx.
 */
import { equalBytes, hashBytes, latin1Bytes, SlackBuffer } from '@sluice/protocol/wire';
import type { Match } from '../routing/match.ts';
import { Message } from '../routing/message.ts';
import type { PeerArrival } from '../routing/peer-arrival.ts';
import type { Router } from '../routing/router.ts';

const ACK_PREFIX = latin1Bytes('$JS.ACK.');
const DOLLAR = 36;
const DOT = 46;
const AT = 64;
/** Dots of `$JS.ACK.stream.consumer.delivered.seq.seq.time.pending`. */
const ACK_DOTS = 8;

/** Routes what another server sent, under the subject that its reply tells, if it does. `match` is for the subject of its frame. */
export function routeArrived(router: Router, match: Match, message: Message, arrival: PeerArrival): void {
  const at = shownSubjectAt(message);
  if (at < 0) return router.routeFromPeer(match, message, arrival);
  arrival.target = Uint8Array.prototype.slice.call(message.bytes, message.subjectStart, message.subjectEnd);
  router.routeFromPeer(match, shownAs(message, at), arrival);
  arrival.target = null;
}

/** Where in the reply the subject stands that receivers are to see, or -1. */
function shownSubjectAt({ bytes, replyStart, replyEnd }: Message): number {
  if (replyEnd <= replyStart || bytes[replyStart] !== DOLLAR) return -1;
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
