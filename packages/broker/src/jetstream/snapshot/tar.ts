/**
 * The tar archive in snapshots of nats-server before 2.15. Files are given whole, up to a bound; nothing is ever written to a place that
 * a name in the archive chose. Source: POSIX.1-2001 ustar and pax.
 */

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const SIZE_AT = 124;
const SIZE_BYTES = 12;
const TYPE_AT = 156;
const PREFIX_AT = 345;
const PREFIX_BYTES = 155;
/** Types of an entry: a file in two spellings, and what pax says about the next file or about all. */
const FILE_TYPES: readonly (string | undefined)[] = ['\0', '0'];
const NEXT_FILE_TYPE = 'x';
const ALL_FILES_TYPE = 'g';
const MAX_PAX_BYTES = 65_536;

type EntryKind = 'file' | 'about next file' | 'about all files';

/** What is wrong with an archive. */
export class InvalidTar extends Error {}

/** Takes pieces of an archive and gives whole files. Throws `InvalidTar`. */
export class TarReader {
  private readonly maxFileBytes: number;
  private readonly onFile: (name: string, content: Buffer) => void;
  private pieces: Buffer[] = [];
  private heldBytes = 0;
  private entry: { readonly kind: EntryKind; readonly name: string; readonly size: number } | undefined;
  /** Name that a pax header gave the next file. */
  private longName: string | undefined;
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
    const { entry } = this;
    if (entry === undefined) {
      const header = this.take(BLOCK_BYTES);
      if (header === undefined) return false;
      this.readHeader(header);
      return true;
    }
    const padded = Math.ceil(entry.size / BLOCK_BYTES) * BLOCK_BYTES;
    const content = this.take(padded)?.subarray(0, entry.size);
    if (content === undefined) return false;
    this.entry = undefined;
    if (entry.kind === 'file') this.onFile(entry.name, content);
    else if (entry.kind === 'about next file') this.longName = paxPath(content);
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
    const kind = kindOf(header);
    const size = Number.parseInt(textAt(header, SIZE_AT, SIZE_BYTES).trim(), 8);
    if (!Number.isInteger(size) || size < 0) throw new InvalidTar('bad size');
    if (size > (kind === 'file' ? this.maxFileBytes : MAX_PAX_BYTES)) throw new InvalidTar('file is too large');
    this.entry = { kind, name: kind === 'file' ? this.nameOf(header) : '', size };
  }

  private nameOf(header: Buffer): string {
    const prefix = textAt(header, PREFIX_AT, PREFIX_BYTES);
    const name = textAt(header, 0, NAME_BYTES);
    const path = this.longName ?? (prefix === '' ? name : `${prefix}/${name}`);
    this.longName = undefined;
    if (path.startsWith('/') || path.split('/').includes('..')) throw new InvalidTar('unexpected content');
    return path;
  }
}

function kindOf(header: Buffer): EntryKind {
  const type = header.toString('latin1', TYPE_AT, TYPE_AT + 1);
  if (FILE_TYPES.includes(type)) return 'file';
  if (type === NEXT_FILE_TYPE) return 'about next file';
  if (type === ALL_FILES_TYPE) return 'about all files';
  throw new InvalidTar('unexpected content');
}

/** The `path` among records of `<length> <key>=<value>` lines, or undefined. */
function paxPath(records: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < records.length; ) {
    const space = records.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(records.toString('latin1', at, space));
    if (!Number.isInteger(length) || length <= space - at || at + length > records.length) throw new InvalidTar('bad pax header');
    const record = records.toString('utf8', space + 1, at + length - 1);
    if (record.startsWith('path=')) path = record.slice('path='.length);
    at += length;
  }
  return path;
}

function textAt(header: Buffer, start: number, length: number): string {
  const text = header.toString('latin1', start, start + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
