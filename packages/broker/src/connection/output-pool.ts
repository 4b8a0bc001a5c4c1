// hot path
/** Output buffers in three sizes, reused across connections; an idle connection holds none. */
import { SlackBuffer } from '@sluice/protocol/wire';

export const SMALL_OUTPUT_BYTES = 2048;
export const MEDIUM_OUTPUT_BYTES = 32_768;
export const LARGE_OUTPUT_BYTES = 262_144;
const KEPT_SMALL = 1024;
const KEPT_MEDIUM = 256;
const KEPT_LARGE = 64;

export class OutputPool {
  private readonly small: SlackBuffer[] = [];
  private readonly medium: SlackBuffer[] = [];
  private readonly large: SlackBuffer[] = [];

  /** A buffer of at least `bytes`; one larger than the largest size is made to measure and not kept. */
  take(bytes: number): SlackBuffer {
    if (bytes <= SMALL_OUTPUT_BYTES) return this.small.pop() ?? new SlackBuffer(SMALL_OUTPUT_BYTES);
    if (bytes <= MEDIUM_OUTPUT_BYTES) return this.medium.pop() ?? new SlackBuffer(MEDIUM_OUTPUT_BYTES);
    if (bytes <= LARGE_OUTPUT_BYTES) return this.large.pop() ?? new SlackBuffer(LARGE_OUTPUT_BYTES);
    return new SlackBuffer(bytes);
  }

  give(buffer: SlackBuffer): void {
    if (buffer.capacity === SMALL_OUTPUT_BYTES) {
      if (this.small.length < KEPT_SMALL) this.small.push(buffer);
    } else if (buffer.capacity === MEDIUM_OUTPUT_BYTES) {
      if (this.medium.length < KEPT_MEDIUM) this.medium.push(buffer);
    } else if (buffer.capacity === LARGE_OUTPUT_BYTES) {
      if (this.large.length < KEPT_LARGE) this.large.push(buffer);
    }
  }
}
