/**
 * The one interface that keeps direction: what can receive a message. Declared here, low; implemented high by a client
 * connection, an internal service, a tap, a route, a leaf node, so that routing never imports a connection.
 */
import type { SlackBuffer } from '@sluice/protocol/wire';
import type { Match } from './match.ts';
import type { Message } from './message.ts';
import type { RouteTrace } from './route-trace.ts';
import type { Subscription } from './subscription.ts';

/** `MSG subject sid ` for one subscription and one subject, rendered once and copied by words. */
export interface FramePrefix {
  readonly words: Int32Array;
  readonly lengthBytes: number;
}

export interface Subscriber {
  /**
   * Takes one message for one of its subscriptions. `prefix` is the rendered start of the frame, or null for a subject that is
   * not cached. False: this receiver refused it (echo off, a deny rule, already closed), so that a queue group picks another
   * member and no-responders counts it as nobody.
   *
   * Invariant: `deliver` never routes another message before it returns; whoever answers does so later in the turn.
   */
  deliver(subscription: Subscription, message: Message, prefix: FramePrefix | null): boolean;
  /**
   * Takes one message for all plain subscriptions of a uniform match (equal sid, no rule to check): rendered once, copied to
   * each. Called on the first subscriber of such a match only.
   */
  deliverToAll(match: Match, message: Message): void;
  /** Takes `lengthBytes` of frames that were rendered for it and others; they hold `count` messages of `payloadBytes` in all. */
  takeRun(frames: SlackBuffer, lengthBytes: number, count: number, payloadBytes: number): void;
  /**
   * Other servers only: sends them one message, once, however many of their subscriptions match. `queues`: the groups of which the other
   * server is to serve one member each. `target`: the subject it is to be routed by, when that is not the message's own. `origin`: the
   * cluster of leaf nodes that it came from, or empty. False: it is closed, or may not have the message.
   */
  deliverRemote?(message: Message, queues: readonly string[], target: Uint8Array | null, origin: string): boolean;
  /** Other servers only: true when what goes to one of the two reaches the other as well, as the same message. */
  isTwinOf?(other: Subscriber): boolean;
  /**
   * Imports and streams only: takes a traced message as `deliver` does, and notes what becomes of it; nothing is delivered when the
   * trace is all that is wanted.
   */
  deliverTraced?(subscription: Subscription, message: Message, trace: RouteTrace): boolean;
  /** Taps only: how many messages of a run of equal PUB lines may go by without being handed over. */
  mayPass?(): number;
  /** Taps only: `count` messages of `sizeBytes` each went by. */
  notePassed?(count: number, sizeBytes: number): void;
}
