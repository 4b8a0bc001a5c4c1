/**
 * NUIDs: ids that are unique, short and cheap: 12 random characters and 10 that count up from a random start by a random step. A new
 * prefix is drawn when the counter runs out. Randomness is handed in, so that a seeded run is repeatable.
 * Source: nats-io/nuid nuid.go; the counter ends at 2^48 here instead of 62^10.
 */

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = 62;
const PREFIX_CHARS = 12;
const COUNTER_CHARS = 10;
/** The counter stays below this: its start is drawn from six random bytes. */
const COUNTER_END = 2 ** 48;
const MIN_STEP = 33;
const STEP_RANGE = 300;

/** Characters of a NUID. */
export const NUID_CHARS: number = PREFIX_CHARS + COUNTER_CHARS;

/** One sequence of ids. Two instances never share a prefix but by a chance of 1 in 62^12. */
export class Nuid {
  private readonly randomBytes: (count: number) => Uint8Array;
  private prefix = '';
  private counter = 0;
  private step = 0;

  /** `randomBytes` must be cryptographic where ids must not be guessed. */
  constructor(randomBytes: (count: number) => Uint8Array) {
    this.randomBytes = randomBytes;
    this.reset();
  }

  /** The next id: 22 characters of 0-9, A-Z, a-z. */
  next(): string {
    this.counter += this.step;
    if (this.counter >= COUNTER_END) this.reset();
    let text = '';
    let rest = this.counter;
    for (let index = 0; index < COUNTER_CHARS; index++) {
      text = DIGITS.charAt(rest % BASE) + text;
      rest = Math.floor(rest / BASE);
    }
    return this.prefix + text;
  }

  /** Draws a new prefix, start and step. */
  reset(): void {
    let prefix = '';
    while (prefix.length < PREFIX_CHARS) {
      for (const byte of this.randomBytes(PREFIX_CHARS * 2)) {
        // Bytes from 248 on would favour the first digits.
        if (byte < BASE * 4 && prefix.length < PREFIX_CHARS) prefix += DIGITS.charAt(byte % BASE);
      }
    }
    const numbers = this.randomBytes(8);
    this.prefix = prefix;
    this.counter = 0;
    for (let index = 0; index < 6; index++) this.counter = this.counter * 256 + (numbers[index] ?? 0);
    this.step = MIN_STEP + (((numbers[6] ?? 0) * 256 + (numbers[7] ?? 0)) % STEP_RANGE);
  }
}
