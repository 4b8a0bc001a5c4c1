/**
 * A message with `Nats-Trace-Dest` tells on that subject where it went: who published it, how it was mapped, who got it and who did
 * not, and why; with `Nats-Trace-Only` it goes nowhere and tells where it would have gone. Source: nats-server server/msgtrace.go; ADR-41.
 */
import { decodeHeaders, isLiteralSubject, knownHeaders, usToTimestamp } from '@sluice/protocol';
import { hashBytes, latin1Bytes } from '@sluice/protocol/wire';
import type { Account } from '../account/account.ts';
import { ClientPermissions } from '../auth/permissions.ts';
import type { Message } from '../routing/message.ts';
import type { RouteTrace } from '../routing/route-trace.ts';
import { type Subscription, SubscriptionKind } from '../routing/subscription.ts';
import type { TraceReport } from '../server.ts';
import type { ClientConnection } from './client-connection.ts';

/** What takes the place of a destination where an import does not allow the trace to cross. */
const DISABLED = 'trace disabled';
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

/** The trace of a message that asks for one and has headers; null for all others, and where no system account could tell. */
export function traceOf(client: ClientConnection, account: Account, message: Message): MessageTrace | null {
  if (client.server.hooks.onTraced === null || !mentionsTrace(message)) return null;
  const { bytes, payloadStart, headerBytes } = message;
  const decoded = decodeHeaders(bytes.subarray(payloadStart, payloadStart + headerBytes));
  if (!decoded.ok) return null;
  const headers = new Map<string, string[]>();
  for (const [name, value] of decoded.block.entries) {
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  const destination = Buffer.from(headers.get(knownHeaders.traceDestination)?.[0] ?? '', 'utf8').toString('latin1');
  if (destination === DISABLED || !isLiteralSubject(destination)) return null;
  return new MessageTrace(client, account, { destination, headers, message });
}

interface TracedRequest {
  readonly destination: string;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly message: Message;
}

export class MessageTrace implements RouteTrace {
  readonly isOnly: boolean;
  /** Subject that hears of the message. */
  readonly destination: string;

  private readonly client: ClientConnection;
  private readonly account: Account;
  private readonly request: TraceReport['request'];
  private readonly ingress: Record<string, unknown>;
  private readonly steps: object[];

  constructor(client: ClientConnection, account: Account, { destination, headers, message }: TracedRequest) {
    this.client = client;
    this.account = account;
    this.destination = destination;
    this.isOnly = YES.includes((headers.get(knownHeaders.traceOnly)?.[0] ?? '').toLowerCase());
    this.request = { header: Object.fromEntries(headers), msgsize: message.sizeBytes };
    this.ingress = { type: 'in', ts: this.now(), ...receiver(client), acc: account.name, subj: message.subject() };
    this.steps = [this.ingress];
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
    const { subscriber } = subscription;
    const isImport = this.noteImport(subscription, message);
    const isOwn = isImport || subscription.kind !== SubscriptionKind.client;
    const refusal = isOwn ? undefined : this.refusalOf(subscription, message);
    const isTaken = this.isOnly ? refusal === undefined : subscriber.deliver(subscription, message, null);
    if (!isOwn) this.noteEgress(subscription, isTaken ? undefined : (refusal ?? 'Not delivered because client is closed'));
    return isTaken;
  }

  /** True when the subscription belongs to an import; what happens behind it is not told. */
  private noteImport(subscription: Subscription, message: Message): boolean {
    const traced = subscription.subscriber.describeImport?.(subscription, message);
    if (traced === undefined) return false;
    const ts = this.now();
    if (traced.type === 'si') this.steps.push({ type: 'si', ts, acc: traced.acc, from: traced.from, to: traced.to });
    else {
      const acc = this.client.server.clients.get(subscription.cid)?.account?.name ?? '';
      this.steps.push({ type: 'se', ts, acc, to: traced.to });
    }
    return true;
  }

  private noteEgress(subscription: Subscription, error: string | undefined): void {
    const client = this.client.server.clients.get(subscription.cid);
    const { subject, queue, cid } = subscription;
    this.steps.push({
      type: 'eg',
      ts: this.now(),
      ...(client === undefined ? { kind: KIND_CLIENT, cid } : receiver(client)),
      sub: subject,
      ...(queue === '' ? {} : { queue }),
      ...(error === undefined ? {} : { error }),
    });
  }

  /** Why a client's subscription would not take the message; the texts are nats-server's. */
  private refusalOf(subscription: Subscription, message: Message): string | undefined {
    const { denied, maxCount, deliveredCount, cid } = subscription;
    if (subscription.isClosed) return 'Not delivered because subscription is closed';
    if (maxCount > 0 && deliveredCount >= maxCount) return 'Not delivered because auto-unsubscribe exceeded';
    if (cid === this.client.cid && !this.client.isEcho) return 'Not delivered because of no echo';
    if (denied !== null && ClientPermissions.isDenied(denied, message.bytes, message.subjectStart, message.subjectEnd))
      return 'Not delivered because subscription denies this subject';
    return undefined;
  }

  /** Tells the destination. */
  announce(): void {
    const { account, destination, request, steps } = this;
    this.client.server.hooks.onTraced?.(account, destination, { request, events: steps });
  }

  private now(): string {
    return usToTimestamp(this.client.server.env.clock.nowUs());
  }
}

function receiver(client: ClientConnection): object {
  const name = client.connectOptions?.name;
  return { kind: KIND_CLIENT, cid: client.cid, ...(name === undefined || name === '' ? {} : { name }) };
}
