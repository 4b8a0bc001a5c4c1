/**
 * A service import: a request published on a local subject is sent on in the exporting account, and its replies come back. The
 * requester's reply subject stays in its account; the service sees `_R_.…`, which stands for it until the answer has come or the
 * threshold has passed. Source: nats-server server/accounts.go processServiceImport, addRespServiceImport.
 */
import { knownHeaders, SubjectTransform } from '@sluice/protocol';
import type { Timer } from '../env/env.ts';
import type { AccountExport } from '../options.ts';
import type { Match } from '../routing/match.ts';
import type { Message } from '../routing/message.ts';
import type { RouteTrace } from '../routing/route-trace.ts';
import type { Subscriber } from '../routing/subscriber.ts';
import { Subscription, SubscriptionKind } from '../routing/subscription.ts';
import type { Account } from './account.ts';
import type { ReceivedMessage } from './internal-subscriber.ts';
import { LatencyReporter, type TrackedRequest } from './service-latency.ts';

export interface ServiceImportOptions {
  readonly importer: Account;
  readonly exporter: Account;
  /** Subject that clients of the importer publish to. */
  readonly local: string;
  /** Subject in the exporter; may hold placeholders for wildcards of `local`. */
  readonly exported: string;
  /** The subject in the exporter has no wildcards: it is what it says, whatever it looks like. */
  readonly isFixed: boolean;
  readonly responseType: NonNullable<AccountExport['responseType']>;
  readonly responseThresholdMs: number;
  /** Makes a reply subject that nobody can guess. */
  readonly newReplyToken: () => string;
  /** What the service is told about the client that asks. */
  readonly describeRequester: (cid: number) => object;
  /** How long it takes is told, when the export says so. */
  readonly latency?: AccountExport['latency'];
  /** What the owner of the service is told about the client that answers. */
  readonly describeResponder: (cid: number) => object;
  /** Whether a message's trace goes on behind it. */
  readonly allowsTrace: boolean;
  /** A number in [0, 1), for sampling. */
  readonly randomFraction: () => number;
}

/** Replies that one import may have outstanding; a request beyond them is refused, as if there were no responder. */
const MAX_PENDING = 65_536;

/** Reply subjects that are the same in every account. */
const ACK_PREFIX = '$JS.ACK.';

/** What takes the place of a trace's destination where the import does not allow the trace to cross. */
const TRACE_DISABLED = 'trace disabled';

/** Owned by the server: what a client puts there is taken out. */
const REQUEST_INFO = 'Nats-Request-Info';

interface Request {
  readonly subject: string;
  readonly reply: string;
  readonly headers: Uint8Array;
  readonly payload: Uint8Array;
  readonly cid: number;
  readonly tracked: TrackedRequest | undefined;
  /** Follows the request in the exporter. */
  readonly trace: RouteTrace | undefined;
}

interface OpenReply {
  readonly asker: Account;
  readonly answerer: Account;
  readonly reply: string;
  readonly isSingle: boolean;
  readonly tracked: TrackedRequest | undefined;
}

interface Answered extends Pick<OpenReply, 'asker' | 'answerer' | 'reply'> {
  /** What stood in for the reply subject. */
  readonly subject: string;
}

export class ServiceImport implements Subscriber {
  private readonly options: ServiceImportOptions;
  /** Null where the exported subject has no wildcards. */
  private readonly transform: SubjectTransform | null;
  private readonly subscription: Subscription;
  private readonly reporter: LatencyReporter | undefined;
  private readonly pending: Map<string, { readonly end: () => void; readonly timer: Timer }> = new Map();

  /** @throws when the local subject cannot be mapped onto the exported one. */
  constructor(options: ServiceImportOptions) {
    this.options = options;
    this.transform = options.isFixed ? null : mustParse(options.local, options.exported);
    const { importer, local, latency, exporter, newReplyToken } = options;
    this.reporter = latency === undefined ? undefined : new LatencyReporter(exporter, latency, () => metricId(newReplyToken));
    this.subscription = new Subscription({
      subscriber: this,
      subject: local,
      queue: '',
      sid: '',
      kind: SubscriptionKind.internal,
      cid: 0,
      isLocal: true,
      isImport: true,
    });
    importer.add(this.subscription);
  }

  /** Ends the import; replies that are still due get lost. */
  close(): void {
    this.subscription.isClosed = true;
    this.options.importer.remove(this.subscription);
    for (const { end, timer } of this.pending.values()) {
      timer.cancel();
      end();
    }
    this.pending.clear();
  }

  /** False when nobody in the exporter listens, so that the requester hears "no responders" at once. */
  deliver(subscription: Subscription, message: Message): boolean {
    return this.take(subscription, message, undefined);
  }

  deliverTraced(subscription: Subscription, message: Message, trace: RouteTrace): boolean {
    const { exporter, allowsTrace } = this.options;
    const from = message.subject();
    trace.note({ type: 'si', acc: exporter.name, from, to: this.exportedSubject(from) });
    return (trace.isOnly && !allowsTrace) || this.take(subscription, message, trace);
  }

  /** The subject mappings of an account apply to what comes into it, too. Undefined when one drops it. */
  private mapped({ mappings }: Account, subject: string): string | undefined {
    return mappings === null ? subject : mappings.map(subject, this.options.randomFraction);
  }

  private exportedSubject(local: string): string {
    return this.transform === null ? this.options.exported : this.transform.apply(local, () => 0);
  }

  private take(subscription: Subscription, message: Message, trace: RouteTrace | undefined): boolean {
    const { exporter, allowsTrace, newReplyToken } = this.options;
    // An answer that comes back on the service's own subject is no request.
    if (subscription.isClosed || message.importedThrough === this || this.pending.size >= MAX_PENDING) return false;
    const subject = this.mapped(exporter, this.exportedSubject(message.subject()));
    if (subject === undefined) return false;
    const hasInterest = isServed(exporter.sublist.matchOnce(Buffer.from(subject, 'latin1')));
    if (!hasInterest && this.reporter === undefined) return false;
    const content = Buffer.from(message.bytes.subarray(message.payloadStart, message.payloadStart + message.sizeBytes));
    const reply = message.reply();
    const headers = message.hasHeaders ? content.subarray(0, message.headerBytes) : undefined;
    const payload = content.subarray(message.hasHeaders ? message.headerBytes : 0);
    const cid = message.publisherCid;
    const requestor = this.options.describeRequester(cid);
    const tracked = this.track(requestor, headers);
    if (!hasInterest) {
      if (tracked !== undefined) exporter.turn.defer(() => this.reporter?.reportFailure(tracked, 503));
      return false;
    }
    subscription.deliveredCount++;
    const withInfo = addHeader(headers, REQUEST_INFO, JSON.stringify(requestor));
    const request = { subject, reply, payload, headers: withInfo, cid, tracked, trace: undefined };
    if (trace === undefined) {
      exporter.turn.defer(() => this.forward(request));
      return true;
    }
    // Behind an import the destination of the trace is another one, because subjects of the importer mean nothing there.
    const destination = allowsTrace ? replySubject(newReplyToken()) : TRACE_DISABLED;
    const traced = addHeader(withInfo, knownHeaders.traceDestination, destination);
    const inPlace = trace.later();
    const forwarded = { ...request, headers: traced, trace: allowsTrace ? trace : undefined };
    exporter.turn.defer(() => inPlace(() => this.forward(forwarded)));
    return true;
  }

  /** The request, when its latency is to be told. */
  private track(requestor: object, headers: Uint8Array | undefined): TrackedRequest | undefined {
    const { exporter, randomFraction } = this.options;
    const sample = this.reporter?.sample(headers, randomFraction());
    if (sample === undefined) return undefined;
    return { startUs: exporter.turn.clock.nowUs(), requestor, requestorRttNs: rttOf(requestor), header: sample.header };
  }

  private forward({ subject, payload, headers, cid, reply, tracked, trace }: Request): void {
    // Whoever asks without a reply subject asks a service for nothing.
    if (reply === '' && tracked !== undefined) this.reporter?.reportFailure(tracked, 400);
    const isAnswered = reply !== '' && trace?.isOnly !== true;
    const answerTo = isAnswered ? { reply: this.replyFor(reply, tracked) } : {};
    const traced = trace === undefined ? {} : { trace };
    this.options.exporter.publish(subject, payload, { headers, cid, importedThrough: this, ...answerTo, ...traced });
  }

  /** Acknowledgements of JetStream find their way by themselves. */
  private replyFor(reply: string, tracked: TrackedRequest | undefined): string {
    if (reply.startsWith(ACK_PREFIX)) return reply;
    const { importer, exporter, responseType } = this.options;
    return this.openReply({ asker: importer, answerer: exporter, reply, isSingle: responseType === 'single', tracked });
  }

  /** Stands in for the asker's reply subject in the other account; returns the subject that does. */
  private openReply({ asker, answerer, reply, isSingle, tracked }: OpenReply): string {
    const { responseThresholdMs, newReplyToken } = this.options;
    const subject = replySubject(newReplyToken());
    let owed = tracked;
    const end = answerer.subscribe(subject, (message) => {
      // Several answers may have come at once.
      if (!this.pending.has(subject)) return;
      if (owed !== undefined) this.reportAnswer(owed, message.cid);
      owed = undefined;
      const isHeard = this.passOn(message, { asker, answerer, reply, subject });
      const isLast = isSingle || message.payload.length + message.headers.length === 0;
      if (isLast || !isHeard) this.closeReply(subject);
    });
    const timer = answerer.turn.clock.setTimer(responseThresholdMs, () => {
      if (owed !== undefined) this.reporter?.reportFailure(owed, 504);
      this.closeReply(subject);
    });
    this.pending.set(subject, { end, timer });
    return subject;
  }

  /** Hands an answer to whoever asked; its own reply subject gets a stand-in in turn. Returns whether anybody took it. */
  private passOn(message: ReceivedMessage, { asker, answerer, reply, subject }: Answered): boolean {
    const target = this.mapped(asker, reply);
    if (target === undefined) return false;
    const back =
      message.reply === '' || message.reply.startsWith(ACK_PREFIX) || this.pending.size >= MAX_PENDING
        ? message.reply
        : this.openReply({ asker: answerer, answerer: asker, reply: message.reply, isSingle: true, tracked: undefined });
    const taken = asker.publish(target, message.payload, {
      ...(back === '' ? {} : { reply: back }),
      ...(message.headers.length === 0 ? {} : { headers: message.headers }),
      cid: message.cid,
      importedThrough: this,
      ...(message.subject === subject ? {} : { shownSubject: message.subject }),
    });
    return taken > 0;
  }

  private reportAnswer(request: TrackedRequest, cid: number): void {
    const info = cid === 0 ? undefined : this.options.describeResponder(cid);
    this.reporter?.reportAnswer(request, info === undefined ? undefined : { info, rttNs: rttOf(info) });
  }

  private closeReply(subject: string): void {
    const entry = this.pending.get(subject);
    if (entry === undefined) return;
    this.pending.delete(subject);
    entry.timer.cancel();
    entry.end();
  }

  deliverToAll(match: Match, message: Message): void {
    for (const subscription of match.plain) subscription.subscriber.deliver(subscription, message, null);
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to a service import');
  }
}

/** Stream imports of other accounts do not see what comes through a service import. */
function isServed({ plain, queues }: Match): boolean {
  const isOwn = ({ isShadow }: Subscription): boolean => !isShadow;
  return plain.some(isOwn) || queues.some(({ members }) => members.some(isOwn));
}

/** 22 letters and digits, as nats-server's ids have. */
function metricId(newToken: () => string): string {
  return `${newToken()}${newToken()}`.replaceAll('-', 'x').replaceAll('_', 'y').slice(0, 22);
}

/** A reply subject of nats-server's form; the token is letters, digits and two signs that are replaced. */
function replySubject(token: string): string {
  const letters = token.replaceAll('-', 'x').replaceAll('_', 'y');
  return `_R_.${letters.slice(0, -6)}.${letters.slice(-6)}`;
}

/** The round trip that a description tells, in nanoseconds. */
function rttOf(described: object): number {
  return 'rtt' in described && typeof described.rtt === 'number' ? described.rtt : 0;
}

/** The header block with `name` set to `value`, whatever the client had put there. */
function addHeader(block: Uint8Array | undefined, name: string, value: string): Uint8Array {
  const text = block === undefined ? 'NATS/1.0\r\n\r\n' : Buffer.from(block).toString('latin1');
  const lines = text.split('\r\n').filter((line) => line !== '');
  const kept = lines.filter((line, index) => index === 0 || !line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return Buffer.from(`${[...kept, `${name}: ${value}`].join('\r\n')}\r\n\r\n`, 'latin1');
}

function mustParse(local: string, exported: string): SubjectTransform {
  const parsed = SubjectTransform.parse(local, exported, true);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
