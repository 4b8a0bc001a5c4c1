/**
 * The server's voice on the system account: it puts its identity and a rising sequence into every event and answer, and builds nothing
 * that nobody would hear.
 */
import { type EventServer, Nuid, type ServerId, usToTimestamp } from '@sluice/protocol';
import { goJson } from '@sluice/protocol/jetstream';
import type { Account } from '../account/account.ts';
import type { ReceivedMessage } from '../account/internal-subscriber.ts';
import { payloadText, shownBytes, traceLimitsOf } from '../client/trace-text.ts';
import { mergedFeatureFlags } from '../feature-flags.ts';
import { SubscriptionKind } from '../routing/subscription.ts';
import type { Server } from '../server.ts';
import { reportedVersion } from '../version.ts';
import { acceptedEncoding, encodeBody } from './encoding.ts';

/** What nats-server with JetStream can do: JetStream, binary snapshots, Raft groups by account. */
const JETSTREAM_FLAGS = 7;

const NO_HEADERS: Uint8Array = new Uint8Array(0);

export class Speaker {
  readonly account: Account;
  private readonly server: Server;
  private readonly nuid: Nuid;
  private seq = 0;

  constructor(server: Server, account: Account) {
    this.server = server;
    this.account = account;
    this.nuid = new Nuid((count) => server.env.random.bytes(count));
  }

  /** Identity with the next sequence; make one per event or answer. */
  identity(): EventServer {
    const { server } = this;
    const { options } = server;
    return {
      ...this.id(),
      ...(server.cluster === undefined ? {} : { cluster: server.cluster.name }),
      ...(options.jetstream?.domain === undefined ? {} : { domain: options.jetstream.domain }),
      ver: reportedVersion,
      ...(options.serverTags.length > 0 ? { tags: [...options.serverTags] } : {}),
      ...(Object.keys(options.serverMetadata).length > 0 ? { metadata: { ...options.serverMetadata } } : {}),
      feature_flags: mergedFeatureFlags(options.featureFlags),
      jetstream: server.hasJetStream,
      flags: server.hasJetStream ? JETSTREAM_FLAGS : 0,
      seq: ++this.seq,
      time: this.now(),
    };
  }

  /** The short form that IDZ answers. */
  id(): ServerId {
    return { name: this.server.name, host: this.server.host, id: this.server.id };
  }

  /** The present time as text. */
  now(): string {
    return usToTimestamp(this.server.env.clock.nowUs());
  }

  /** A new id for an event. */
  nextId(): string {
    return this.nuid.next();
  }

  /** True when an event on this subject would reach anybody but the server's own ears. */
  isHeard(subject: string): boolean {
    const match = this.account.sublist.matchOnce(Buffer.from(subject, 'latin1'));
    if (match.taps.length > 0 || match.queues.length > 0) return true;
    return match.plain.some((subscription) => subscription.kind !== SubscriptionKind.internal);
  }

  /** Publishes an event; `build` runs only when somebody listens. */
  announce(subject: string, build: () => object): void {
    const isTraced = this.isTraced();
    if (!isTraced && !this.isHeard(subject)) return;
    const payload = Buffer.from(goJson(build()), 'utf8');
    if (isTraced) this.trace(subject, payload);
    this.account.publish(subject, payload, { hasEmptyReply: true });
  }

  /** Answers a request of `account`, packed as it accepts. Requests without a reply subject get nothing. */
  reply(request: ReceivedMessage, body: object | string, account: Account = this.account): void {
    if (request.reply === '') return;
    const bytes = Buffer.from(typeof body === 'string' ? body : goJson(body), 'utf8');
    const { payload, headers } = encodeBody(bytes, acceptedEncoding(request.headers));
    const hasEmptyReply = account === this.account;
    if (this.isTraced()) this.trace(request.reply, payload);
    account.publish(request.reply, payload, headers === undefined ? { hasEmptyReply } : { hasEmptyReply, headers });
  }

  private isTraced(): boolean {
    const { env, options } = this.server;
    return env.log.isTrace && options.tracesSystemAccount === true;
  }

  /** A message of the server's own, as a verbose trace shows it. */
  private trace(subject: string, payload: Uint8Array): void {
    const { env, options } = this.server;
    env.log.write('TRC', `SYSTEM - <<- [PUB ${subject}  ${payload.length}]`);
    const limits = traceLimitsOf(options);
    const count = shownBytes(limits, payload.length, 0);
    if (count > 0) env.log.write('TRC', `SYSTEM - <<- ${payloadText(payload.subarray(0, count), count < payload.length)}`);
  }

  /** As `reply`, for the few answers that nats-server does not pack. */
  replyUnpacked(request: ReceivedMessage, body: object): void {
    this.reply({ ...request, headers: NO_HEADERS }, body);
  }

  /** As `replyUnpacked`, for what nats-server answers behind an import: framed as anybody's message. */
  replyImported(request: ReceivedMessage, body: object, account: Account): void {
    if (request.reply !== '') account.publish(request.reply, Buffer.from(goJson(body), 'utf8'));
  }
}
