/**
 * Acknowledged credits: at most `credits` frames may be on their way. `ack` names the newest frame that was handled and frees
 * everything up to it. Pure.
 */
export class CreditWindow {
  readonly credits: number;
  #sent = 0;
  #acked = 0;

  constructor(credits: number) {
    this.credits = credits;
  }

  get canSend(): boolean {
    return this.#sent - this.#acked < this.credits;
  }

  /** Frames that were sent and not yet acknowledged. */
  get outstanding(): number {
    return this.#sent - this.#acked;
  }

  /** Number of the next frame, which is taken to be sent. */
  next(): number {
    this.#sent += 1;
    return this.#sent;
  }

  /** False when the number was never sent: the browser makes things up. */
  ack(seq: number): boolean {
    if (!Number.isInteger(seq) || seq > this.#sent) return false;
    this.#acked = Math.max(this.#acked, seq);
    return true;
  }
}
