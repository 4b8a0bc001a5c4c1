/**
 * A service import: a request published on a local subject is sent on in the exporting account, and its replies come back. The
 * requester's reply subject stays in its account; the service sees `_R_.…`, which stands for it until the answer has come or the
 * threshold has passed. Source: nats-server server/accounts.go processServiceImport, addRespServiceImport.
 */
import { SubjectTransform } from '@sluice/protocol';
import type { Timer } from '../env/env.ts';
import type { AccountExport } from '../options.ts';
import type { Match } from '../routing/match.ts';
import type { Message } from '../routing/message.ts';
import type { TracedImport } from '../routing/route-trace.ts';
import type { Subscriber } from '../routing/subscriber.ts';
import { Subscription, SubscriptionKind } from '../routing/subscription.ts';
import type { Account } from './account.ts';

export interface ServiceImportOptions {
  readonly importer: Account;
  readonly exporter: Account;
  /** Subject that clients of the importer publish to. */
  readonly local: string;
  /** Subject in the exporter; may hold placeholders for wildcards of `local`. */
  readonly exported: string;
  readonly responseType: NonNullable<AccountExport['responseType']>;
  readonly responseThresholdMs: number;
  /** Makes a reply subject that nobody can guess. */
  readonly newReplyToken: () => string;
  /** What the service is told about the client that asks. */
  readonly describeRequester: (cid: number) => object;
}

/** Replies that one import may have outstanding; a request beyond them is refused, as if there were no responder. */
const MAX_PENDING = 65_536;

/** Owned by the server: what a client puts there is taken out. */
const REQUEST_INFO = 'Nats-Request-Info';

interface Request {
  readonly subject: string;
  readonly reply: string;
  readonly headers: Uint8Array;
  readonly payload: Uint8Array;
}

export class ServiceImport implements Subscriber {
  private readonly options: ServiceImportOptions;
  private readonly transform: SubjectTransform;
  private readonly subscription: Subscription;
  private readonly pending: Map<string, { readonly end: () => void; readonly timer: Timer }> = new Map();

  /** @throws when the local subject cannot be mapped onto the exported one. */
  constructor(options: ServiceImportOptions) {
    const parsed = SubjectTransform.parse(options.local, options.exported, true);
    if (!parsed.ok) throw new Error(parsed.error);
    this.options = options;
    this.transform = parsed.value;
    const { importer, local } = options;
    this.subscription = new Subscription({
      subscriber: this,
      subject: local,
      queue: '',
      sid: '',
      kind: SubscriptionKind.internal,
      cid: 0,
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
    const { exporter } = this.options;
    const subject = this.transform.apply(message.subject(), () => 0);
    if (subscription.isClosed || this.pending.size >= MAX_PENDING) return false;
    if (!exporter.sublist.matchOnce(Buffer.from(subject, 'latin1')).hasInterest) return false;
    subscription.deliveredCount++;
    const content = Buffer.from(message.bytes.subarray(message.payloadStart, message.payloadStart + message.sizeBytes));
    const reply = message.reply();
    const headers = message.hasHeaders ? content.subarray(0, message.headerBytes) : undefined;
    const payload = content.subarray(message.hasHeaders ? message.headerBytes : 0);
    const info = JSON.stringify(this.options.describeRequester(message.publisherCid));
    exporter.turn.defer(() => this.forward({ subject, reply, payload, headers: addHeader(headers, REQUEST_INFO, info) }));
    return true;
  }

  describeImport(_subscription: Subscription, message: Message): TracedImport {
    const from = message.subject();
    return { type: 'si', acc: this.options.exporter.name, from, to: this.transform.apply(from, () => 0) };
  }

  private forward(request: Request): void {
    const reply = request.reply === '' ? {} : { reply: this.openReply(request.reply) };
    this.options.exporter.publish(request.subject, request.payload, { headers: request.headers, ...reply });
  }

  /** Stands in for the requester's reply subject in the exporter; returns the subject that does. */
  private openReply(reply: string): string {
    const { importer, exporter, responseType, responseThresholdMs, newReplyToken } = this.options;
    const subject = `_R_.${newReplyToken()}`;
    const end = exporter.subscribe(subject, (message) => {
      importer.publish(reply, message.payload, {
        ...(message.reply === '' ? {} : { reply: message.reply }),
        ...(message.headers.length === 0 ? {} : { headers: message.headers }),
      });
      if (responseType === 'single') this.closeReply(subject);
    });
    const timer = exporter.turn.clock.setTimer(responseThresholdMs, () => this.closeReply(subject));
    this.pending.set(subject, { end, timer });
    return subject;
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

/** The header block with `name` set to `value`, whatever the client had put there. */
function addHeader(block: Uint8Array | undefined, name: string, value: string): Uint8Array {
  const text = block === undefined ? 'NATS/1.0\r\n\r\n' : Buffer.from(block).toString('latin1');
  const lines = text.split('\r\n').filter((line) => line !== '');
  const kept = lines.filter((line, index) => index === 0 || !line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return Buffer.from(`${[...kept, `${name}: ${value}`].join('\r\n')}\r\n\r\n`, 'latin1');
}
