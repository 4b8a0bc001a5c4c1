/**
 * Files, as the store and the configuration loader need them. The real one is `env/node/node-disk.ts`; a simulated one
 * forgets what was not synced, tears writes and fails the N-th call.
 */

/** An open file. Positions and lengths are in bytes. */
export interface DiskFile {
  /** Reads up to `length` bytes at `position`; returns how many there were. */
  readSync(target: Uint8Array, offset: number, length: number, position: number): number;
  /** Writes all of `length` bytes at `position`, or throws. */
  writeSync(source: Uint8Array, offset: number, length: number, position: number): void;
  /** Resolves when everything written so far survives a power cut. After a rejection the content is unknown. */
  sync(): Promise<void>;
  syncSync(): void;
  sizeBytes(): number;
  truncateSync(sizeBytes: number): void;
  closeSync(): void;
}

/** Another process works on the folder. */
export class FolderInUse extends Error {
  constructor(folder: string, pid: string) {
    super(`'${folder}' is in use by another server${pid === '' ? '' : `, process ${pid}`}`);
  }
}

export interface Disk {
  /** Opens for reading and writing. `create` makes it when missing; without it a missing file throws ENOENT. */
  openSync(path: string, options?: { create?: boolean; readOnly?: boolean }): DiskFile;
  readFileSync(path: string): Uint8Array;
  /** Names in a folder, sorted. A missing folder throws ENOENT. */
  listSync(path: string): string[];
  existsSync(path: string): boolean;
  mkdirSync(path: string): void;
  renameSync(from: string, to: string): void;
  removeSync(path: string): void;
  /** Makes creations, renames and removals inside a folder durable. */
  syncFolderSync(path: string): void;
  /**
   * Keeps an existing folder to this process; the returned function gives it back. Another process may take `patienceMs` to end, then this
   * rejects with `FolderInUse`.
   */
  lockFolder(path: string, patienceMs: number): Promise<() => void>;
  /** Bytes that may still be written where the folder is or will be; undefined when that cannot be told. */
  freeBytesSync(path: string): number | undefined;
}
