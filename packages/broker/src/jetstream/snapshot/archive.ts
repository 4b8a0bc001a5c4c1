/**
 * The archive in a snapshot since nats-server 2.15: entries one after the other, each with name, time, sequence and the sizes of its two
 * parts as variable-length numbers. Source: nats-server server/archive/archive.go.
 */

/** What an archive begins with. */
export const ARCHIVE_MAGIC = 'NATSARC1';
const MAX_NAME_BYTES = 65_536;
const MAX_VARINT_BYTES = 10;

export interface ArchiveEntry {
  readonly name: string;
  /** Nanoseconds since the epoch. */
  readonly timeNs: bigint;
  readonly seq: number;
  readonly headerBytes: number;
  readonly payloadBytes: number;
}

/** What is wrong with an archive. */
export class InvalidArchive extends Error {}

/** The head of an entry; its content follows. */
export function encodeEntry(entry: ArchiveEntry): Buffer {
  const name = Buffer.from(entry.name, 'latin1');
  const zigzag = entry.timeNs >= 0n ? entry.timeNs * 2n : -entry.timeNs * 2n - 1n;
  const numbers = [BigInt(name.length), zigzag, BigInt(entry.seq), BigInt(entry.headerBytes), BigInt(entry.payloadBytes)];
  const bytes: number[] = [];
  for (const number of numbers) {
    let left = number;
    while (left >= 128n) {
      bytes.push(Number(left & 127n) | 128);
      left >>= 7n;
    }
    bytes.push(Number(left));
  }
  return Buffer.concat([Buffer.from(bytes), name]);
}

/** Takes pieces of an archive and gives whole entries. Throws `InvalidArchive`. */
export class ArchiveReader {
  private readonly maxEntryBytes: number;
  private readonly onEntry: (entry: ArchiveEntry, content: Buffer) => void;
  private held: Buffer = Buffer.alloc(0);
  private at = 0;
  private hasMagic = false;

  constructor(maxEntryBytes: number, onEntry: (entry: ArchiveEntry, content: Buffer) => void) {
    this.maxEntryBytes = maxEntryBytes;
    this.onEntry = onEntry;
  }

  push(piece: Buffer): void {
    this.held = this.at === this.held.length ? piece : Buffer.concat([this.held.subarray(this.at), piece]);
    this.at = 0;
    if (!this.hasMagic) {
      if (this.held.length < ARCHIVE_MAGIC.length) return;
      if (this.held.toString('latin1', 0, ARCHIVE_MAGIC.length) !== ARCHIVE_MAGIC) throw new InvalidArchive('not an archive');
      this.hasMagic = true;
      this.at = ARCHIVE_MAGIC.length;
    }
    while (this.takeOne());
  }

  /** True when the archive ended between two entries. */
  get isWhole(): boolean {
    return this.hasMagic && this.at === this.held.length;
  }

  private takeOne(): boolean {
    const start = this.at;
    const head = this.readHead();
    if (head === undefined) {
      this.at = start;
      return false;
    }
    const { entry, nameBytes } = head;
    const total = entry.headerBytes + entry.payloadBytes;
    if (total > this.maxEntryBytes) throw new InvalidArchive(`entry of ${total} bytes is too large`);
    if (this.held.length - this.at < nameBytes + total) {
      this.at = start;
      return false;
    }
    const name = this.held.toString('latin1', this.at, this.at + nameBytes);
    this.at += nameBytes;
    const content = this.held.subarray(this.at, this.at + total);
    this.at += total;
    this.onEntry({ ...entry, name }, content);
    return true;
  }

  private readHead(): { entry: Omit<ArchiveEntry, 'name'>; nameBytes: number } | undefined {
    const numbers: bigint[] = [];
    for (let field = 0; field < 5; field++) {
      const number = this.readNumber();
      if (number === undefined) return undefined;
      numbers.push(number);
    }
    const [nameBytes = 0n, time = 0n, seq = 0n, headerBytes = 0n, payloadBytes = 0n] = numbers;
    if (nameBytes > BigInt(MAX_NAME_BYTES)) throw new InvalidArchive('name is too long');
    for (const size of [seq, headerBytes, payloadBytes])
      if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new InvalidArchive('number is too large');
    const timeNs = (time & 1n) === 0n ? time / 2n : -(time + 1n) / 2n;
    return {
      entry: { timeNs, seq: Number(seq), headerBytes: Number(headerBytes), payloadBytes: Number(payloadBytes) },
      nameBytes: Number(nameBytes),
    };
  }

  private readNumber(): bigint | undefined {
    let value = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.held[this.at];
      if (byte === undefined) return undefined;
      this.at++;
      value |= BigInt(byte & 127) << BigInt(7 * index);
      if (byte < 128) return value;
    }
    throw new InvalidArchive('number is too long');
  }
}
