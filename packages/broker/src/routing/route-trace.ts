/** What follows a traced message through the router: declared here, low, and implemented by whoever accepted the message. */
import type { Message } from './message.ts';
import type { Subscription } from './subscription.ts';

export interface RouteTrace {
  /** The message is handed to nobody: only what would happen to it is of interest. */
  readonly isOnly: boolean;
  /** Hands the message to one receiver, or looks at what would happen, and notes it. False: the receiver refused it. */
  offer(subscription: Subscription, message: Message): boolean;
}

/** An import as a message's trace tells of it. Source: nats-server server/msgtrace.go MsgTraceStreamExport, MsgTraceServiceImport. */
export type TracedImport =
  | { readonly type: 'se'; readonly to: string }
  | { readonly type: 'si'; readonly acc: string; readonly from: string; readonly to: string };
