/**
 * What push delivery adds: interest in the deliver subject, flow control, heartbeats.
 * Source: nats-server server/consumer.go needFlowControl, processFlowControl, sendIdleHeartbeat; ADR-15.
 */
import type { Match } from '../../routing/match.ts';
import { statusBlock } from '../header-text.ts';
import type { Messenger } from '../messenger.ts';

/** Bytes that may be under way at most, and at the start. Source: nats-server JsFlowControlMaxPending. */
const MAX_WINDOW_BYTES = 33_554_432;
const FIRST_WINDOW_BYTES = MAX_WINDOW_BYTES / 16;
const ID_DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const flowBlock: Buffer = statusBlock('100 FlowControl Request');

/** True when somebody subscribes to exactly this subject, as a plain subscriber or in the group. */
export function hasPushInterest(match: Match, subject: string, group: string): boolean {
  if (match.routed?.hasReceiver(subject, group) === true) return true;
  if (group === '') return match.plain.some((subscription) => subscription.subject === subject);
  return match.queues.some((queue) => queue.name === group && queue.members.some((member) => member.subject === subject));
}

export class FlowControl {
  private readonly messenger: Messenger;
  private readonly prefix: string;
  private readonly random: () => number;
  private windowBytes = FIRST_WINDOW_BYTES;
  private outBytes = 0;
  private askedBytes = 0;
  /** Reply subject of the question that is open; empty when none is. */
  openId = '';

  constructor(messenger: Messenger, prefix: string, random: () => number) {
    this.messenger = messenger;
    this.prefix = prefix;
    this.random = random;
  }

  /** True when nothing more may be sent before the client has answered. */
  get isStalled(): boolean {
    return this.outBytes > this.windowBytes;
  }

  /** `bytes` were sent; asks the client to answer when half the window is out, or when `mustAsk`. */
  onSent(bytes: number, target: string, mustAsk: boolean): void {
    this.outBytes += bytes;
    if (this.openId === '') {
      if (this.outBytes > this.windowBytes / 2 || mustAsk) this.ask(target);
    } else if (this.outBytes - this.askedBytes >= this.windowBytes) this.askedBytes += bytes;
  }

  ask(target: string): void {
    let id = '';
    for (let digit = 0; digit < 4; digit++) id += ID_DIGITS.charAt(Math.floor(this.random() * ID_DIGITS.length));
    this.openId = `${this.prefix}${id}`;
    this.askedBytes = this.outBytes;
    this.messenger.sendStatus(target, flowBlock, this.openId);
  }

  /** The client has answered; false when it answered another question. */
  onAnswer(subject: string): boolean {
    if (subject !== this.openId) return false;
    this.windowBytes = Math.min(MAX_WINDOW_BYTES, this.windowBytes * 2);
    this.outBytes = Math.max(0, this.outBytes - this.askedBytes);
    this.openId = '';
    this.askedBytes = 0;
    return true;
  }
}
