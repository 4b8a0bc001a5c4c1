/**
 * Blocks of the Snappy format, and reading of what S2 adds to it (repeated offsets). Written blocks use nothing but Snappy, which every
 * S2 reader knows. Source: Snappy format_description.txt; klauspost/compress s2 decode_other.go.
 */

const MIN_MATCH = 4;
const MAX_LITERAL_BYTES = 65_536;
const MAX_HASH_BITS = 14;
const MIN_HASH_BITS = 8;
const HASH_MULTIPLIER = 0x9e3779b1;
const MAX_COPY = 64;
const MAX_OFFSET = 65_535;

/** Where four bytes were seen last, by their hash; used by one call at a time. */
const table: Int32Array = new Int32Array(1 << MAX_HASH_BITS);

/** What broke the rules of the format. */
export class CorruptBlock extends Error {}

/** Compresses a block; the result may be larger than the source, when there is nothing to find in it. */
export function compressBlock(source: Buffer): Buffer {
  const out = Buffer.allocUnsafe(32 + source.length + Math.ceil(source.length / 6));
  let at = writeUvarint(out, 0, source.length);
  const bits = Math.min(MAX_HASH_BITS, Math.max(MIN_HASH_BITS, 32 - Math.clz32(source.length)));
  table.fill(-1, 0, 1 << bits);
  const limit = source.length - MIN_MATCH;
  let literalStart = 0;
  let position = 0;
  let misses = 32;
  while (position <= limit) {
    const word = source.readUInt32LE(position);
    const hash = Math.imul(word, HASH_MULTIPLIER) >>> (32 - bits);
    const candidate = table[hash] as number;
    table[hash] = position;
    if (candidate < 0 || position - candidate > MAX_OFFSET || source.readUInt32LE(candidate) !== word) {
      position += misses++ >> 5;
      continue;
    }
    misses = 32;
    let length = MIN_MATCH;
    while (position + length < source.length && source[candidate + length] === source[position + length]) length++;
    at = emitLiteral(out, at, source, literalStart, position);
    at = emitCopy(out, at, position - candidate, length);
    position += length;
    literalStart = position;
  }
  at = emitLiteral(out, at, source, literalStart, source.length);
  return out.subarray(0, at);
}

function emitLiteral(out: Buffer, start: number, source: Buffer, from: number, to: number): number {
  let at = start;
  for (let begin = from; begin < to; begin += MAX_LITERAL_BYTES) {
    const end = Math.min(to, begin + MAX_LITERAL_BYTES);
    const last = end - begin - 1;
    if (last < 60) out[at++] = last << 2;
    else if (last < 256) {
      out[at++] = 60 << 2;
      out[at++] = last;
    } else {
      out[at++] = 61 << 2;
      out[at++] = last & 255;
      out[at++] = last >> 8;
    }
    source.copy(out, at, begin, end);
    at += end - begin;
  }
  return at;
}

function emitCopy(out: Buffer, start: number, offset: number, total: number): number {
  let at = start;
  for (let left = total; left > 0; ) {
    const length = Math.min(MAX_COPY, left);
    out[at++] = ((length - 1) << 2) | 2;
    out[at++] = offset & 255;
    out[at++] = offset >> 8;
    left -= length;
  }
  return at;
}

function writeUvarint(out: Buffer, start: number, value: number): number {
  let at = start;
  let left = value;
  while (left >= 128) {
    out[at++] = (left & 127) | 128;
    left = Math.floor(left / 128);
  }
  out[at++] = left;
  return at;
}

/** Expands a block to at most `maxBytes`. Throws `CorruptBlock`. */
export function expandBlock(source: Buffer, maxBytes: number): Buffer {
  const { value: length, next } = readLength(source);
  if (length > maxBytes) throw new CorruptBlock('block is too large');
  const out = Buffer.allocUnsafe(length);
  let at = 0;
  let offset = 0;
  for (let position = next; position < source.length; ) {
    const tag = source[position] as number;
    const step = tag & 3;
    if (step === 0) {
      const literal = literalAt(source, position, tag >> 2);
      if (literal.start + literal.length > source.length || at + literal.length > length) throw new CorruptBlock('bad literal');
      source.copy(out, at, literal.start, literal.start + literal.length);
      at += literal.length;
      position = literal.start + literal.length;
      continue;
    }
    const copy = copyAt(source, position, offset);
    offset = copy.offset;
    if (offset <= 0 || offset > at || at + copy.length > length) throw new CorruptBlock('bad copy');
    for (let index = 0; index < copy.length; index++) out[at + index] = out[at - offset + index] as number;
    at += copy.length;
    position = copy.next;
  }
  if (at !== length) throw new CorruptBlock('block is too short');
  return out;
}

function readLength(source: Buffer): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = source[index];
    if (byte === undefined) break;
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return { value, next: index + 1 };
  }
  throw new CorruptBlock('bad length');
}

function byteAt(source: Buffer, position: number): number {
  const byte = source[position];
  if (byte === undefined) throw new CorruptBlock('block ends early');
  return byte;
}

function littleEndian(source: Buffer, position: number, bytes: number): number {
  let value = 0;
  for (let index = bytes - 1; index >= 0; index--) value = value * 256 + byteAt(source, position + index);
  return value;
}

function literalAt(source: Buffer, position: number, code: number): { start: number; length: number } {
  if (code < 60) return { start: position + 1, length: code + 1 };
  const bytes = code - 59;
  return { start: position + 1 + bytes, length: littleEndian(source, position + 1, bytes) + 1 };
}

function copyAt(source: Buffer, position: number, lastOffset: number): { offset: number; length: number; next: number } {
  const tag = byteAt(source, position);
  const step = tag & 3;
  if (step === 2) return { offset: littleEndian(source, position + 1, 2), length: (tag >> 2) + 1, next: position + 3 };
  if (step === 3) return { offset: littleEndian(source, position + 1, 4), length: (tag >> 2) + 1, next: position + 5 };
  const offset = ((tag & 0xe0) << 3) | byteAt(source, position + 1);
  const code = (tag >> 2) & 7;
  if (offset !== 0) return { offset, length: code + 4, next: position + 2 };
  // S2: the offset of the copy before, with a longer length behind it.
  if (code < 5) return { offset: lastOffset, length: code + 4, next: position + 2 };
  const bytes = code - 4;
  const base = bytes === 1 ? 4 : bytes === 2 ? 256 : 65_536;
  return { offset: lastOffset, length: littleEndian(source, position + 2, bytes) + base + 4, next: position + 2 + bytes };
}
