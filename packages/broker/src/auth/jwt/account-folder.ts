/**
 * The folder of a resolver: one `<account>.jwt` per account. What is pushed over `$SYS` is written here first and then taken into
 * force, so that a restart finds it. A cache holds a limited number and lets go what nobody asked for longest.
 * Source: nats-server server/dirstore.go.
 */
import { createHash } from 'node:crypto';
import { decodePublicNkey } from '@sluice/protocol';
import type { Disk } from '../../env/disk.ts';
import type { Clock } from '../../env/env.ts';
import { MAX_JWT_CHARS, peekJwt } from './decode-jwt.ts';

/** Accounts that a folder may hold when the configuration does not say. */
const DEFAULT_LIMIT = 100_000;
const SUFFIX = '.jwt';
const HASH_BYTES = 32;

export interface FolderOptions {
  readonly path: string;
  readonly mayDelete: boolean;
  /** Deleted accounts leave nothing behind; otherwise their file is renamed. */
  readonly isHardDelete: boolean;
  readonly limit?: number;
  /** Makes room when it is full; otherwise nothing more is taken. */
  readonly isCache: boolean;
  /** Accounts go when they were not used for this long; absent: when their JWT expires. */
  readonly ttlMs?: number;
}

interface Entry {
  readonly hash: Buffer;
  /** Milliseconds since the epoch; infinite for never. */
  readonly endsMs: number;
}

export class AccountFolder {
  readonly options: FolderOptions;
  private readonly disk: Disk;
  private readonly clock: Pick<Clock, 'nowMs'>;
  /** The one that was used longest ago comes first. */
  private readonly entries: Map<string, Entry> = new Map();

  /** Makes the folder when it is missing. Throws the system's error when it cannot. */
  constructor(disk: Disk, clock: Pick<Clock, 'nowMs'>, options: FolderOptions) {
    this.disk = disk;
    this.clock = clock;
    this.options = options;
    disk.mkdirSync(options.path);
    this.scan();
  }

  /** Looks at the files again: somebody may have changed them. */
  scan(): void {
    this.entries.clear();
    for (const name of this.disk.listSync(this.options.path).slice(0, this.limit)) {
      const id = name.slice(0, -SUFFIX.length);
      if (!name.endsWith(SUFFIX) || !isAccountId(id)) continue;
      const jwt = this.read(id);
      if (jwt.length <= MAX_JWT_CHARS) this.note(id, jwt);
    }
  }

  private get limit(): number {
    return this.options.limit ?? DEFAULT_LIMIT;
  }

  private read(id: string): string {
    return Buffer.from(this.disk.readFileSync(this.pathOf(id)))
      .toString('utf8')
      .trim();
  }

  private note(id: string, jwt: string): void {
    const { ttlMs } = this.options;
    const expiresAt = peekJwt(jwt)?.['exp'];
    const isEnding = typeof expiresAt === 'number' && expiresAt > 0;
    const endsMs = ttlMs === undefined ? (isEnding ? expiresAt * 1000 : Number.POSITIVE_INFINITY) : this.clock.nowMs() + ttlMs;
    this.entries.delete(id);
    this.entries.set(id, { hash: createHash('sha256').update(jwt).digest(), endsMs });
  }

  /** The JWT of an account, or undefined when the folder has none; whoever asks makes it last. */
  load(id: string): string | undefined {
    if (!this.entries.has(id) || !this.disk.existsSync(this.pathOf(id))) return undefined;
    const jwt = this.read(id);
    this.note(id, jwt);
    return jwt;
  }

  /** Account id → JWT, but for those that have expired. */
  all(): [id: string, jwt: string][] {
    const nowMs = this.clock.nowMs();
    return [...this.entries].flatMap(([id, { endsMs }]) => {
      return endsMs < nowMs || !this.disk.existsSync(this.pathOf(id)) ? [] : [[id, this.read(id)]];
    });
  }

  /** Two folders with the same accounts have the same hash. */
  hash(): Buffer {
    const sum = Buffer.alloc(HASH_BYTES);
    for (const { hash } of this.entries.values()) {
      for (let index = 0; index < HASH_BYTES; index++) sum[index] = (sum[index] ?? 0) ^ (hash[index] ?? 0);
    }
    return sum;
  }

  /**
   * Replaces the JWT of an account; it is durable when this returns. False when that is the one that was there.
   * Throws the system's error, or that the folder is full.
   */
  save(id: string, jwt: string): boolean {
    if (!isAccountId(id)) throw new Error('invalid public key');
    if (jwt === '') throw new Error('invalid JWT');
    const known = this.entries.get(id);
    if (known?.hash.equals(createHash('sha256').update(jwt).digest()) === true) return false;
    if (known === undefined && this.entries.size >= this.limit) this.makeRoom();
    this.write(id, jwt);
    this.note(id, jwt);
    return true;
  }

  /** As `save`, unless the folder has a newer one. */
  saveIfNewer(id: string, jwt: string): boolean {
    const [own, other] = [peekJwt(this.load(id) ?? ''), peekJwt(jwt)];
    if (own !== undefined && other !== undefined) {
      if (own['jti'] === other['jti'] || Number(own['iat']) > Number(other['iat'])) return false;
      if (other['sub'] !== id) throw new Error('jwt subject nkey and provided nkey do not match');
    }
    return this.save(id, jwt);
  }

  private makeRoom(): void {
    const [oldest] = this.entries.keys();
    if (!this.options.isCache || oldest === undefined) throw new Error('jwt store is full');
    this.remove(oldest);
  }

  private write(id: string, jwt: string): void {
    const { disk, options } = this;
    const path = this.pathOf(id);
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

  /** Harmless when the account is not there. Throws when deleting is not allowed. */
  delete(id: string): void {
    const { disk, options } = this;
    if (!options.mayDelete) throw new Error('store is not set up to for delete');
    if (!isAccountId(id) || !disk.existsSync(this.pathOf(id))) return;
    if (options.isHardDelete) return this.remove(id);
    disk.renameSync(this.pathOf(id), `${this.pathOf(id)}.deleted`);
    disk.syncFolderSync(options.path);
    this.entries.delete(id);
  }

  /** Removes the files of those whose time is over. */
  expire(): void {
    const nowMs = this.clock.nowMs();
    for (const [id, { endsMs }] of this.entries) if (endsMs <= nowMs) this.remove(id);
  }

  private remove(id: string): void {
    const { disk, options } = this;
    this.entries.delete(id);
    if (!disk.existsSync(this.pathOf(id))) return;
    disk.removeSync(this.pathOf(id));
    disk.syncFolderSync(options.path);
  }

  private pathOf(id: string): string {
    return `${this.options.path}/${id}${SUFFIX}`;
  }
}

/** Ids become file names: nothing else may. */
export function isAccountId(text: string): boolean {
  return decodePublicNkey(text)?.kind === 'account';
}
