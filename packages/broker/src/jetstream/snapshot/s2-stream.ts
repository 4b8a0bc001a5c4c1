/**
 * S2 streams, which are Snappy streams with larger blocks: frames of a type, a length, a checksum and data. Both ends work on pieces of
 * any size, and never hold more than a block. Source: Snappy framing_format.txt; klauspost/compress s2 README.
 */
import { CorruptBlock, compressBlock, expandBlock } from '../store/s2-block.ts';

const COMPRESSED = 0x00;
const UNCOMPRESSED = 0x01;
const FIRST_SKIPPABLE = 0x80;
const IDENTIFIER = 0xff;
const FRAME_HEADER_BYTES = 4;
const CHECKSUM_BYTES = 4;
/** Blocks that are written. */
const BLOCK_BYTES = 65_536;
/** Blocks that are read: S2's largest. */
const MAX_BLOCK_BYTES = 4_194_304;
const snappyIdentifier: Buffer = Buffer.from('\xff\x06\x00\x00sNaPpY', 'latin1');
const identifiers: readonly string[] = ['sNaPpY', 'S2sTwO'];

const crcTable: Uint32Array = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** CRC-32C in the form that frames carry. */
function maskedCrc(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (let index = 0; index < bytes.length; index++)
    crc = (crcTable[(crc ^ (bytes[index] as number)) & 255] as number) ^ (crc >>> 8);
  crc = (crc ^ 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Collects bytes and makes frames of them. */
export class S2Writer {
  private readonly emit: (frame: Buffer) => void;
  private readonly block: Buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  private used = 0;
  private hasBegun = false;

  constructor(emit: (frame: Buffer) => void) {
    this.emit = emit;
  }

  write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const count = Math.min(BLOCK_BYTES - this.used, bytes.length - from);
      this.block.set(bytes.subarray(from, from + count), this.used);
      this.used += count;
      from += count;
      if (this.used === BLOCK_BYTES) this.flush();
    }
  }

  /** Makes a frame of what was collected. */
  flush(): void {
    if (!this.hasBegun) this.emit(snappyIdentifier);
    this.hasBegun = true;
    if (this.used === 0) return;
    const block = this.block.subarray(0, this.used);
    const compressed = compressBlock(block);
    const isSmaller = compressed.length < block.length - (block.length >> 3);
    const data = isSmaller ? compressed : block;
    const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + CHECKSUM_BYTES + data.length);
    frame[0] = isSmaller ? COMPRESSED : UNCOMPRESSED;
    frame.writeUIntLE(CHECKSUM_BYTES + data.length, 1, 3);
    frame.writeUInt32LE(maskedCrc(block), FRAME_HEADER_BYTES);
    data.copy(frame, FRAME_HEADER_BYTES + CHECKSUM_BYTES);
    this.used = 0;
    this.emit(frame);
  }
}

const UNKNOWN_FRAME = 'unknown frame';
const WRONG_CHECKSUM = 'checksum mismatch';

/** What Go's S2 reader says of such a stream. */
export function goS2Text({ message }: CorruptBlock): string {
  if (message === WRONG_CHECKSUM) return 's2: corrupt input, crc mismatch';
  return message === UNKNOWN_FRAME ? 's2: unsupported input' : 's2: corrupt input';
}

/** Takes pieces of a stream and gives what was in its frames. Throws `CorruptBlock`. */
export class S2Reader {
  private readonly onData: (bytes: Buffer) => void;
  private held: Buffer = Buffer.alloc(0);
  private hasBegun = false;

  constructor(onData: (bytes: Buffer) => void) {
    this.onData = onData;
  }

  push(piece: Uint8Array): void {
    let rest = this.held.length === 0 ? Buffer.from(piece) : Buffer.concat([this.held, piece]);
    while (rest.length >= FRAME_HEADER_BYTES) {
      const length = rest.readUIntLE(1, 3);
      const type = rest[0] as number;
      if (type < FIRST_SKIPPABLE && length > MAX_BLOCK_BYTES + MAX_BLOCK_BYTES / 8) throw new CorruptBlock('frame is too large');
      if (rest.length < FRAME_HEADER_BYTES + length) break;
      this.takeFrame(type, rest.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length));
      rest = rest.subarray(FRAME_HEADER_BYTES + length);
    }
    this.held = rest.length === 0 ? rest : Buffer.from(rest);
  }

  /** True when the stream ended between two frames. */
  get isWhole(): boolean {
    return this.held.length === 0;
  }

  private takeFrame(type: number, content: Buffer): void {
    if (type === IDENTIFIER) {
      if (!identifiers.includes(content.toString('latin1'))) throw new CorruptBlock('not an S2 stream');
      this.hasBegun = true;
      return;
    }
    if (!this.hasBegun) throw new CorruptBlock('not an S2 stream');
    if (type >= FIRST_SKIPPABLE) return;
    if (type !== COMPRESSED && type !== UNCOMPRESSED) throw new CorruptBlock(UNKNOWN_FRAME);
    if (content.length < CHECKSUM_BYTES) throw new CorruptBlock('frame is too short');
    const data = content.subarray(CHECKSUM_BYTES);
    const block = type === COMPRESSED ? expandBlock(data, MAX_BLOCK_BYTES) : data;
    if (maskedCrc(block) !== content.readUInt32LE(0)) throw new CorruptBlock(WRONG_CHECKSUM);
    this.onData(block);
  }
}
