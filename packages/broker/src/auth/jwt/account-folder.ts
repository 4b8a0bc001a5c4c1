/**
 * The folder of a `full` resolver: one `<account>.jwt` per account. What is pushed over `$SYS` is written here first and then taken into
 * force, so that a restart finds it. Source: nats-server server/dirstore.go.
 */

import { decodePublicNkey } from '@sluice/protocol';
import type { Disk } from '../../env/disk.ts';
import { decodeJwt, MAX_JWT_CHARS } from './decode-jwt.ts';

/** Accounts that a folder may hold when the configuration does not say. */
const DEFAULT_LIMIT = 10_000;
const SUFFIX = '.jwt';

export interface FolderOptions {
  readonly path: string;
  readonly mayDelete: boolean;
  /** Deleted accounts leave nothing behind; otherwise their file is renamed. */
  readonly isHardDelete: boolean;
  readonly limit?: number;
}

export class AccountFolder {
  private readonly disk: Disk;
  private readonly options: FolderOptions;

  /** Makes the folder when it is missing. Throws the system's error when it cannot. */
  constructor(disk: Disk, options: FolderOptions) {
    this.disk = disk;
    this.options = options;
    disk.mkdirSync(options.path);
  }

  /** Account id → JWT. Files that are none are left out. */
  readAll(): Record<string, string> {
    const { disk, options } = this;
    const accounts: Record<string, string> = {};
    for (const name of disk.listSync(options.path).slice(0, options.limit ?? DEFAULT_LIMIT)) {
      const id = name.slice(0, -SUFFIX.length);
      if (!name.endsWith(SUFFIX) || !isAccountId(id)) continue;
      const text = Buffer.from(disk.readFileSync(this.pathOf(id)))
        .toString('utf8')
        .trim();
      if (text.length <= MAX_JWT_CHARS) accounts[id] = text;
    }
    return accounts;
  }

  /** Writes accounts of the configuration that the folder has not, or only in an older form. */
  addPreload(preload: Readonly<Record<string, string>>): Record<string, string> {
    const known = this.readAll();
    for (const [id, jwt] of Object.entries(preload)) {
      if (!isAccountId(id) || issuedAt(known[id]) >= issuedAt(jwt)) continue;
      this.write(id, jwt);
      known[id] = jwt;
    }
    return known;
  }

  /** Replaces the JWT of an account; it is durable when this returns. Throws the system's error, or that the folder is full. */
  write(id: string, jwt: string): void {
    const { disk, options } = this;
    const path = this.pathOf(id);
    if (!disk.existsSync(path) && Object.keys(this.readAll()).length >= (options.limit ?? DEFAULT_LIMIT)) {
      throw new Error('store reached its limit');
    }
    const draft = `${path}.tmp`;
    const bytes = Buffer.from(jwt);
    const file = disk.openSync(draft, { create: true });
    try {
      file.truncateSync(0);
      file.writeSync(bytes, 0, bytes.length, 0);
      file.syncSync();
    } finally {
      file.closeSync();
    }
    disk.renameSync(draft, path);
    disk.syncFolderSync(options.path);
  }

  /** False when deleting is not allowed or the account is not there. */
  delete(id: string): boolean {
    const { disk, options } = this;
    if (!options.mayDelete || !isAccountId(id) || !disk.existsSync(this.pathOf(id))) return false;
    if (options.isHardDelete) disk.removeSync(this.pathOf(id));
    else disk.renameSync(this.pathOf(id), `${this.pathOf(id)}.deleted`);
    disk.syncFolderSync(options.path);
    return true;
  }

  private pathOf(id: string): string {
    return `${this.options.path}/${id}${SUFFIX}`;
  }
}

/** Ids become file names: nothing else may. */
export function isAccountId(text: string): boolean {
  return decodePublicNkey(text)?.kind === 'account';
}

/** Seconds; -1 for no JWT. */
function issuedAt(jwt: string | undefined): number {
  const decoded = jwt === undefined ? undefined : decodeJwt(jwt);
  return decoded?.ok === true ? decoded.claims.issuedAt : -1;
}
