// hot path
/**
 * Acknowledgements as they come in: plain ones change the state at once, all others wait for the end of the input, when publishing is
 * allowed. The numbers are read from the subject's bytes, with no text in between.
 * Source: nats-server server/consumer.go processAck, ackReplyInfo; ADR-13.
 */
import type { Match } from '../../routing/match.ts';
import type { Message } from '../../routing/message.ts';
import type { Subscriber } from '../../routing/subscriber.ts';
import type { Subscription } from '../../routing/subscription.ts';

const DOT = 46;
const ZERO = 48;
const NINE = 57;
const V1_TOKENS = 9;
const V2_TOKENS = 11;

/** An acknowledgement that needs more than a change of state. */
export interface AckMessage {
  readonly seq: number;
  readonly delivery: number;
  readonly count: number;
  readonly body: string;
  readonly reply: string;
}

export interface AckHost {
  /** A plain acknowledgement; must not publish. */
  onPlainAck(seq: number, delivery: number, count: number): void;
  /** Anything else: kept until the end of the turn. */
  onAckMessage(message: AckMessage): void;
}

const NO_NUMBER = Number.MAX_SAFE_INTEGER;

export class AckInbox implements Subscriber {
  private readonly host: AckHost;
  private readonly starts: Int32Array = new Int32Array(V2_TOKENS + 1);

  constructor(host: AckHost) {
    this.host = host;
  }

  deliver(subscription: Subscription, message: Message): boolean {
    if (subscription.isClosed) return false;
    subscription.deliveredCount++;
    this.take(message);
    return true;
  }

  deliverToAll(match: Match, message: Message): void {
    for (const subscription of match.plain) subscription.subscriber.deliver(subscription, message, null);
  }

  takeRun(): void {
    throw new Error('assertion failed: a fan-out run was handed to a consumer');
  }

  private take(message: Message): void {
    const { bytes, subjectStart, subjectEnd, payloadStart, sizeBytes } = message;
    const tokens = this.tokenize(bytes, subjectStart, subjectEnd);
    const isV2 = tokens >= V2_TOKENS;
    const base = isV2 ? 6 : 4;
    const isKnown = tokens === V1_TOKENS || isV2;
    const seq = isKnown ? this.numberAt(bytes, base + 1) : 0;
    const delivery = isKnown ? this.numberAt(bytes, base + 2) : 0;
    const count = isKnown ? this.numberAt(bytes, base) : 0;
    const bodyStart = payloadStart + (message.hasHeaders ? message.headerBytes : 0);
    const bodyBytes = payloadStart + sizeBytes - bodyStart;
    if (isPlain(bytes, bodyStart, bodyBytes) && !message.hasReply()) {
      this.host.onPlainAck(seq, delivery, count);
      return;
    }
    this.host.onAckMessage({
      seq,
      delivery,
      count,
      body: bytes.toString('latin1', bodyStart, bodyStart + bodyBytes),
      reply: message.reply(),
    });
  }

  /** Notes where tokens start; returns how many there are. */
  private tokenize(bytes: Uint8Array, start: number, end: number): number {
    const { starts } = this;
    let count = 0;
    starts[count++] = start;
    for (let index = start; index < end; index++) {
      if (bytes[index] !== DOT) continue;
      if (count <= V2_TOKENS) starts[count] = index + 1;
      count++;
    }
    if (count <= V2_TOKENS) starts[count] = end + 1;
    return count;
  }

  /** The number that is one token; what is none is beyond all sequences, as nats-server reads it. */
  private numberAt(bytes: Uint8Array, token: number): number {
    const end = (this.starts[token + 1] as number) - 1;
    let value = (this.starts[token] as number) < end ? 0 : NO_NUMBER;
    for (let index = this.starts[token] as number; index < end; index++) {
      const byte = bytes[index] as number;
      if (byte < ZERO || byte > NINE) return NO_NUMBER;
      value = value * 10 + (byte - ZERO);
    }
    return value;
  }
}

/** True for an empty body and for `+ACK`. */
function isPlain(bytes: Uint8Array, start: number, length: number): boolean {
  if (length === 0) return true;
  return length === 4 && bytes[start] === 43 && bytes[start + 1] === 65 && bytes[start + 2] === 67 && bytes[start + 3] === 75;
}
