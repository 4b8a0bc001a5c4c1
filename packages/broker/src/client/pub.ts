// hot path
/** PUB and HPUB from a client. Before: protocol/wire/parser. After: routing/router. */
import { closedReasons, isValidPublishSubject, protocolErrors } from '@sluice/protocol';
import { equalBytes, latin1Bytes, PubVerdict } from '@sluice/protocol/wire';
import type { Account } from '../account/account.ts';
import type { AccountMappings } from '../account/mapping.ts';
import type { Match } from '../routing/match.ts';
import type { Message } from '../routing/message.ts';
import type { ClientConnection } from './client-connection.ts';
import { disableTrace, type MessageTrace, type TraceWish, traceOf } from './message-trace.ts';
import { sendNoResponders } from './no-responders.ts';

/** A payload smaller than this is not worth asking whether anybody wants it before it is whole. */
const SKIP_FROM_BYTES = 4096;
const UNDERSCORE = 95;
const DOLLAR = 36;

/** The argument line is complete; not one payload byte has been buffered yet. */
export function processPubArguments(client: ClientConnection, message: Message, isWhole: boolean): PubVerdict {
  if (message.hasHeaders && !client.hasHeaders) {
    client.logError('message headers not supported');
    client.close(closedReasons.protocolViolation);
    return PubVerdict.refuse;
  }
  if (message.sizeBytes > client.maxPayloadBytes) {
    client.logError(`maximum payload exceeded: ${message.sizeBytes} vs ${client.maxPayloadBytes}`);
    client.refuse(protocolErrors.maxPayload);
    return PubVerdict.refuse;
  }
  if (isWhole || message.sizeBytes < SKIP_FROM_BYTES || !mayPassUnread(client, message)) return PubVerdict.take;
  countMessage(client, message);
  return PubVerdict.skipPayload;
}

/** True when nobody wants this payload and the publisher is owed no answer. */
function mayPassUnread(client: ClientConnection, message: Message): boolean {
  const { account } = client;
  if (account === null || account.mappings !== null || client.permissions !== null || message.hasReply()) return false;
  // A message that is traced is traced even where nobody listens; whether it is stands in its headers.
  if (client.isVerbose || client.isPedantic || message.hasHeaders) return false;
  const match = account.sublist.match(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash);
  if (match.hasInterest) return false;
  for (const tap of match.taps) if (tap.wantsPayload) return false;
  for (const tap of match.taps) tap.subscriber.deliver(tap, message, null);
  account.publishObserver?.onPublish(match, message, 1);
  return true;
}

/** The payload is complete: permission → reserved reply → acknowledge → route. */
export function processPub(client: ClientConnection, message: Message): void {
  const { account } = client;
  countMessage(client, message);
  client.repeatMatch = null;
  if (account === null) return client.parser.forgetRepeat();
  // What the client wrote is looked at, before it is mapped or refused.
  if (client.isPedantic && !isValidPublishSubject(message.subject())) client.warn(protocolErrors.invalidPublishSubject.text);
  if (message.hasHeaders) {
    const wish = traceOf(client, account, message);
    if (wish !== null) return processWish(client, account, message, wish);
  }
  processUntraced(client, account, message);
}

/** Mapping → permission → acknowledge → route. */
function processUntraced(client: ClientConnection, account: Account, message: Message): void {
  if (
    (client.hasMappings && account.mappings !== null && !mapSubject(client, account.mappings, message)) ||
    !isPermitted(client, message)
  )
    return client.parser.forgetRepeat();
  if (client.isVerbose) client.sendOk();
  const match = account.sublist.match(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash);
  if (match.subject !== null) client.repeatMatch = match;
  account.publishObserver?.onPublish(match, message, 1);
  route(client, account, match, message);
}

/** A message whose headers speak of a trace. */
function processWish(client: ClientConnection, account: Account, message: Message, wish: TraceWish): void {
  if (wish.kind === 'skip') return;
  if (wish.kind === 'trace') return processTraced(client, account, message, wish.trace);
  processUntraced(client, account, disableTrace(message));
}

/** The way of every message, step by step, for one that asked to be traced. Cold: few messages do. */
function processTraced(client: ClientConnection, account: Account, message: Message, trace: MessageTrace): void {
  if (!trace.isDestinationAllowed()) return tellRefusal(client, subjectRefusal(trace.destination));
  const subject = message.subject();
  const isMapped = !client.hasMappings || account.mappings === null || mapSubject(client, account.mappings, message);
  if (isMapped && message.subject() !== subject) trace.noteMapping(message.subject());
  const refusal = isMapped ? refusalOf(client, message) : undefined;
  if (refusal !== undefined) {
    tellRefusal(client, refusal);
    trace.noteRefusal(refusal.text);
  } else if (isMapped) routeTraced(client, account, message, trace);
  trace.announce();
}

function routeTraced(client: ClientConnection, account: Account, message: Message, trace: MessageTrace): void {
  if (client.isVerbose) client.sendOk();
  const match = account.sublist.match(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash);
  account.publishObserver?.onPublish(match, message, 1);
  const count = client.server.router.routeTraced(match, message, trace);
  if (count === 0 && client.wantsNoResponders && message.hasReply()) sendNoResponders(client, account, message);
}

/** Puts the mapped subject in place of the published one; false when the mapping drops the message. */
function mapSubject(client: ClientConnection, mappings: AccountMappings, message: Message): boolean {
  client.parser.forgetRepeat();
  const subject = message.subject();
  const { router, cluster } = client.server;
  const mapped = mappings.map(subject, () => router.randomFraction(), cluster?.name);
  if (mapped === undefined) return false;
  if (mapped === subject) return true;
  client.trace?.noteMapping(subject, mapped);
  message.replaceSubject(mapped);
  return true;
}

function countMessage(client: ClientConnection, message: Message): void {
  client.inMessages++;
  client.inBytes += message.sizeBytes;
}

function route(client: ClientConnection, account: Account, match: Match, message: Message): void {
  let count = 0;
  if (match.hasInterest || match.taps.length > 0) count = client.server.router.route(match, message);
  if (count === 0 && client.wantsNoResponders && message.hasReply()) sendNoResponders(client, account, message);
}

/** What the client is told of a message that goes nowhere, and the log. */
interface Refusal {
  readonly text: string;
  readonly logged: string;
}

/** Permission and reserved space; a refusal is said and the message goes nowhere. */
function isPermitted(client: ClientConnection, message: Message): boolean {
  const refusal = refusalOf(client, message);
  if (refusal === undefined) return true;
  tellRefusal(client, refusal);
  return false;
}

function refusalOf(client: ClientConnection, message: Message): Refusal | undefined {
  const { permissions } = client;
  if (
    permissions !== null &&
    !permissions.mayPublish(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash)
  ) {
    return subjectRefusal(message.subject());
  }
  if (isReserved(message.bytes, message.subjectStart, message.subjectEnd, RESERVED_SUBJECTS)) {
    return subjectRefusal(message.subject());
  }
  if (message.hasReply() && isReserved(message.bytes, message.replyStart, message.replyEnd, RESERVED_REPLIES)) {
    const reply = message.reply();
    return { text: protocolErrors.replyViolation(reply).text, logged: `Publish Violation - Reply ${JSON.stringify(reply)}` };
  }
  return undefined;
}

function subjectRefusal(subject: string): Refusal {
  return {
    text: protocolErrors.publishViolation(subject).text,
    logged: `Publish Violation - Subject ${JSON.stringify(subject)}`,
  };
}

function tellRefusal(client: ClientConnection, { text, logged }: Refusal): void {
  client.warn(text);
  client.logError(logged);
}

/** Prefixes that only servers publish to. Source: nats-server server/client.go processInboundClientMsg. */
const RESERVED_SUBJECTS = ['_GR_.', '$NRG.'].map(latin1Bytes);
/** Prefixes of replies that only servers use. Source: nats-server server/client.go isReservedReply. */
const RESERVED_REPLIES = ['_R_.', '_GR_.', '$GR.', '$JS.ACK.'].map(latin1Bytes);

function isReserved(bytes: Buffer, start: number, end: number, prefixes: readonly Uint8Array[]): boolean {
  const first = bytes[start];
  if (first !== UNDERSCORE && first !== DOLLAR) return false;
  for (let index = 0; index < prefixes.length; index++) {
    const prefix = prefixes[index] as Uint8Array;
    if (end - start > prefix.length && equalBytes(prefix, 0, bytes, start, prefix.length)) return true;
  }
  return false;
}

/** More than a run of equal lines can hold. */
const ALL = 0x3fffffff;

/** A run of equal PUB lines begins: returns how many of the messages nobody needs to be handed. */
export function beginRepeat(client: ClientConnection, message: Message): number {
  const { account } = client;
  client.passedRepeats = account === null ? ALL : countPassable(repeatMatch(client, account, message));
  return client.passedRepeats;
}

/** With a receiver none; with taps only, as many as all of them let go by. */
function countPassable(match: Match): number {
  if (match.hasInterest) return 0;
  let passable = ALL;
  const { taps } = match;
  for (let index = 0; index < taps.length; index++) {
    const count = taps[index]?.subscriber.mayPass?.() ?? 0;
    if (count < passable) passable = count;
  }
  return passable;
}

/** One message of a run; returns how many may go by before the next one. */
export function processRepeatedPub(client: ClientConnection, message: Message): number {
  const { account } = client;
  if (account === null) return ALL;
  const match = repeatMatch(client, account, message);
  notePassed(match, client.passedRepeats, message.sizeBytes);
  client.server.router.route(match, message);
  const passable = match.taps.length === 0 && match.hasInterest ? 0 : countPassable(match);
  client.passedRepeats = passable;
  return passable;
}

/** Tells the taps of messages that went by. */
function notePassed(match: Match, count: number, sizeBytes: number): void {
  if (count === 0) return;
  const { taps } = match;
  for (let index = 0; index < taps.length; index++) taps[index]?.subscriber.notePassed?.(count, sizeBytes);
}

function repeatMatch(client: ClientConnection, account: Account, message: Message): Match {
  const remembered = client.repeatMatch;
  if (remembered !== null && account.sublist.isFresh(remembered)) return remembered;
  const match = account.sublist.match(message.bytes, message.subjectStart, message.subjectEnd, message.subjectHash);
  client.repeatMatch = match.subject === null ? null : match;
  return match;
}

/** The run is over; `passed` messages went by after the last one that was handed over. */
export function endRepeat(client: ClientConnection, message: Message, count: number, passed: number): void {
  const { account } = client;
  client.inMessages += count;
  client.inBytes += count * message.sizeBytes;
  if (account === null) return;
  const match = repeatMatch(client, account, message);
  notePassed(match, passed, message.sizeBytes);
  account.publishObserver?.onPublish(match, message, count);
}
