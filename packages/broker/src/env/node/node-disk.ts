/** The real disk: Node's synchronous file calls, and `fdatasync` in the thread pool. */
import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Disk, DiskFile } from '../disk.ts';
import { lockFolder } from './folder-lock.ts';

class NodeDiskFile implements DiskFile {
  private readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  readSync(target: Uint8Array, offset: number, length: number, position: number): number {
    let done = 0;
    while (done < length) {
      const count = fs.readSync(this.fd, target, offset + done, length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  writeSync(source: Uint8Array, offset: number, length: number, position: number): void {
    for (let done = 0; done < length; ) done += fs.writeSync(this.fd, source, offset + done, length - done, position + done);
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  syncSync(): void {
    fs.fdatasyncSync(this.fd);
  }

  sizeBytes(): number {
    return fs.fstatSync(this.fd).size;
  }

  truncateSync(sizeBytes: number): void {
    fs.ftruncateSync(this.fd, sizeBytes);
  }

  closeSync(): void {
    fs.closeSync(this.fd);
  }
}

export class NodeDisk implements Disk {
  openSync(path: string, options: { create?: boolean; readOnly?: boolean } = {}): DiskFile {
    const { O_CREAT, O_RDONLY, O_RDWR } = fs.constants;
    const mode = options.readOnly === true ? O_RDONLY : O_RDWR | (options.create === true ? O_CREAT : 0);
    return new NodeDiskFile(fs.openSync(path, mode, 0o600));
  }

  lockFolder(path: string, patienceMs: number): Promise<() => void> {
    return lockFolder(path, patienceMs);
  }

  freeBytesSync(path: string): number | undefined {
    let at = resolve(path);
    while (!fs.existsSync(at) && at !== dirname(at)) at = dirname(at);
    try {
      const { bavail, bsize } = fs.statfsSync(at);
      return bavail * bsize;
    } catch {
      // Some file systems do not say.
      return undefined;
    }
  }

  readFileSync(path: string): Uint8Array {
    return fs.readFileSync(path);
  }

  listSync(path: string): string[] {
    return fs.readdirSync(path).sort();
  }

  existsSync(path: string): boolean {
    return fs.existsSync(path);
  }

  mkdirSync(path: string): void {
    fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  }

  renameSync(from: string, to: string): void {
    fs.renameSync(from, to);
  }

  removeSync(path: string): void {
    fs.rmSync(path, { recursive: true, force: true });
  }

  syncFolderSync(path: string): void {
    const fd = fs.openSync(path, 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }
}
