/**
 * The one interface that keeps direction: what can receive a message. Declared here, low; implemented high by a client
 * connection, an internal service, a tap (and later a route, a leaf node, a stream's ingest), so that routing never imports
 * a connection.
 */
import type { Message } from './message.ts';
import type { Subscription } from './subscription.ts';

export interface Subscriber {
  /**
   * Takes one message for one of its subscriptions. False: this receiver refused it (echo off, a deny rule, already closed),
   * so that a queue group picks another member and no-responders counts it as nobody.
   */
  deliver(subscription: Subscription, message: Message): boolean;
}
