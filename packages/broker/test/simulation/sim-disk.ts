/**
 * A disk that forgets. Per file it keeps what is durable and the writes that are not; per folder the durable names and the changes
 * that are not. `crash` loses what a power cut may lose: un-synced writes are dropped, kept, reordered or torn at sector borders,
 * un-synced names appear or not. Calls can be made to fail at the N-th, bits can be flipped at rest.
 */
import type { Disk, DiskFile } from '../../src/env/disk.ts';
import { SeededRandom } from '../support/random.ts';

const SECTOR_BYTES = 512;

/** What a call does when its number has come. */
export type Fault = 'EIO' | 'ENOSPC' | 'EMFILE' | 'short-write' | 'failed-sync';

interface PendingWrite {
  readonly position: number;
  readonly bytes: Buffer;
  /** A truncation instead of a write. */
  readonly truncateTo?: number;
}

class SimInode {
  durable: Buffer = Buffer.alloc(0);
  live: Buffer = Buffer.alloc(0);
  liveBytes = 0;
  pending: PendingWrite[] = [];
  /** A failed sync has dropped pages that a later one will not write: they stay lost although they can still be read. */
  droppedBySync = false;

  content(): Buffer {
    return this.live.subarray(0, this.liveBytes);
  }

  resize(size: number): void {
    if (size > this.live.length) {
      const grown = Buffer.alloc(Math.max(size, this.live.length * 2, 4096));
      this.live.copy(grown, 0, 0, this.liveBytes);
      this.live = grown;
    }
    if (size < this.liveBytes) this.live.fill(0, size, this.liveBytes);
    this.liveBytes = size;
  }
}

interface FolderChange {
  readonly path: string;
  /** The name's new file; undefined when it went. */
  readonly inode: SimInode | undefined;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${what}`), { code });
}

export class SimDisk implements Disk {
  private live: Map<string, SimInode> = new Map();
  private durable: Map<string, SimInode> = new Map();
  private folders: Set<string> = new Set(['']);
  private changes: FolderChange[] = [];
  private readonly faults: Map<number, Fault> = new Map();
  /** Calls that can fail, so far. */
  calls = 0;
  syncs = 0;
  /** While true, async syncs wait until `releaseSyncs`. */
  holdsSyncs = false;
  private held: (() => void)[] = [];

  /** Makes the `number`-th call from now on fail. */
  failAt(number: number, fault: Fault): void {
    this.faults.set(this.calls + number, fault);
  }

  clearFaults(): void {
    this.faults.clear();
  }

  private takeFault(): Fault | undefined {
    this.calls++;
    const fault = this.faults.get(this.calls);
    this.faults.delete(this.calls);
    return fault;
  }

  private maybeFail(what: string): void {
    const fault = this.takeFault();
    if (fault !== undefined) throw failure(fault === 'short-write' || fault === 'failed-sync' ? 'EIO' : fault, what);
  }

  openSync(path: string, options: { create?: boolean; readOnly?: boolean } = {}): DiskFile {
    this.maybeFail(`open ${path}`);
    let inode = this.live.get(path);
    if (inode === undefined) {
      if (options.create !== true) throw failure('ENOENT', path);
      if (!this.folders.has(folderOf(path))) throw failure('ENOENT', folderOf(path));
      inode = new SimInode();
      this.live.set(path, inode);
      this.changes.push({ path, inode });
    }
    return this.fileOf(inode, path);
  }

  private fileOf(inode: SimInode, path: string): DiskFile {
    return {
      readSync: (target, offset, length, position) => {
        this.maybeFail(`read ${path}`);
        const count = Math.max(0, Math.min(length, inode.liveBytes - position));
        target.set(inode.live.subarray(position, position + count), offset);
        return count;
      },
      writeSync: (source, offset, length, position) =>
        this.write(inode, path, Buffer.from(source.subarray(offset, offset + length)), position),
      sync: () => this.syncLater(inode, path),
      syncSync: () => this.sync(inode, path),
      sizeBytes: () => inode.liveBytes,
      truncateSync: (sizeBytes) => {
        this.maybeFail(`truncate ${path}`);
        inode.resize(sizeBytes);
        inode.pending.push({ position: 0, bytes: Buffer.alloc(0), truncateTo: sizeBytes });
      },
      closeSync: () => undefined,
    };
  }

  private write(inode: SimInode, path: string, bytes: Buffer, position: number): void {
    const fault = this.takeFault();
    const written = fault === 'short-write' ? bytes.subarray(0, bytes.length >> 1) : bytes;
    if (fault !== undefined && fault !== 'short-write') throw failure(fault === 'failed-sync' ? 'EIO' : fault, `write ${path}`);
    if (position + written.length > inode.liveBytes) inode.resize(position + written.length);
    written.copy(inode.live, position);
    inode.pending.push({ position, bytes: Buffer.from(written) });
    if (fault === 'short-write') throw failure('ENOSPC', `short write ${path}`);
  }

  private sync(inode: SimInode, path: string): void {
    const fault = this.takeFault();
    this.syncs++;
    if (fault !== undefined) {
      // As Linux does: the pages count as clean now, and are lost unless written again.
      inode.pending = [];
      inode.droppedBySync = true;
      throw failure('EIO', `sync ${path}`);
    }
    for (const write of inode.pending) applyWrite(inode, write);
    inode.pending = [];
  }

  private syncLater(inode: SimInode, path: string): Promise<void> {
    if (!this.holdsSyncs) {
      try {
        this.sync(inode, path);
        return Promise.resolve();
      } catch (error) {
        return Promise.reject(error);
      }
    }
    // What counts is what was written before the sync began.
    const writes = inode.pending.length;
    return new Promise((resolve, reject) => {
      this.held.push(() => {
        const later = inode.pending.splice(writes);
        try {
          this.sync(inode, path);
          resolve();
        } catch (error) {
          reject(error);
        }
        inode.pending.push(...later);
      });
    });
  }

  /** Lets all syncs under way end. */
  releaseSyncs(): void {
    const held = this.held;
    this.held = [];
    for (const release of held) release();
  }

  readFileSync(path: string): Uint8Array {
    this.maybeFail(`read ${path}`);
    const inode = this.live.get(path);
    if (inode === undefined) throw failure('ENOENT', path);
    return Buffer.from(inode.content());
  }

  listSync(path: string): string[] {
    if (!this.folders.has(path)) throw failure('ENOENT', path);
    const names = new Set<string>();
    for (const known of [...this.live.keys(), ...this.folders]) {
      if (known.startsWith(`${path}/`)) names.add(known.slice(path.length + 1).split('/')[0] as string);
    }
    return [...names].sort();
  }

  lockFolder(): Promise<() => void> {
    // One process lives on a simulated disk; when it dies, nobody is told.
    return Promise.resolve(() => undefined);
  }

  freeBytesSync(): undefined {
    return undefined;
  }

  existsSync(path: string): boolean {
    return this.live.has(path) || this.folders.has(path);
  }

  mkdirSync(path: string): void {
    this.maybeFail(`mkdir ${path}`);
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) this.folders.add(path.slice(0, at));
    this.folders.add(path);
  }

  renameSync(from: string, to: string): void {
    this.maybeFail(`rename ${from}`);
    const inode = this.live.get(from);
    if (inode === undefined) {
      this.renameFolder(from, to);
      return;
    }
    this.live.delete(from);
    this.live.set(to, inode);
    this.changes.push({ path: from, inode: undefined }, { path: to, inode });
  }

  private renameFolder(from: string, to: string): void {
    if (!this.folders.has(from)) throw failure('ENOENT', from);
    for (const folder of [...this.folders]) {
      if (folder !== from && !folder.startsWith(`${from}/`)) continue;
      this.folders.delete(folder);
      this.folders.add(to + folder.slice(from.length));
    }
    for (const names of [this.live, this.durable]) {
      for (const [path, inode] of [...names]) {
        if (!path.startsWith(`${from}/`)) continue;
        names.delete(path);
        names.set(to + path.slice(from.length), inode);
      }
    }
  }

  removeSync(path: string): void {
    this.maybeFail(`remove ${path}`);
    if (this.folders.has(path)) return this.removeFolder(path);
    if (!this.live.delete(path)) throw failure('ENOENT', path);
    this.changes.push({ path, inode: undefined });
  }

  /** With all that is in it. */
  private removeFolder(path: string): void {
    for (const folder of [...this.folders]) if (folder === path || folder.startsWith(`${path}/`)) this.folders.delete(folder);
    for (const name of [...this.live.keys()]) {
      if (!name.startsWith(`${path}/`)) continue;
      this.live.delete(name);
      this.changes.push({ path: name, inode: undefined });
    }
  }

  syncFolderSync(path: string): void {
    this.maybeFail(`sync folder ${path}`);
    this.changes = this.changes.filter((change) => {
      const folder = folderOf(change.path);
      // What a removed folder held goes with its own name.
      if (folder !== path && (this.folders.has(folder) || !folder.startsWith(`${path}/`))) return true;
      applyChange(this.durable, change);
      return false;
    });
  }

  /** The power goes. `loss` is how much of what was not durable goes with it: all, some of it, or nothing. */
  crash(seed: number, loss: 'all' | 'some' | 'none' = 'some'): void {
    const random = new SeededRandom(seed);
    for (const change of this.changes)
      if (loss === 'none' || (loss === 'some' && random.chance(0.5))) applyChange(this.durable, change);
    this.changes = [];
    const inodes = new Set(this.durable.values());
    for (const inode of inodes) crashInode(inode, random, loss);
    this.live = new Map(this.durable);
    this.held = [];
    this.clearFaults();
  }

  /** Flips one bit of a file at rest. */
  flipBit(path: string, bit: number): void {
    const inode = this.live.get(path);
    if (inode === undefined || inode.liveBytes === 0) return;
    const at = (bit >> 3) % inode.liveBytes;
    inode.live[at] = (inode.live[at] as number) ^ (1 << (bit & 7));
    if (at < inode.durable.length) inode.durable[at] = (inode.durable[at] as number) ^ (1 << (bit & 7));
  }

  /** Cuts a file to `sizeBytes`, durably, behind everybody's back. */
  cutFile(path: string, sizeBytes: number): void {
    const inode = this.live.get(path);
    if (inode === undefined) return;
    inode.resize(Math.min(sizeBytes, inode.liveBytes));
    inode.durable = Buffer.from(inode.content());
    inode.pending = [];
  }

  /** Removes a file, durably, behind everybody's back. */
  loseFile(path: string): void {
    this.live.delete(path);
    this.durable.delete(path);
  }

  files(): string[] {
    return [...this.live.keys()].sort();
  }

  /** Memory that files take, those included that are gone but may come back after a crash. */
  get heldBytes(): number {
    let bytes = 0;
    for (const inode of new Set([...this.live.values(), ...this.durable.values(), ...this.changes.map(({ inode }) => inode)])) {
      if (inode === undefined) continue;
      bytes += inode.live.length + inode.durable.length;
      for (const write of inode.pending) bytes += write.bytes.length;
    }
    return bytes;
  }

  sizeOf(path: string): number {
    return this.live.get(path)?.liveBytes ?? 0;
  }
}

function applyChange(names: Map<string, SimInode>, change: FolderChange): void {
  if (change.inode === undefined) names.delete(change.path);
  else names.set(change.path, change.inode);
}

function applyWrite(inode: SimInode, write: PendingWrite): void {
  if (write.truncateTo !== undefined) {
    const size = write.truncateTo;
    inode.durable =
      size <= inode.durable.length
        ? Buffer.from(inode.durable.subarray(0, size))
        : Buffer.concat([inode.durable, Buffer.alloc(size - inode.durable.length)]);
    return;
  }
  const end = write.position + write.bytes.length;
  if (end > inode.durable.length) inode.durable = Buffer.concat([inode.durable, Buffer.alloc(end - inode.durable.length)]);
  write.bytes.copy(inode.durable, write.position);
}

/** Which of the un-synced writes reach the disk: none, all, a prefix, or any sectors of any of them. */
function crashInode(inode: SimInode, random: SeededRandom, loss: 'all' | 'some' | 'none'): void {
  const mode = loss === 'all' ? 0 : loss === 'none' ? 1 : random.below(5);
  const { pending } = inode;
  if (mode === 1) for (const write of pending) applyWrite(inode, write);
  if (mode === 2) for (const write of pending.slice(0, random.below(pending.length + 1))) applyWrite(inode, write);
  if (mode === 3)
    for (const write of pending) for (const sector of sectorsOf(write)) if (random.chance(0.5)) applyWrite(inode, sector);
  if (mode === 4) {
    // The file has grown, the data has not arrived.
    const end = Math.max(inode.durable.length, ...pending.map((write) => write.position + write.bytes.length));
    if (pending.length > 0 && random.chance(0.7))
      inode.durable = Buffer.concat([inode.durable, Buffer.alloc(end - inode.durable.length)]);
    const last = pending[pending.length - 1];
    if (last !== undefined)
      for (const sector of sectorsOf(last).slice(0, random.below(sectorsOf(last).length + 1))) applyWrite(inode, sector);
  }
  inode.pending = [];
  inode.live = Buffer.from(inode.durable);
  inode.liveBytes = inode.durable.length;
}

function sectorsOf(write: PendingWrite): PendingWrite[] {
  if (write.truncateTo !== undefined) return [write];
  const sectors: PendingWrite[] = [];
  for (let at = 0; at < write.bytes.length; ) {
    const room = SECTOR_BYTES - ((write.position + at) % SECTOR_BYTES);
    sectors.push({ position: write.position + at, bytes: write.bytes.subarray(at, at + room) });
    at += room;
  }
  return sectors;
}
