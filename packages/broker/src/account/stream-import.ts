/**
 * A stream import: what another account publishes on a subject is seen in this one, under a local subject. Each subscription that
 * overlaps the local subject gets a shadow in the exporter, narrowed to the overlap; messages are renamed on the way.
 * Source: nats-server server/client.go addShadowSubscriptions.
 */
import { intersectSubjects, placeholdersOf, SubjectTransform } from '@sluice/protocol';
import type { Match } from '../routing/match.ts';
import { Message } from '../routing/message.ts';
import type { RouteTrace } from '../routing/route-trace.ts';
import type { Subscriber } from '../routing/subscriber.ts';
import { Subscription } from '../routing/subscription.ts';
import type { Account } from './account.ts';

export class StreamImport {
  readonly exporter: Account;
  /** Name of the importing account. */
  readonly importer: string;
  /** Whether a message's trace goes on behind it. */
  readonly allowsTrace: boolean;
  private readonly exported: string;
  private readonly local: string;
  /** Exported subject → local one, and back for patterns. */
  private readonly toLocal: SubjectTransform;
  private readonly toExported: SubjectTransform;

  /** `local` may hold `$1` and the like for wildcards of `exported`. @throws when one cannot be mapped onto the other. */
  constructor(
    exporter: Account,
    exported: string,
    local: string,
    importer: { readonly name: string; readonly allowsTrace: boolean },
  ) {
    this.exporter = exporter;
    this.importer = importer.name;
    this.allowsTrace = importer.allowsTrace;
    this.exported = exported;
    const withPlaceholders = local.includes('$') ? local : placeholdersOf(local);
    this.toLocal = mustParse(exported, withPlaceholders);
    this.local = withPlaceholders
      .split('.')
      .map((token) => (/^\$\d+$/.test(token) ? '*' : token))
      .join('.');
    this.toExported = reverseOf(exported, withPlaceholders, this.local);
  }

  /** The shadow of a local subscription in the exporter, or undefined when the import has nothing for it. */
  shadowOf(subscription: Subscription): Subscription | undefined {
    const overlap = intersectSubjects(subscription.subject, this.local);
    if (overlap === undefined) return undefined;
    const subject = this.toExported.apply(overlap, () => 0);
    return new Subscription({
      subscriber: new ShadowSubscriber(subscription, this),
      subject: intersectSubjects(subject, this.exported) ?? subject,
      queue: subscription.queue,
      sid: subscription.sid,
      kind: subscription.kind,
      cid: subscription.cid,
      isShadow: true,
      origin: subscription.origin,
    });
  }

  /** Nothing is renamed where both sides call it the same; a message of JetStream may have a subject that is not even like it. */
  localSubject(exportedSubject: string): string {
    if (this.local === this.exported) return exportedSubject;
    return this.toLocal.apply(exportedSubject, () => 0);
  }
}

/** Renames a message of the exporter and hands it to the subscription that asked for it. */
class ShadowSubscriber implements Subscriber {
  private readonly target: Subscription;
  private readonly streamImport: StreamImport;

  constructor(target: Subscription, streamImport: StreamImport) {
    this.target = target;
    this.streamImport = streamImport;
  }

  deliver(shadow: Subscription, message: Message): boolean {
    const { target } = this;
    if (shadow.isClosed || target.isClosed || message.importedThrough !== null) return false;
    const renamed = Message.copyOf(message);
    renamed.replaceSubject(this.streamImport.localSubject(message.subject()));
    return target.subscriber.deliver(target, renamed, null);
  }

  deliverRemote(message: Message, queues: readonly string[], target: Uint8Array | null, origin: string): boolean {
    const { streamImport } = this;
    const { subscriber } = this.target;
    if (this.target.isClosed || message.importedThrough !== null || subscriber.deliverRemote === undefined) return false;
    const renamed = Message.copyOf(message);
    if (target !== null) {
      // A stored message keeps its subject; where it is routed to has another name over there.
      const local = streamImport.localSubject(Buffer.from(target).toString('latin1'));
      return subscriber.deliverRemote(renamed, queues, Buffer.from(local, 'latin1'), origin);
    }
    renamed.replaceSubject(streamImport.localSubject(message.subject()));
    return subscriber.deliverRemote(renamed, queues, null, origin);
  }

  isTwinOf(other: Subscriber): boolean {
    if (!(other instanceof ShadowSubscriber) || other.streamImport !== this.streamImport) return false;
    return other.target.subscriber === this.target.subscriber;
  }

  deliverTraced(shadow: Subscription, message: Message, trace: RouteTrace): boolean {
    if (message.importedThrough !== null) return false;
    const { importer, allowsTrace } = this.streamImport;
    trace.note({ type: 'se', acc: importer, to: this.streamImport.localSubject(message.subject()) });
    if (allowsTrace) return trace.offerLast(shadow, message);
    // Nobody is told what would happen behind it, so that nobody may hear that there are no responders either.
    return trace.isOnly || this.deliver(shadow, message);
  }

  deliverToAll(match: Match, message: Message): void {
    for (const subscription of match.plain) subscription.subscriber.deliver(subscription, message, null);
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to a stream import');
  }
}

/** Local pattern → exported one: the placeholders change sides. */
function reverseOf(exported: string, withPlaceholders: string, local: string): SubjectTransform {
  const order = withPlaceholders.split('.').filter((token) => /^\$\d+$/.test(token));
  let wildcard = 0;
  const destination = exported
    .split('.')
    .map((token) => (token === '*' ? `$${order.indexOf(`$${++wildcard}`) + 1}` : token))
    .join('.');
  return mustParse(local, destination);
}

function mustParse(source: string, destination: string): SubjectTransform {
  const result = SubjectTransform.parse(source, destination, true);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}
