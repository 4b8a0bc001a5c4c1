/**
 * Where an account's streams lie: one folder per stream, named by a random id, since names come from outside and a stream may follow
 * another one of the same name. A folder is a stream when it holds a whole `stream` asset; one with a `deleted` asset is garbage; any
 * other is left alone and told about.
 */
import type { Disk } from '../env/disk.ts';
import { AssetFile } from './asset-file.ts';
import type { Crc32 } from './store/byte-area.ts';

const STREAM = 'stream';
const DELETED = 'deleted';
const SOURCES = 'sources';
const CONSUMERS = 'consumers';

/** A stream's folder, and what was found in it. */
export interface StreamFolder {
  readonly id: string;
  readonly path: string;
  /** Binds all files of the folder to it. */
  readonly seed: number;
  readonly file: AssetFile;
}

export interface FoundFolder extends StreamFolder {
  /** Content of the `stream` asset. */
  readonly content: unknown;
}

export interface FoundAsset {
  readonly file: AssetFile;
  readonly content: unknown;
}

export class AccountFiles {
  private readonly disk: Disk;
  private readonly crc32: Crc32;
  private readonly path: string;

  constructor(disk: Disk, crc32: Crc32, path: string) {
    this.disk = disk;
    this.crc32 = crc32;
    this.path = path;
  }

  /** All streams on disk. Remains of deleted ones are removed; `onStrange` hears of folders that are no streams. */
  load(onStrange: (path: string) => void): FoundFolder[] {
    const { disk } = this;
    if (!disk.existsSync(this.path)) return [];
    const found: FoundFolder[] = [];
    for (const id of disk.listSync(this.path)) {
      const folder = this.folder(id);
      if (this.asset(folder, DELETED).load() !== undefined) {
        disk.removeSync(folder.path);
        continue;
      }
      const content = folder.file.load();
      if (content === undefined) onStrange(folder.path);
      else found.push({ ...folder, content });
    }
    return found;
  }

  private folder(id: string): StreamFolder {
    const path = `${this.path}/${id}`;
    const seed = this.crc32(Buffer.from(id, 'latin1')) | 0;
    return { id, path, seed, file: this.assetAt(path, STREAM, seed) };
  }

  private assetAt(folder: string, name: string, seed: number): AssetFile {
    return new AssetFile({ disk: this.disk, crc32: this.crc32, folder, name, seed });
  }

  private asset(folder: StreamFolder, name: string): AssetFile {
    return this.assetAt(folder.path, name, folder.seed);
  }

  /** Makes the folder of a new stream, durably, with its content. */
  create(id: string, content: unknown): StreamFolder {
    const folder = this.folder(id);
    this.disk.mkdirSync(`${folder.path}/${CONSUMERS}`);
    folder.file.save(content);
    this.disk.syncFolderSync(this.path);
    return folder;
  }

  /** Makes the folder of a stream that is not there yet: until it is complete, it is garbage. */
  prepare(id: string): StreamFolder {
    const folder = this.folder(id);
    this.disk.mkdirSync(`${folder.path}/${CONSUMERS}`);
    this.asset(folder, DELETED).save({ deleted: true });
    this.disk.syncFolderSync(this.path);
    return folder;
  }

  /** A prepared stream is there, durably. */
  complete(folder: StreamFolder, content: unknown): void {
    folder.file.save(content);
    this.asset(folder, DELETED).remove();
    this.disk.syncFolderSync(folder.path);
  }

  /** From here on the stream is gone, also after a power cut; its files are still there. */
  markDeleted(folder: StreamFolder): void {
    this.asset(folder, DELETED).save({ deleted: true });
  }

  /** Removes a folder that is marked. */
  remove(folder: StreamFolder): void {
    this.disk.removeSync(folder.path);
  }

  /** Where a stream keeps how far its sources were copied. */
  sourcesFile(folder: StreamFolder): AssetFile {
    return this.asset(folder, SOURCES);
  }

  /** The file of a new consumer. */
  consumerFile(folder: StreamFolder, id: string): AssetFile {
    return this.assetAt(`${folder.path}/${CONSUMERS}`, id, folder.seed);
  }

  /** All consumers of a stream on disk; `onStrange` hears of what cannot be read. */
  loadConsumers(folder: StreamFolder, onStrange: (path: string) => void): FoundAsset[] {
    const path = `${folder.path}/${CONSUMERS}`;
    if (!this.disk.existsSync(path)) return [];
    const ids = new Set(this.disk.listSync(path).map((name) => name.replace(/-[ab]$/, '')));
    const found: FoundAsset[] = [];
    for (const id of ids) {
      const file = this.consumerFile(folder, id);
      const content = file.load();
      if (content === undefined) onStrange(`${path}/${id}`);
      else found.push({ file, content });
    }
    return found;
  }
}

/** An account's name as the name of a folder: letters that could mean something else to a disk become `%XX`. */
export function folderName(account: string): string {
  return account.replace(/[^A-Za-z0-9_$-]/g, (character) => {
    return Buffer.from(character).toString('hex').replace(/../g, '%$&');
  });
}
