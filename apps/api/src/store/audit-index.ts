/**
 * What the audit log is searched by, in memory, so that a search reads from the stream only the entries it shows. Filled by the walk
 * that verifies the chain. It holds columns in blocks of fixed size and one lower-case text per block, which is some 200 bytes an entry; the
 * stream's own size bounds how many there are. Pure.
 */
import type { AuditEntry } from '@sluice/protocol/console';
import type { AuditFilter } from './console-store.ts';

/** A page of the log. */
export interface AuditPageOf {
  readonly offset: number;
  readonly limit: number;
  readonly isAscending: boolean;
}

/** An entry that fits: where it lies in the stream, and the hash before its own; undefined where that one is not kept any more. */
export interface AuditHit {
  readonly streamSeq: number;
  readonly hashBefore: string | undefined;
}

export interface AuditHits {
  /** In the order of the page. */
  readonly hits: readonly AuditHit[];
  /** Entries that fit, on all pages. */
  readonly total: number;
}

const BLOCK_ENTRIES = 4096;
const HASH_BYTES = 32;
/** Between the fields of an entry and behind it: a text that is looked for never reaches from one into the next. */
const SEPARATOR = '\u0000';

export class AuditIndex {
  readonly #names = new Map<string, number>();
  #blocks: Block[] = [];

  /** Adds the entry that comes next in the stream. */
  add(entry: AuditEntry, streamSeq: number): void {
    let block = this.#blocks.at(-1);
    if (block === undefined || block.count === BLOCK_ENTRIES) {
      block = new Block();
      this.#blocks.push(block);
    }
    block.add(entry, streamSeq, { actor: this.#idOf(entry.actor), action: this.#idOf(entry.action) });
  }

  /** Forgets what the stream has let go of: entries before `streamSeq`. */
  dropBefore(streamSeq: number): void {
    this.#blocks = this.#blocks.filter((block) => block.lastSeq >= streamSeq);
    this.#blocks[0]?.dropBefore(streamSeq);
  }

  /** Entries kept, whether they fit or not. */
  get count(): number {
    return this.#blocks.reduce((sum, block) => sum + block.count - block.first, 0);
  }

  /** Entries that the filter asks for: how many there are, and those of one page. */
  find(filter: AuditFilter, { offset, limit, isAscending }: AuditPageOf): AuditHits {
    const wanted = this.#wanted(filter);
    const order = this.#blocks.map((_, index) => (isAscending ? index : this.#blocks.length - 1 - index));
    const hits: AuditHit[] = [];
    let total = 0;
    for (const blockIndex of order) {
      const found = this.#blocks[blockIndex]?.matching(wanted) ?? [];
      if (!isAscending) found.reverse();
      const skipped = Math.max(0, offset - total);
      for (const index of found.slice(skipped, skipped + limit - hits.length)) hits.push(this.#hit(blockIndex, index));
      total += found.length;
    }
    return { hits, total };
  }

  #hit(blockIndex: number, index: number): AuditHit {
    const block = this.#blocks[blockIndex];
    const before = index > 0 ? block : this.#blocks[blockIndex - 1];
    return { streamSeq: block?.seqAt(index) ?? 0, hashBefore: before?.hashAt(index > 0 ? index - 1 : before.count - 1) };
  }

  #wanted({ actor, action, outcome, fromMs = 0, toMs = Number.MAX_VALUE, text = '' }: AuditFilter): Wanted {
    const actions = action === undefined ? undefined : new Set<number>();
    for (const [name, id] of action === undefined ? [] : this.#names)
      if (name === action || name.startsWith(`${action}.`)) actions?.add(id);
    // No id is no entry's: a name that was never seen is found nowhere.
    return {
      actor: actor === undefined ? undefined : (this.#names.get(actor) ?? -1),
      actions,
      outcome,
      fromMs,
      toMs,
      text: text.toLowerCase(),
    };
  }

  #idOf(name: string): number {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const id = this.#names.size;
    this.#names.set(name, id);
    return id;
  }
}

interface Wanted {
  readonly actor: number | undefined;
  readonly actions: ReadonlySet<number> | undefined;
  readonly outcome: AuditEntry['outcome'] | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  /** In lower case; empty: any. */
  readonly text: string;
}

/** Up to `BLOCK_ENTRIES` entries that follow one another. */
class Block {
  count = 0;
  /** Entries before this one are gone from the stream; the hash of the last of them is still of use. */
  first = 0;
  readonly #seqs = new Float64Array(BLOCK_ENTRIES);
  readonly #atMs = new Float64Array(BLOCK_ENTRIES);
  readonly #actors = new Uint32Array(BLOCK_ENTRIES);
  readonly #actions = new Uint32Array(BLOCK_ENTRIES);
  readonly #outcomes: AuditEntry['outcome'][] = [];
  readonly #hashes = Buffer.alloc(BLOCK_ENTRIES * HASH_BYTES);
  /** Where the text of each entry begins in `#text`, once that is put together. */
  readonly #textAt = new Uint32Array(BLOCK_ENTRIES);
  #text = '';
  #textEnd = 0;
  /** Texts that are not in `#text` yet. */
  #newTexts: string[] = [];

  get lastSeq(): number {
    return this.seqAt(this.count - 1);
  }

  seqAt(index: number): number {
    return this.#seqs[index] ?? 0;
  }

  hashAt(index: number): string | undefined {
    if (index < 0) return undefined;
    return this.#hashes.toString('hex', index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }

  add(entry: AuditEntry, streamSeq: number, ids: { actor: number; action: number }): void {
    const index = this.count++;
    this.#seqs[index] = streamSeq;
    this.#atMs[index] = entry.atMs;
    this.#actors[index] = ids.actor;
    this.#actions[index] = ids.action;
    this.#outcomes.push(entry.outcome);
    this.#hashes.write(entry.hash.slice(0, 2 * HASH_BYTES), index * HASH_BYTES, 'hex');
    const text = [entry.actor, entry.action, entry.target, entry.detail, ''].join(SEPARATOR).toLowerCase();
    this.#textAt[index] = this.#textEnd;
    this.#textEnd += text.length;
    this.#newTexts.push(text);
  }

  dropBefore(streamSeq: number): void {
    while (this.first < this.count && this.seqAt(this.first) < streamSeq) this.first += 1;
  }

  /** Indexes of the entries that fit, rising. */
  matching(wanted: Wanted): number[] {
    const found: number[] = [];
    if (wanted.text === '') {
      for (let index = this.first; index < this.count; index++) if (this.#fits(index, wanted)) found.push(index);
      return found;
    }
    const text = this.#joined();
    let index = this.first;
    for (let at = text.indexOf(wanted.text, this.#textAt[index]); at >= 0; ) {
      while (index + 1 < this.count && (this.#textAt[index + 1] ?? 0) <= at) index += 1;
      if (this.#fits(index, wanted)) found.push(index);
      index += 1;
      at = index < this.count ? text.indexOf(wanted.text, this.#textAt[index]) : -1;
    }
    return found;
  }

  #fits(index: number, { actor, actions, outcome, fromMs, toMs }: Wanted): boolean {
    const atMs = this.#atMs[index] ?? 0;
    if (atMs < fromMs || atMs > toMs) return false;
    if (actor !== undefined && this.#actors[index] !== actor) return false;
    if (actions !== undefined && !actions.has(this.#actions[index] ?? -1)) return false;
    return outcome === undefined || this.#outcomes[index] === outcome;
  }

  #joined(): string {
    if (this.#newTexts.length > 0) {
      this.#text += this.#newTexts.join('');
      this.#newTexts = [];
    }
    return this.#text;
  }
}
