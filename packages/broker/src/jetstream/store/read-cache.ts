// hot path
/**
 * Reading segment files: a few windows of memory and a few open files, shared by all stores of a server, so that ten thousand
 * streams cost no more of either than ten. A reader that continues where it was gets large windows, a random one small ones.
 */
import type { DiskFile } from '../../env/disk.ts';
import { ByteArea } from './byte-area.ts';
import { MAX_RECORD_BYTES, RECORD_HEADER_BYTES } from './record.ts';

const WINDOWS = 16;
const SMALL_READ_BYTES = 8192;
const LARGE_READ_BYTES = 131_072;
const MAX_OPEN_FILES = 256;

/** What can be read: a file that is opened when needed. */
export interface ReadSource {
  /** Bytes that may be read: nothing beyond is. */
  readonly writtenBytes: number;
  openFile(): DiskFile;
  /** Called when the pool needs the place of this file. */
  closeFile(): void;
}

class Window {
  source: ReadSource | null = null;
  start = 0;
  length = 0;
  area: ByteArea = new ByteArea(0);
  usedAt = 0;
}

export class ReadCache {
  /** After `locate`: where the record lies. */
  area: ByteArea = new ByteArea(0);
  offset = 0;
  private readonly windows: Window[] = [];
  private readonly open: Set<ReadSource> = new Set();
  private last: Window | null = null;
  private ticks = 0;

  /** Brings the record at `position` into memory; false when the file does not hold it. Throws when the disk does. */
  locate(source: ReadSource, position: number): boolean {
    const last = this.last;
    if (last !== null && last.source === source && this.holdsRecord(last, position)) return this.use(last, position);
    for (const window of this.windows) {
      if (window.source === source && this.holdsRecord(window, position)) return this.use(window, position);
    }
    return this.load(source, position);
  }

  private use(window: Window, position: number): boolean {
    window.usedAt = ++this.ticks;
    this.last = window;
    this.area = window.area;
    this.offset = position - window.start;
    return true;
  }

  private holdsRecord(window: Window, position: number): boolean {
    const offset = position - window.start;
    if (offset < 0 || offset + RECORD_HEADER_BYTES > window.length) return false;
    return offset + window.area.view.getUint32(offset + 4, true) <= window.length;
  }

  private load(source: ReadSource, position: number): boolean {
    if (position + RECORD_HEADER_BYTES > source.writtenBytes) return false;
    const window = this.takeWindow(source, position);
    this.read(window, source, position, this.isContinued(source, position) ? LARGE_READ_BYTES : SMALL_READ_BYTES);
    if (window.length < RECORD_HEADER_BYTES) return false;
    const length = window.area.view.getUint32(4, true);
    if (length > MAX_RECORD_BYTES || length < RECORD_HEADER_BYTES) return false;
    if (length > window.length) this.read(window, source, position, length);
    return this.holdsRecord(window, position) && this.use(window, position);
  }

  private isContinued(source: ReadSource, position: number): boolean {
    for (const window of this.windows) {
      const end = window.start + window.length;
      if (window.source === source && position > window.start && position <= end + SMALL_READ_BYTES) return true;
    }
    return false;
  }

  private takeWindow(source: ReadSource, position: number): Window {
    let oldest: Window | undefined;
    for (const window of this.windows) {
      const end = window.start + window.length;
      // A reader that walks on reuses its own window.
      if (window.source === source && position > window.start && position <= end + SMALL_READ_BYTES) return window;
      if (oldest === undefined || window.usedAt < oldest.usedAt) oldest = window;
    }
    if (oldest === undefined || this.windows.length < WINDOWS) {
      oldest = new Window();
      this.windows.push(oldest);
    }
    return oldest;
  }

  private read(window: Window, source: ReadSource, position: number, wanted: number): void {
    const length = Math.min(wanted, source.writtenBytes - position);
    if (window.area.capacity < length || window.area.capacity > 4 * LARGE_READ_BYTES) {
      window.area = new ByteArea(Math.max(length, wanted === SMALL_READ_BYTES ? SMALL_READ_BYTES : LARGE_READ_BYTES));
    }
    window.source = null;
    window.length = 0;
    const count = this.fileOf(source).readSync(window.area.bytes, 0, length, position);
    window.source = source;
    window.start = position;
    window.length = count;
  }

  private fileOf(source: ReadSource): DiskFile {
    const file = source.openFile();
    this.open.delete(source);
    this.open.add(source);
    if (this.open.size > MAX_OPEN_FILES) {
      const [oldest] = this.open;
      if (oldest !== undefined) {
        this.open.delete(oldest);
        oldest.closeFile();
      }
    }
    return file;
  }

  /** Drops what is known of a file that was cut, written anew or removed. */
  forget(source: ReadSource): void {
    for (const window of this.windows) {
      if (window.source !== source) continue;
      window.source = null;
      window.length = 0;
    }
    this.open.delete(source);
  }
}
