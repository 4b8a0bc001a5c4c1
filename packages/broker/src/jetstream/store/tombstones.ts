/** Lists of removed or lost sequences as a log record carries them: ranges of 8 bytes first sequence and 4 bytes count. */
const RANGE_BYTES = 12;

/** Sequences that were removed since the last write, collected into ranges. */
export class Tombstones {
  private ranges: [number, number][] = [];

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  add(seq: number): void {
    const last = this.ranges[this.ranges.length - 1];
    if (last !== undefined && last[0] + last[1] === seq) last[1]++;
    else this.ranges.push([seq, 1]);
  }

  addRange(first: number, count: number): void {
    if (count > 0) this.ranges.push([first, count]);
  }

  /** The ranges, encoded; nothing is left afterwards. */
  take(): Buffer {
    const content = encodeRanges(this.ranges);
    this.ranges = [];
    return content;
  }
}

/** `[first, count]` ranges of sequences as 12 bytes each. */
export function encodeRanges(ranges: readonly (readonly [number, number])[]): Buffer {
  const parts: Buffer[] = [];
  for (const [first, count] of ranges) {
    // A range longer than 32 bits is written in pieces.
    for (let done = 0; done < count; done += 0xffffffff) {
      const part = Buffer.allocUnsafe(RANGE_BYTES);
      part.writeDoubleLE(first + done, 0);
      part.writeUInt32LE(Math.min(count - done, 0xffffffff), 8);
      parts.push(part);
    }
  }
  return Buffer.concat(parts);
}

/** The same, read; a piece at the end that is no whole range is left out. */
export function decodeRanges(content: Buffer): [number, number][] {
  const ranges: [number, number][] = [];
  for (let at = 0; at + RANGE_BYTES <= content.length; at += RANGE_BYTES) {
    ranges.push([content.readDoubleLE(at), content.readUInt32LE(at + 8)]);
  }
  return ranges;
}

/** What of `[first, first + count)` is in none of the ranges. */
export function notIn(ranges: readonly (readonly [number, number])[], first: number, count: number): [number, number][] {
  let left: [number, number][] = count > 0 ? [[first, count]] : [];
  for (const [start, length] of ranges) {
    left = left.flatMap(([from, size]): [number, number][] => {
      const before = Math.min(from + size, Math.max(from, start)) - from;
      const after = from + size - Math.max(from, Math.min(from + size, start + length));
      if (before + after >= size) return [[from, size]];
      const pieces: [number, number][] = [];
      if (before > 0) pieces.push([from, before]);
      if (after > 0) pieces.push([from + size - after, after]);
      return pieces;
    });
  }
  return left;
}
