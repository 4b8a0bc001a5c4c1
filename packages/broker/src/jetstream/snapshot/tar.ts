/**
 * The tar archive in snapshots of nats-server before 2.15. Files are given whole, up to a bound; nothing is ever written to a place that
 * a name in the archive chose. Source: POSIX.1-2001 ustar.
 */

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const SIZE_AT = 124;
const SIZE_BYTES = 12;
const TYPE_AT = 156;
const PREFIX_AT = 345;
const PREFIX_BYTES = 155;

/** What is wrong with an archive. */
export class InvalidTar extends Error {}

/** Takes pieces of an archive and gives whole files. Throws `InvalidTar`. */
export class TarReader {
  private readonly maxFileBytes: number;
  private readonly onFile: (name: string, content: Buffer) => void;
  private pieces: Buffer[] = [];
  private heldBytes = 0;
  private file: { name: string; size: number } | undefined;
  /** Blocks of zeros end the archive. */
  isEnded = false;

  constructor(maxFileBytes: number, onFile: (name: string, content: Buffer) => void) {
    this.maxFileBytes = maxFileBytes;
    this.onFile = onFile;
  }

  push(piece: Buffer): void {
    this.pieces.push(piece);
    this.heldBytes += piece.length;
    while (!this.isEnded && this.takeOne());
  }

  private takeOne(): boolean {
    const { file } = this;
    if (file === undefined) {
      const header = this.take(BLOCK_BYTES);
      if (header === undefined) return false;
      this.readHeader(header);
      return true;
    }
    const padded = Math.ceil(file.size / BLOCK_BYTES) * BLOCK_BYTES;
    const content = this.take(padded);
    if (content === undefined) return false;
    this.file = undefined;
    this.onFile(file.name, content.subarray(0, file.size));
    return true;
  }

  private take(bytes: number): Buffer | undefined {
    if (this.heldBytes < bytes) return undefined;
    const all = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    const rest = all.subarray(bytes);
    this.pieces = rest.length === 0 ? [] : [rest];
    this.heldBytes -= bytes;
    return all.subarray(0, bytes);
  }

  private readHeader(header: Buffer): void {
    if (header.every((byte) => byte === 0)) {
      this.isEnded = true;
      return;
    }
    const type = header[TYPE_AT];
    if (type !== 0 && type !== 48) throw new InvalidTar('unexpected content');
    const size = Number.parseInt(textAt(header, SIZE_AT, SIZE_BYTES).trim(), 8);
    if (!Number.isInteger(size) || size < 0) throw new InvalidTar('bad size');
    if (size > this.maxFileBytes) throw new InvalidTar('file is too large');
    const prefix = textAt(header, PREFIX_AT, PREFIX_BYTES);
    const name = textAt(header, 0, NAME_BYTES);
    const path = prefix === '' ? name : `${prefix}/${name}`;
    if (path.startsWith('/') || path.split('/').includes('..')) throw new InvalidTar('unexpected content');
    this.file = { name: path, size };
  }
}

function textAt(header: Buffer, start: number, length: number): string {
  const text = header.toString('latin1', start, start + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
