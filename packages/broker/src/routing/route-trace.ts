/** What follows a traced message through the router: declared here, low, and implemented by whoever accepted the message. */
import type { Message } from './message.ts';
import type { Subscription } from './subscription.ts';

export interface RouteTrace {
  /** The message is handed to nobody: only what would happen to it is of interest. */
  readonly isOnly: boolean;
  /** Hands the message to one receiver, or looks at what would happen, and notes it. False: the receiver refused it. */
  offer(subscription: Subscription, message: Message): boolean;
  /** As `offer`, for a receiver that is known to be the last: nothing goes on behind it. */
  offerLast(subscription: Subscription, message: Message): boolean;
  /** Notes a step that only the receiver knows of. */
  note(step: TracedStep): void;
  /**
   * Something of the message is still to come, later in the turn: the returned function must be called once, with what is to be done
   * then. What that notes stands at this place of the trace, which is told when nothing is to come any more.
   */
  later(): (task: () => void) => void;
}

/** A step as a message's trace tells of it. Source: nats-server server/msgtrace.go MsgTraceStreamExport, …ServiceImport, …JetStream. */
export type TracedStep =
  | { readonly type: 'se'; readonly acc: string; readonly to: string }
  | { readonly type: 'si'; readonly acc: string; readonly from: string; readonly to: string }
  | {
      readonly type: 'js';
      readonly stream: string;
      /** Under which it is stored; absent when a rule refused it before. */
      readonly subject?: string;
      readonly nointerest?: boolean;
      readonly error?: string;
    };
