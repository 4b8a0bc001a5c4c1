/**
 * The audit log on disk: `audit.jsonl` is appended to and fsynced; past a size it is renamed to `audit-<first seq>.jsonl` and
 * the oldest such files go when there are too many. The chain of hashes runs on across files. Reading walks the files newest
 * first and verifies every hash it passes.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AuditEntry } from '@sluice/protocol/console';
import type { Clock } from '../env/clock.ts';
import { syncFolder } from './atomic-file.ts';
import { CHAIN_START, chainHash, parseAuditLine } from './audit-chain.ts';
import type { AuditChain, AuditFilter, AuditRecord, AuditSlice } from './console-store.ts';
import { Serial } from './serial.ts';

export interface AuditLogOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Size at which a new file begins, and how many closed files are kept. */
  readonly maxFileBytes?: number;
  readonly maxFiles?: number;
}

const ACTIVE = 'audit.jsonl';
const closedName = /^audit-(\d{12})\.jsonl$/;
const MAX_TEXT = 512;
/** `before` and `after` are cut to a note when their JSON is longer than this. */
const MAX_VALUE_JSON = 16_384;

interface ScannedFile {
  readonly entries: AuditEntry[];
  readonly validBytes: number;
  readonly brokenAtSeq: number | null;
}

export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #serial = new Serial();
  #file: FileHandle | undefined;
  #sizeBytes = 0;
  #seq = 0;
  #hash = CHAIN_START;
  #activeFirstSeq = 1;

  private constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  /** Opens the log in `folder`, which must exist. An unfinished last line (a crash while writing) is cut off. */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const log = new AuditLog(options);
    await log.#recover();
    return log;
  }

  append(record: AuditRecord): Promise<AuditEntry> {
    return this.#serial.run(() => this.#append(record));
  }

  async read(filter: AuditFilter, page: { offset: number; limit: number; isAscending: boolean }): Promise<AuditSlice> {
    await this.#serial.idle();
    const { entries, chain } = await this.#readAll();
    const text = filter.text?.toLowerCase();
    const matching = entries.filter((entry) => matches(entry, filter, text));
    if (!page.isAscending) matching.reverse();
    return { items: matching.slice(page.offset, page.offset + page.limit), total: matching.length, chain };
  }

  async *export(): AsyncIterable<string> {
    await this.#serial.idle();
    for (const name of await this.#files()) {
      for await (const line of lines(join(this.#options.folder, name))) yield `${line}\n`;
    }
  }

  async close(): Promise<void> {
    await this.#serial.idle();
    await this.#file?.close();
    this.#file = undefined;
  }

  async #recover(): Promise<void> {
    const files = await this.#files();
    const path = join(this.#options.folder, ACTIVE);
    const lastClosed = files.filter((name) => name !== ACTIVE).at(-1);
    if (lastClosed !== undefined) this.#continueAfter(await this.#lastEntry(lastClosed));
    this.#activeFirstSeq = this.#seq + 1;
    if (files.includes(ACTIVE)) {
      const { entries, validBytes } = await scan(path);
      await truncate(path, validBytes);
      this.#sizeBytes = validBytes;
      this.#continueAfter(entries.at(-1));
      this.#activeFirstSeq = entries[0]?.seq ?? this.#activeFirstSeq;
    }
    this.#file = await open(path, 'a', 0o600);
    await syncFolder(this.#options.folder);
  }

  async #lastEntry(name: string): Promise<AuditEntry | undefined> {
    return (await scan(join(this.#options.folder, name))).entries.at(-1);
  }

  #continueAfter(entry: AuditEntry | undefined): void {
    if (entry === undefined) return;
    this.#seq = entry.seq;
    this.#hash = entry.hash;
  }

  async #append(record: AuditRecord): Promise<AuditEntry> {
    if (this.#sizeBytes >= (this.#options.maxFileBytes ?? 8_388_608)) await this.#rotate();
    const open = { seq: this.#seq + 1, atMs: this.#options.clock.nowMs(), ...bounded(record) };
    const entry: AuditEntry = { ...open, hash: chainHash(this.#hash, open) };
    const bytes = Buffer.from(`${JSON.stringify(entry)}\n`, 'utf8');
    if (this.#file === undefined) throw new Error('the audit log is closed');
    await this.#file.appendFile(bytes);
    await this.#file.datasync();
    this.#sizeBytes += bytes.byteLength;
    this.#continueAfter(entry);
    return entry;
  }

  async #rotate(): Promise<void> {
    const { folder, maxFiles = 16 } = this.#options;
    await this.#file?.close();
    await rename(join(folder, ACTIVE), join(folder, `audit-${String(this.#activeFirstSeq).padStart(12, '0')}.jsonl`));
    this.#file = await open(join(folder, ACTIVE), 'a', 0o600);
    this.#sizeBytes = 0;
    this.#activeFirstSeq = this.#seq + 1;
    const old = (await this.#files()).filter((name) => name !== ACTIVE);
    for (const name of old.slice(0, Math.max(0, old.length - maxFiles))) await rm(join(folder, name));
    await syncFolder(folder);
  }

  /** Names of the files, oldest first. */
  async #files(): Promise<string[]> {
    const names = await readdir(this.#options.folder);
    const closed = names.filter((name) => closedName.test(name)).sort();
    return names.includes(ACTIVE) ? [...closed, ACTIVE] : closed;
  }

  async #readAll(): Promise<{ entries: AuditEntry[]; chain: AuditChain }> {
    const entries: AuditEntry[] = [];
    let brokenAtSeq: number | null = null;
    for (const name of await this.#files()) {
      const scanned = await scan(join(this.#options.folder, name), entries.at(-1));
      brokenAtSeq ??= scanned.brokenAtSeq;
      entries.push(...scanned.entries);
    }
    const lastSeq = entries.at(-1)?.seq ?? 0;
    // Entries this process wrote and no longer finds were removed from the end.
    if (brokenAtSeq === null && lastSeq < this.#seq) brokenAtSeq = lastSeq + 1;
    const chain = { isIntact: brokenAtSeq === null, brokenAtSeq, firstSeq: entries[0]?.seq ?? 0, lastSeq };
    return { entries, chain };
  }
}

/** Reads one file; `previous` is the entry before it, where that is still kept. */
async function scan(path: string, previous?: AuditEntry): Promise<ScannedFile> {
  const entries: AuditEntry[] = [];
  let validBytes = 0;
  let brokenAtSeq: number | null = null;
  let before = previous;
  for await (const line of lines(path)) {
    const entry = parseAuditLine(line);
    if (entry === undefined) {
      brokenAtSeq ??= (before?.seq ?? 0) + 1;
      continue;
    }
    validBytes += Buffer.byteLength(line) + 1;
    if (brokenAtSeq === null && !fits(entry, before)) brokenAtSeq = entry.seq;
    entries.push(entry);
    before = entry;
  }
  return { entries, validBytes, brokenAtSeq };
}

/** Without a predecessor only the very first entry can be checked; older ones were rotated away. */
function fits(entry: AuditEntry, before: AuditEntry | undefined): boolean {
  if (before === undefined) return entry.seq !== 1 || entry.hash === chainHash(CHAIN_START, entry);
  return entry.seq === before.seq + 1 && entry.hash === chainHash(before.hash, entry);
}

function lines(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
}

function matches(entry: AuditEntry, filter: AuditFilter, text: string | undefined): boolean {
  if (filter.actor !== undefined && entry.actor !== filter.actor) return false;
  if (filter.action !== undefined && entry.action !== filter.action && !entry.action.startsWith(`${filter.action}.`))
    return false;
  if (filter.outcome !== undefined && entry.outcome !== filter.outcome) return false;
  if (filter.fromMs !== undefined && entry.atMs < filter.fromMs) return false;
  if (filter.toMs !== undefined && entry.atMs > filter.toMs) return false;
  if (text === undefined || text === '') return true;
  return [entry.actor, entry.action, entry.target, entry.detail].some((field) => field.toLowerCase().includes(text));
}

function bounded(record: AuditRecord): AuditRecord {
  const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
  return {
    actor: cut(record.actor),
    address: cut(record.address),
    action: cut(record.action),
    target: cut(record.target),
    outcome: record.outcome,
    detail: cut(record.detail),
    ...(record.before === undefined ? {} : { before: boundedValue(record.before) }),
    ...(record.after === undefined ? {} : { after: boundedValue(record.after) }),
  };
}

function boundedValue(value: unknown): unknown {
  const json = JSON.stringify(value) ?? 'null';
  return json.length <= MAX_VALUE_JSON ? JSON.parse(json) : { note: `left out: ${json.length} characters of JSON` };
}
