/**
 * A message with `Nats-Trace-Dest` tells on that subject where it went: who published it, how it was mapped, who got it and who did
 * not, and why; with `Nats-Trace-Only` it goes nowhere and tells where it would have gone. Source: nats-server server/msgtrace.go; ADR-41.
 */
import { decodeHeaders, goQuote, goQuoteLatin1, isLiteralSubject, knownHeaders, usToTimestamp } from '@sluice/protocol';
import { hashBytes, latin1Bytes } from '@sluice/protocol/wire';
import { type Account, renderMessage } from '../account/account.ts';
import { ClientPermissions } from '../auth/permissions.ts';
import type { Message } from '../routing/message.ts';
import type { RouteTrace, TracedStep } from '../routing/route-trace.ts';
import { type Subscription, SubscriptionKind } from '../routing/subscription.ts';
import type { TraceReport } from '../server.ts';
import type { ClientConnection } from './client-connection.ts';

/** What takes the place of a destination where an import does not allow the trace to cross. */
const DISABLED = 'trace disabled';
/** A header of old servers that could point a trace at another account: it ends the trace. */
const TRACE_ORIGIN_ACCOUNT = 'Nats-Trace-Origin-Account';
/** Header of W3C Trace Context; an account may have such messages traced to a destination of its own. */
const TRACE_PARENT = 'traceparent';
/** `kind` of a client in trace events; other kinds of connections have other numbers. */
const KIND_CLIENT = 0;
/** Values of `Nats-Trace-Only` that mean yes, in any case. Source: nats-server server/msgtrace.go initMsgTrace. */
const YES: readonly string[] = ['1', 'true', 'on'];

const NAME = latin1Bytes(knownHeaders.traceDestination);
/** How far the search may step when the byte under the end of the name is not the name's last (Horspool). */
const STEPS = new Uint8Array(256).fill(NAME.length);
for (let index = 0; index < NAME.length - 1; index++) STEPS[NAME[index] as number] = NAME.length - 1 - index;

/** True when the name of the header occurs in the block at all; costs a few steps for messages that are not traced. */
function mentionsTrace(message: Message): boolean {
  const { bytes, payloadStart, headerBytes } = message;
  const end = payloadStart + headerBytes;
  const last = NAME.length - 1;
  let at = payloadStart + last;
  while (at < end) {
    const byte = bytes[at] as number;
    let matched = 0;
    while (matched <= last && bytes[at - matched] === NAME[last - matched]) matched++;
    if (matched > last) return true;
    at += STEPS[byte] as number;
  }
  return false;
}

/** What the headers of a message ask for. */
export type TraceWish =
  | { readonly kind: 'trace'; readonly trace: MessageTrace }
  /** The trace cannot be told, and nothing but the trace is wanted. */
  | { readonly kind: 'skip' }
  /** The message goes on under a header that keeps everybody else from tracing it. */
  | { readonly kind: 'disable' };

/** What a message with headers asks for; null for all that ask for no trace, and where no system account could tell. */
export function traceOf(client: ClientConnection, account: Account, message: Message): TraceWish | null {
  if (client.server.hooks.onTraced === null) return null;
  const { traceDestination } = account.limits;
  if (!mentionsTrace(message) && (traceDestination === undefined || !mentionsParent(message))) return null;
  const headers = headersOf(message);
  if (headers === undefined) return null;
  const own = headers.get(knownHeaders.traceDestination)?.[0];
  if (own === DISABLED) return null;
  const isOnly = own !== undefined && YES.includes((headers.get(knownHeaders.traceOnly)?.[0] ?? '').toLowerCase());
  if (own === undefined) {
    if (traceDestination === undefined || !isSampledParent(headers)) return null;
    const { samplingPercent } = traceDestination;
    const isWanted = samplingPercent >= 100 || client.server.router.randomFraction() * 100 <= samplingPercent;
    if (!isWanted) return { kind: 'disable' };
  }
  const origin = headers.get(TRACE_ORIGIN_ACCOUNT)?.[0];
  if (origin !== undefined) {
    client.logError(`Message tracing disabled because of header "${TRACE_ORIGIN_ACCOUNT}" with value=${goQuote(origin)}`);
    return { kind: isOnly ? 'skip' : 'disable' };
  }
  const destination = Buffer.from(own ?? traceDestination?.subject ?? '', 'utf8').toString('latin1');
  if (!isLiteralSubject(destination)) {
    client.logError(`Destination ${goQuoteLatin1(destination)} is not valid, won't be able to trace events`);
    return isOnly ? { kind: 'skip' } : null;
  }
  return { kind: 'trace', trace: new MessageTrace(client, account, { destination, headers, message, isOnly }) };
}

/** All headers that have a value, names as written; undefined when the block is broken. */
function headersOf({ bytes, payloadStart, headerBytes }: Message): Map<string, string[]> | undefined {
  const decoded = decodeHeaders(bytes.subarray(payloadStart, payloadStart + headerBytes));
  if (!decoded.ok) return undefined;
  const headers = new Map<string, string[]>();
  for (const [name, value] of decoded.block.entries) {
    if (value === '') continue;
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  return headers;
}

function mentionsParent({ bytes, payloadStart, headerBytes }: Message): boolean {
  return bytes
    .toString('latin1', payloadStart, payloadStart + headerBytes)
    .toLowerCase()
    .includes(`${TRACE_PARENT}:`);
}

/** True when a `traceparent` of W3C says that its trace is recorded. */
function isSampledParent(headers: ReadonlyMap<string, readonly string[]>): boolean {
  for (const [name, values] of headers) {
    if (name.toLowerCase() !== TRACE_PARENT) continue;
    for (const value of values) {
      const fields = value.split('-');
      const flags = fields[3] ?? '';
      if (fields.length === 4 && /^[0-7][0-9a-f]$/i.test(flags) && (Number.parseInt(flags, 16) & 1) === 1) return true;
    }
  }
  return false;
}

/** The message with the header that keeps everybody else from tracing it. */
export function disableTrace(message: Message): Message {
  const { bytes, payloadStart, headerBytes, sizeBytes } = message;
  const end = payloadStart + headerBytes;
  const lines = bytes.toString('latin1', payloadStart, end).split('\r\n');
  const kept = lines.filter((line) => line !== '' && !line.startsWith(`${knownHeaders.traceDestination}:`));
  const block = `${[...kept, `${knownHeaders.traceDestination}: ${DISABLED}`].join('\r\n')}\r\n\r\n`;
  const headers = Buffer.from(block, 'latin1');
  const payload = bytes.subarray(end, payloadStart + sizeBytes);
  return renderMessage(message.subject(), payload, { headers, reply: message.reply(), cid: message.publisherCid });
}

/** Steps in their order; a list stands for what came later, at the place where it belongs. */
type Steps = (object | Steps)[];

function flatten(steps: Steps): object[] {
  return steps.flatMap((step) => (Array.isArray(step) ? flatten(step) : [step]));
}

interface TracedRequest {
  readonly destination: string;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly message: Message;
  readonly isOnly: boolean;
}

export class MessageTrace implements RouteTrace {
  readonly isOnly: boolean;
  /** Subject that hears of the message. */
  readonly destination: string;

  private readonly client: ClientConnection;
  private readonly account: Account;
  private readonly request: TraceReport['request'];
  private readonly ingress: Record<string, unknown>;
  private readonly allSteps: Steps;
  /** Where the next step goes. */
  private steps: Steps;
  /** Parts of the message's way that are still to come. */
  private heldCount = 0;
  private isAnnounced = false;

  constructor(client: ClientConnection, account: Account, { destination, headers, message, isOnly }: TracedRequest) {
    this.client = client;
    this.account = account;
    this.destination = destination;
    this.isOnly = isOnly;
    this.request = { header: Object.fromEntries(headers), msgsize: message.sizeBytes };
    this.ingress = { type: 'in', ts: this.now(), ...receiver(client), acc: account.name, subj: message.subject() };
    this.allSteps = [this.ingress];
    this.steps = this.allSteps;
  }

  /** False when the publisher may not publish to the destination itself. */
  isDestinationAllowed(): boolean {
    const { permissions } = this.client;
    const bytes = Buffer.from(this.destination, 'latin1');
    return permissions?.mayPublish(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length)) ?? true;
  }

  /** The message was refused, with this text. */
  noteRefusal(text: string): void {
    this.ingress['error'] = text;
  }

  /** The message goes by another subject from here. */
  noteMapping(subject: string): void {
    this.steps.push({ type: 'sm', ts: this.now(), to: subject });
  }

  offer(subscription: Subscription, message: Message): boolean {
    const { subscriber, kind } = subscription;
    if (subscriber.deliverTraced !== undefined) return subscriber.deliverTraced(subscription, message, this);
    if (kind === SubscriptionKind.client) return this.offerLast(subscription, message);
    // What the server itself answers for every account is an import of the system account there.
    if (subscription.subject.startsWith('$JS.API.')) {
      const [acc, subject] = [this.client.server.systemAccount?.name ?? '', message.subject()];
      this.note({ type: 'si', acc, from: subject, to: subject });
    }
    return this.isOnly || subscriber.deliver(subscription, message, null);
  }

  offerLast(subscription: Subscription, message: Message): boolean {
    const refusal = this.refusalOf(subscription, message);
    const isTaken = this.isOnly ? refusal === undefined : subscription.subscriber.deliver(subscription, message, null);
    this.noteEgress(subscription, isTaken ? undefined : (refusal ?? 'Not delivered because client is closed'));
    return isTaken;
  }

  note({ type, ...step }: TracedStep): void {
    this.steps.push({ type, ts: this.now(), ...step });
  }

  later(): (task: () => void) => void {
    const place: Steps = [];
    this.steps.push(place);
    this.heldCount++;
    return (task) => {
      const before = this.steps;
      this.steps = place;
      try {
        task();
      } finally {
        this.steps = before;
        this.heldCount--;
      }
      this.maybeTell();
    };
  }

  private noteEgress(subscription: Subscription, error: string | undefined): void {
    const client = this.client.server.clients.get(subscription.cid);
    const { subject, queue, cid } = subscription;
    const acc = client?.account?.name ?? this.account.name;
    this.steps.push({
      type: 'eg',
      ts: this.now(),
      ...(client === undefined ? { kind: KIND_CLIENT, cid } : receiver(client)),
      ...(acc === this.account.name ? {} : { acc }),
      sub: subject,
      ...(queue === '' ? {} : { queue }),
      ...(error === undefined ? {} : { error }),
    });
  }

  /** Why a client's subscription would not take the message; the texts are nats-server's. */
  private refusalOf(subscription: Subscription, message: Message): string | undefined {
    const { denied, limitedTo, maxCount, deliveredCount, cid } = subscription;
    if (subscription.isClosed) return 'Not delivered because subscription is closed';
    if (maxCount > 0 && deliveredCount >= maxCount) return 'Not delivered because auto-unsubscribe exceeded';
    if (cid === this.client.cid && !this.client.isEcho) return 'Not delivered because of no echo';
    const isOutside = limitedTo !== null && !ClientPermissions.covers(limitedTo, message);
    if (isOutside || (denied !== null && ClientPermissions.covers(denied, message)))
      return 'Not delivered because subscription denies this subject';
    return undefined;
  }

  /** Tells the destination, as soon as nothing of the message is still to come. */
  announce(): void {
    this.isAnnounced = true;
    this.maybeTell();
  }

  private maybeTell(): void {
    if (!this.isAnnounced || this.heldCount > 0) return;
    const { account, destination, request, allSteps } = this;
    this.client.server.hooks.onTraced?.(account, destination, { request, events: flatten(allSteps) });
  }

  private now(): string {
    return usToTimestamp(this.client.server.env.clock.nowUs());
  }
}

function receiver(client: ClientConnection): object {
  const name = client.connectOptions?.name;
  return { kind: KIND_CLIENT, cid: client.cid, ...(name === undefined || name === '' ? {} : { name }) };
}
