// hot path
/**
 * Input that cannot be parsed yet, in one growing buffer: the start of an operation whose rest has not arrived, or what arrived while its
 * parser was suspended. How much may be put in is the owner's to check, before it does.
 */
import { SlackBuffer } from './bytes.ts';

export interface InputBufferSizes {
  /** Bytes that are taken at first. */
  readonly firstBytes: number;
  /** A buffer larger than this is given back as soon as it is empty. */
  readonly keptBytes: number;
}

export class InputBuffer {
  /** What is in it: `memory.bytes[0..count)`. Null before the first byte. */
  memory: SlackBuffer | null = null;
  count = 0;
  private readonly sizes: InputBufferSizes;

  constructor(sizes: InputBufferSizes) {
    this.sizes = sizes;
  }

  /** Puts `bytes[start..end)` behind what is there. `wantedBytes`: what there will be in all; 0 when nobody knows, then it grows by doubling. */
  append(bytes: Buffer, start: number, end: number, wantedBytes: number): void {
    const count = this.count + end - start;
    const least = Math.max(count, wantedBytes, this.sizes.firstBytes);
    let memory = this.memory;
    if (memory === null || memory.capacity < least) {
      const grown = new SlackBuffer(wantedBytes > 0 ? least : Math.max(least, this.count * 2));
      if (memory !== null) memory.bytes.copy(grown.bytes, 0, 0, this.count);
      this.memory = memory = grown;
    }
    bytes.copy(memory.bytes, this.count, start, end);
    this.count = count;
  }

  /** All that is in it was used. */
  clear(): void {
    this.count = 0;
    if (this.memory !== null && this.memory.capacity > this.sizes.keptBytes) this.memory = null;
  }
}
