/**
 * What a store knew at one moment, so that a start need not read the whole log: state, segments, dead sequences, subjects, and the
 * place from which the log has to be read on. Two files take turns; a checkpoint that does not verify is as if it were not there.
 */
import type { Disk } from '../../env/disk.ts';
import { ByteArea, type Crc32, checksum, placeSeed } from './byte-area.ts';
import { type CipherKind, cipherKind, type StoreCipher } from './cipher.ts';
import type { PackedSubjects } from './packed-subjects.ts';
import { decodeRanges, encodeRanges } from './tombstones.ts';

const MAGIC = 'SLUICECP';
const VERSION = 1;
const HEADER_BYTES = 40;
const LABEL = 'checkpoint';
const names = ['checkpoint-a', 'checkpoint-b'] as const;
const MAX_BYTES = 0x7fffff00;

export interface CheckpointSegment {
  readonly number: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly liveCount: number;
  readonly liveBytes: number;
  readonly ttlCount: number;
  readonly headerCount: number;
  readonly firstTimeUs: number;
  readonly lastTimeUs: number;
  readonly sizeBytes: number;
  readonly hasTombstones: boolean;
  readonly deadRanges: readonly (readonly [number, number])[];
}

export interface Checkpoint {
  readonly lastSeq: number;
  readonly firstSeq: number;
  readonly firstTimeUs: number;
  readonly firstTimeNs: number;
  readonly lastTimeUs: number;
  readonly lastTimeNs: number;
  /** Records from this segment and position on are not in here. */
  readonly replayNumber: number;
  readonly replayPosition: number;
  readonly lostRanges: readonly (readonly [number, number])[];
  readonly lostBytes: number;
  readonly segments: readonly CheckpointSegment[];
  readonly subjects: PackedSubjects;
}

class Writer {
  private area: ByteArea;
  private at: number = HEADER_BYTES;

  constructor(expectedBytes: number) {
    this.area = new ByteArea(expectedBytes);
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.area.capacity) return;
    const grown = new ByteArea(Math.max(this.area.capacity * 2, this.at + bytes));
    this.area.bytes.copy(grown.bytes, 0, 0, this.at);
    this.area = grown;
  }

  u32(value: number): void {
    this.room(4);
    this.area.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  f64(value: number): void {
    this.room(8);
    this.area.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  raw(content: Buffer): void {
    this.room(content.length);
    this.area.bytes.set(content, this.at);
    this.at += content.length;
  }

  ranges(ranges: readonly (readonly [number, number])[]): void {
    const content = encodeRanges(ranges);
    this.u32(content.length);
    this.room(content.length);
    this.area.bytes.set(content, this.at);
    this.at += content.length;
  }

  /** Encrypts everything so far. */
  seal(cipher: StoreCipher, seed: number, generation: number): void {
    const sealed = cipher.seal(LABEL, boundOf(seed, generation), this.area.bytes.subarray(HEADER_BYTES, this.at));
    this.at = HEADER_BYTES;
    this.u32(sealed.length);
    this.raw(sealed);
  }

  /** The whole file. */
  finish(seed: number, generation: number, { crc32, kind }: { crc32: Crc32; kind: CipherKind | 0 }): Buffer {
    const length = (this.at + 7) & ~7;
    this.room(8);
    this.area.bytes.fill(0, this.at, length);
    const { view, bytes } = this.area;
    bytes.write(MAGIC, 0, 'latin1');
    view.setUint32(8, VERSION, true);
    view.setInt32(12, seed, true);
    view.setUint32(16, generation, true);
    view.setUint32(20, length, true);
    view.setUint32(24, kind, true);
    view.setInt32(36, checksum(this.area, HEADER_BYTES, length - HEADER_BYTES, placeSeed(seed, generation, length), crc32), true);
    view.setInt32(32, checksum(this.area, 0, 32, placeSeed(seed, generation, 0), crc32), true);
    return bytes.subarray(0, length);
  }
}

class Reader {
  private readonly bytes: Buffer;
  private at: number;

  constructor(bytes: Buffer, at: number = HEADER_BYTES) {
    this.bytes = bytes;
    this.at = at;
  }

  u32(): number {
    const value = this.bytes.readUInt32LE(this.at);
    this.at += 4;
    return value;
  }

  f64(): number {
    const value = this.bytes.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  rest(): Buffer {
    return this.bytes.subarray(this.at);
  }

  ranges(): [number, number][] {
    const length = this.u32();
    const value = decodeRanges(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return value;
  }
}

/** What an encrypted checkpoint is bound to. */
function boundOf(seed: number, generation: number): Buffer {
  const bound = Buffer.alloc(8);
  bound.writeInt32LE(seed, 0);
  bound.writeUInt32LE(generation, 4);
  return bound;
}

function encode(checkpoint: Checkpoint, generation: number, files: CheckpointPlace): Buffer {
  const { seed, crc32, cipher } = files;
  const writer = new Writer(checkpoint.subjects.bytes.length + checkpoint.segments.length * 128 + 65_536);
  writer.f64(checkpoint.lastSeq);
  writer.f64(checkpoint.firstSeq);
  writer.f64(checkpoint.firstTimeUs);
  writer.u32(checkpoint.firstTimeNs);
  writer.f64(checkpoint.lastTimeUs);
  writer.u32(checkpoint.lastTimeNs);
  writer.f64(checkpoint.replayNumber);
  writer.f64(checkpoint.replayPosition);
  writer.ranges(checkpoint.lostRanges);
  writer.f64(checkpoint.lostBytes);
  writer.u32(checkpoint.segments.length);
  for (const segment of checkpoint.segments) encodeSegment(writer, segment);
  writer.u32(checkpoint.subjects.count);
  writer.raw(checkpoint.subjects.bytes);
  if (cipher !== undefined) writer.seal(cipher, seed, generation);
  return writer.finish(seed, generation, { crc32, kind: cipher?.kind ?? 0 });
}

function encodeSegment(writer: Writer, segment: CheckpointSegment): void {
  writer.f64(segment.number);
  writer.f64(segment.firstSeq);
  writer.f64(segment.lastSeq);
  writer.u32(segment.liveCount);
  writer.f64(segment.liveBytes);
  writer.u32(segment.ttlCount);
  writer.u32(segment.headerCount);
  writer.f64(segment.firstTimeUs);
  writer.f64(segment.lastTimeUs);
  writer.u32(segment.sizeBytes);
  writer.u32(segment.hasTombstones ? 1 : 0);
  writer.ranges(segment.deadRanges);
}

function decode(reader: Reader): Checkpoint {
  const state = {
    lastSeq: reader.f64(),
    firstSeq: reader.f64(),
    firstTimeUs: reader.f64(),
    firstTimeNs: reader.u32(),
    lastTimeUs: reader.f64(),
    lastTimeNs: reader.u32(),
    replayNumber: reader.f64(),
    replayPosition: reader.f64(),
    lostRanges: reader.ranges(),
    lostBytes: reader.f64(),
  };
  const segments: CheckpointSegment[] = [];
  for (let rest = reader.u32(); rest > 0; rest--) segments.push(decodeSegment(reader));
  const count = reader.u32();
  return { ...state, segments, subjects: { count, bytes: reader.rest() } };
}

function decodeSegment(reader: Reader): CheckpointSegment {
  return {
    number: reader.f64(),
    firstSeq: reader.f64(),
    lastSeq: reader.f64(),
    liveCount: reader.u32(),
    liveBytes: reader.f64(),
    ttlCount: reader.u32(),
    headerCount: reader.u32(),
    firstTimeUs: reader.f64(),
    lastTimeUs: reader.f64(),
    sizeBytes: reader.u32(),
    hasTombstones: reader.u32() === 1,
    deadRanges: reader.ranges(),
  };
}

/** The first `length` bytes of a file, read straight to where they are used; undefined when it has fewer. */
function readStart(disk: Disk, path: string, length: number): ByteArea | undefined {
  const file = disk.openSync(path, { readOnly: true });
  try {
    if (file.sizeBytes() < length) return undefined;
    const area = new ByteArea(length);
    return file.readSync(area.bytes, 0, length, 0) === length ? area : undefined;
  } finally {
    file.closeSync();
  }
}

/** Where checkpoints lie, and what they are bound to and encrypted with. */
export interface CheckpointPlace {
  readonly disk: Disk;
  readonly folder: string;
  readonly seed: number;
  readonly crc32: Crc32;
  readonly cipher?: StoreCipher | undefined;
}

/** The header of a checkpoint file, verified. */
interface Head {
  readonly path: string;
  readonly generation: number;
  readonly length: number;
  /** Checksum of what follows. */
  readonly sum: number;
  readonly kind: CipherKind | 0;
}

/** The two checkpoint files of a store. */
export class CheckpointFiles {
  private readonly place: CheckpointPlace;
  private generation = 0;

  constructor(place: CheckpointPlace) {
    this.place = place;
  }

  private path(name: string): string {
    return `${this.place.folder}/${name}`;
  }

  /** The newest checkpoint that verifies; the older one is read only when it is needed. Plain ones are written anew where there is a key. */
  load(): Checkpoint | undefined {
    const { cipher } = this.place;
    const heads = names
      .map((name) => this.readHead(this.path(name)))
      .filter((head) => head !== undefined)
      .sort((a, b) => b.generation - a.generation);
    for (const head of heads) {
      const checkpoint = this.decode(head);
      if (checkpoint === undefined) continue;
      this.generation = Math.max(this.generation, head.generation);
      if (cipher !== undefined && heads.some(({ kind }) => kind === 0)) for (const _each of names) this.write(checkpoint);
      return checkpoint;
    }
    return undefined;
  }

  private decode(head: Head): Checkpoint | undefined {
    const { cipher, seed } = this.place;
    const { generation, kind } = head;
    const bytes = kind === 0 && cipher?.acceptsPlain === false ? undefined : this.readBody(head);
    if (bytes === undefined || kind === 0) return bytes && decode(new Reader(bytes));
    const length = bytes.readUInt32LE(HEADER_BYTES);
    const sealed = bytes.subarray(HEADER_BYTES + 4, HEADER_BYTES + 4 + length);
    const content = cipher?.open({ label: LABEL, kind, bound: boundOf(seed, generation), bytes: sealed });
    return content === undefined ? undefined : decode(new Reader(content, 0));
  }

  private readHead(path: string): Head | undefined {
    const { disk, seed, crc32 } = this.place;
    if (!disk.existsSync(path)) return undefined;
    const area = readStart(disk, path, HEADER_BYTES);
    if (area === undefined) return undefined;
    const { view, bytes } = area;
    const generation = view.getUint32(16, true);
    const length = view.getUint32(20, true);
    if (bytes.toString('latin1', 0, 8) !== MAGIC || view.getUint32(8, true) !== VERSION || view.getInt32(12, true) !== seed)
      return undefined;
    if (length <= HEADER_BYTES || length > MAX_BYTES || (length & 7) !== 0) return undefined;
    if (view.getInt32(32, true) !== checksum(area, 0, 32, placeSeed(seed, generation, 0), crc32)) return undefined;
    return { path, generation, length, sum: view.getInt32(36, true), kind: cipherKind(view.getUint32(24, true)) };
  }

  private readBody({ path, generation, length, sum }: Head): Buffer | undefined {
    const { disk, seed, crc32 } = this.place;
    const area = readStart(disk, path, length);
    if (area === undefined) return undefined;
    const found = checksum(area, HEADER_BYTES, length - HEADER_BYTES, placeSeed(seed, generation, length), crc32);
    return found === sum ? area.bytes : undefined;
  }

  /** Writes a checkpoint in place of the older one; returns its size. It need not be durable: a torn one does not verify. */
  write(checkpoint: Checkpoint): number {
    this.generation++;
    const bytes = encode(checkpoint, this.generation, this.place);
    const file = this.place.disk.openSync(this.path(names[this.generation & 1] as string), { create: true });
    try {
      file.writeSync(bytes, 0, bytes.length, 0);
      file.truncateSync(bytes.length);
    } finally {
      file.closeSync();
    }
    return bytes.length;
  }

  remove(): void {
    const { disk } = this.place;
    for (const name of names) if (disk.existsSync(this.path(name))) disk.removeSync(this.path(name));
  }
}
