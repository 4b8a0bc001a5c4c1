/**
 * Where an account's streams lie: one folder per stream, named by a random id, since names come from outside and a stream may follow
 * another one of the same name. A folder is a stream when it holds a whole `stream` asset; one with a `deleted` asset is garbage; any
 * other is left alone and told about.
 */
import type { Disk } from '../env/disk.ts';
import { AssetFile, EncryptedAsset } from './asset-file.ts';
import type { Encryption, StreamCipher } from './encryption.ts';
import type { Crc32 } from './store/byte-area.ts';

const STREAM = 'stream';
const DELETED = 'deleted';
const SOURCES = 'sources';
const CONSUMERS = 'consumers';
const KEY = 'key';

/** A stream's folder, and what was found in it. */
export interface StreamFolder {
  readonly id: string;
  readonly path: string;
  /** Binds all files of the folder to it. */
  readonly seed: number;
  readonly file: AssetFile;
  /** What all of it is encrypted with. */
  readonly cipher: StreamCipher | undefined;
}

export interface FoundFolder extends StreamFolder {
  /** Content of the `stream` asset. */
  readonly content: unknown;
  /** It was plain, and is being encrypted. */
  readonly isConverted: boolean;
}

/** A folder on disk whose key, if it has one, is known. */
interface OpenFolder {
  readonly folder: StreamFolder;
  readonly isConverted: boolean;
}

export interface FoundAsset {
  readonly file: AssetFile;
  readonly content: unknown;
}

export class AccountFiles {
  private readonly disk: Disk;
  private readonly crc32: Crc32;
  private readonly path: string;

  private readonly encryption: Encryption | undefined;

  constructor(disk: Disk, crc32: Crc32, path: string, encryption?: Encryption) {
    this.disk = disk;
    this.crc32 = crc32;
    this.path = path;
    this.encryption = encryption;
  }

  /** All streams on disk. Remains of deleted ones are removed; `onStrange` hears of folders that are no streams, or cannot be read. */
  load(onStrange: (path: string, problem: string) => void): FoundFolder[] {
    const { disk } = this;
    if (!disk.existsSync(this.path)) return [];
    const found: FoundFolder[] = [];
    for (const id of disk.listSync(this.path)) {
      const plain = this.folder(id, undefined);
      try {
        const next = this.loadFolder(plain);
        if ('problem' in next) onStrange(plain.path, next.problem);
        else if (next.content !== undefined) found.push(next);
      } catch (cause) {
        onStrange(plain.path, cause instanceof Error ? cause.message : String(cause));
      }
    }
    return found;
  }

  private loadFolder(plain: StreamFolder): FoundFolder | { readonly problem: string } {
    if (this.asset(plain, DELETED).load() !== undefined) {
      this.disk.removeSync(plain.path);
      return { ...plain, content: undefined, isConverted: false };
    }
    const opened = this.open(plain);
    if ('problem' in opened) return opened;
    const content = opened.folder.file.load();
    if (content === undefined) return { problem: 'it is not a stream of this server, or both copies of its record are damaged' };
    return { ...opened.folder, content, isConverted: opened.isConverted };
  }

  /** Finds the key of a folder, or makes one for a stream that was plain so far. */
  private open(plain: StreamFolder): OpenFolder | { readonly problem: string } {
    const { encryption } = this;
    const key = this.asset(plain, KEY).load();
    if (encryption === undefined) {
      if (key !== undefined) return { problem: "it is encrypted, and there is no 'encryption_key'" };
      return { folder: plain, isConverted: false };
    }
    if (key === undefined) {
      // Without a key only what is plain can be read: anything else throws here, or is no stream.
      if (plain.file.load() === undefined) return { folder: plain, isConverted: false };
      return { folder: this.withNewKey(plain.id, true), isConverted: true };
    }
    const opened = encryption.open(plain.id, key);
    if ('problem' in opened) return opened;
    const folder = this.withCipher(plain.id, opened.cipher);
    if (opened.isOutdated) this.saveKey(folder, opened.cipher);
    return { folder, isConverted: opened.isOutdated };
  }

  private folder(id: string, cipher: StreamCipher | undefined): StreamFolder {
    const path = `${this.path}/${id}`;
    const seed = this.crc32(Buffer.from(id, 'latin1')) | 0;
    return { id, path, seed, cipher, file: this.assetAt(path, STREAM, seed, cipher) };
  }

  private withCipher(id: string, cipher: StreamCipher): StreamFolder {
    const folder = this.folder(id, cipher);
    cipher.onSettled = () => this.saveKey(folder, cipher);
    return folder;
  }

  /** A folder with a key of its own, written down; one without where nothing is encrypted. */
  private withNewKey(id: string, hasPlain: boolean): StreamFolder {
    const { encryption } = this;
    if (encryption === undefined) return this.folder(id, undefined);
    const cipher = encryption.fresh(hasPlain);
    const folder = this.withCipher(id, cipher);
    this.saveKey(folder, cipher);
    return folder;
  }

  private saveKey(folder: StreamFolder, cipher: StreamCipher): void {
    const file = this.asset(folder, KEY);
    file.load();
    file.save(this.encryption?.close(folder.id, cipher));
  }

  private assetAt(folder: string, name: string, seed: number, cipher: StreamCipher | undefined): AssetFile {
    return new AssetFile({ disk: this.disk, crc32: this.crc32, folder, name, seed, cipher });
  }

  /** An asset in a stream's folder; the key and the mark of a deleted stream must be readable without the key. */
  private asset(folder: StreamFolder, name: string): AssetFile {
    return this.assetAt(folder.path, name, folder.seed, name === SOURCES ? folder.cipher : undefined);
  }

  /** Makes the folder of a new stream, durably, with its content. */
  create(id: string, content: unknown): StreamFolder {
    this.disk.mkdirSync(`${this.path}/${id}/${CONSUMERS}`);
    const folder = this.withNewKey(id, false);
    folder.file.save(content);
    this.disk.syncFolderSync(this.path);
    return folder;
  }

  /** Makes the folder of a stream that is not there yet: until it is complete, it is garbage. */
  prepare(id: string): StreamFolder {
    this.disk.mkdirSync(`${this.path}/${id}/${CONSUMERS}`);
    const folder = this.withNewKey(id, false);
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
    return this.assetAt(`${folder.path}/${CONSUMERS}`, id, folder.seed, folder.cipher);
  }

  /** All consumers of a stream on disk; `onStrange` hears of what cannot be read. */
  loadConsumers(folder: StreamFolder, onStrange: (path: string) => void): FoundAsset[] {
    const path = `${folder.path}/${CONSUMERS}`;
    if (!this.disk.existsSync(path)) return [];
    const ids = new Set(this.disk.listSync(path).map((name) => name.replace(/-[ab]$/, '')));
    const found: FoundAsset[] = [];
    for (const id of ids) {
      const file = this.consumerFile(folder, id);
      const content = loadReadable(file);
      if (content === undefined) onStrange(`${path}/${id}`);
      else found.push({ file, content });
    }
    return found;
  }
}

/** The content; undefined also when it cannot be read for want of the right key. */
function loadReadable(file: AssetFile): unknown {
  try {
    return file.load();
  } catch (error) {
    if (error instanceof EncryptedAsset) return undefined;
    throw error;
  }
}

/** An account's name as the name of a folder: letters that could mean something else to a disk become `%XX`. */
export function folderName(account: string): string {
  return account.replace(/[^A-Za-z0-9_$-]/g, (character) => {
    return Buffer.from(character).toString('hex').replace(/../g, '%$&');
  });
}
