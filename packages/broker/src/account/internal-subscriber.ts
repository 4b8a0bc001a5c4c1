/** A part of the server that receives messages: each is copied and handled after the input of the turn, so that it may publish. */
import type { OutputTurn } from '../connection/output-turn.ts';
import type { Match } from '../routing/match.ts';
import type { Message } from '../routing/message.ts';
import type { Subscriber } from '../routing/subscriber.ts';
import type { Subscription } from '../routing/subscription.ts';

/** A message as the server's own services see it; its memory belongs to the receiver. */
export interface ReceivedMessage {
  readonly subject: string;
  /** Empty when the publisher named none. */
  readonly reply: string;
  /** The header block, empty without headers. */
  readonly headers: Uint8Array;
  readonly payload: Uint8Array;
  /** Connection id of the publisher; 0 for the server itself. */
  readonly cid: number;
}

export type MessageHandler = (message: ReceivedMessage) => void;

/** Messages one subscription may have waiting; what comes beyond is dropped, as a slow consumer's would be. */
const MAX_WAITING = 65_536;

export class InternalSubscriber implements Subscriber {
  private readonly turn: OutputTurn;
  private readonly handler: MessageHandler;
  private readonly refuses: ((reply: string) => boolean) | undefined;
  private waiting: ReceivedMessage[] = [];

  constructor(turn: OutputTurn, handler: MessageHandler, refuses?: (reply: string) => boolean) {
    this.turn = turn;
    this.handler = handler;
    this.refuses = refuses;
  }

  deliver(subscription: Subscription, message: Message): boolean {
    if (subscription.isClosed || this.waiting.length >= MAX_WAITING) return false;
    if (this.refuses?.(message.reply()) === true) return false;
    subscription.deliveredCount++;
    const { bytes, payloadStart, headerBytes, sizeBytes } = message;
    const content = Buffer.from(bytes.subarray(payloadStart, payloadStart + sizeBytes));
    this.waiting.push({
      subject: message.subject(),
      reply: message.reply(),
      headers: content.subarray(0, headerBytes),
      payload: content.subarray(headerBytes),
      cid: message.publisherCid,
    });
    if (this.waiting.length === 1) this.turn.deferHearing(this.handleWaiting);
    return true;
  }

  deliverToAll(match: Match, message: Message): void {
    for (const subscription of match.plain) subscription.subscriber.deliver(subscription, message, null);
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to an internal subscriber');
  }

  private readonly handleWaiting = (): void => {
    const messages = this.waiting;
    this.waiting = [];
    for (const message of messages) this.handler(message);
  };
}
