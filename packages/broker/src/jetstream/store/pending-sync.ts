/**
 * What waits for a sync: segments that were written, and removals whose consequences (a file that goes, a record that is overwritten)
 * must not come before the record of them is durable.
 */
import type { Checkpoint } from './checkpoint.ts';
import { type Erasure, overwriteErased, proveErasures } from './erasures.ts';
import { fileOf } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import type { Segment } from './segment.ts';

/** What one sync makes durable, and what may happen once it has. */
export interface SyncBatch {
  readonly segments: Segment[];
  readonly sizes: number[];
  readonly doomed: Segment[];
  readonly erasures: Erasure[];
  readonly proven: Erasure[];
  readonly due: Checkpoint | undefined;
}

export class PendingSync {
  private segments: Set<Segment> = new Set();
  /** Segments without a living message, whose files go once the record of the removals is durable. */
  private doomed: Segment[] = [];
  private erasures: Erasure[] = [];
  /** The same, whose removal has been written and waits to be durable. */
  private written: { doomed: Segment[]; erasures: Erasure[] } = { doomed: [], erasures: [] };
  /** Records whose removal is durable, and for which a mark was written that proves that their place was. */
  private proven: Erasure[] = [];

  get isEmpty(): boolean {
    return this.segments.size === 0;
  }

  has(segment: Segment): boolean {
    return this.segments.has(segment);
  }

  add(segment: Segment): void {
    this.segments.add(segment);
  }

  /** It was synced by itself. */
  delete(segment: Segment): void {
    this.segments.delete(segment);
  }

  /** Its file goes. */
  doom(segment: Segment): void {
    this.segments.add(segment);
    this.doomed.push(segment);
  }

  /** Its content is overwritten. */
  erase(erasure: Erasure): void {
    this.erasures.push(erasure);
  }

  /** Every removal so far stands in what was written to `segment`. */
  onWritten(segment: Segment): void {
    this.segments.add(segment);
    this.written.doomed.push(...this.doomed);
    this.written.erasures.push(...this.erasures);
    this.doomed = [];
    this.erasures = [];
  }

  /** The removals are durable; whether their places were cannot be shown yet, or a mark that does so was written. */
  settle(erasures: readonly Erasure[], isProven: boolean): void {
    if (isProven) this.proven.push(...erasures);
    else this.written.erasures.push(...erasures);
  }

  /** Everything that a sync which begins now makes durable. */
  take(due: Checkpoint | undefined): SyncBatch {
    const segments = [...this.segments];
    const sizes = segments.map((segment) => fileOf(segment).writtenBytes);
    const { doomed, erasures } = this.written;
    const { proven } = this;
    this.written = { doomed: [], erasures: [] };
    this.proven = [];
    this.segments = new Set();
    return { segments, sizes, doomed, erasures, proven, due };
  }

  /** The sync failed. */
  giveBack({ segments }: SyncBatch): void {
    for (const segment of segments) this.segments.add(segment);
  }

  /** Segments whose files still have to go. */
  takeDoomed(): Segment[] {
    const doomed = [...this.doomed, ...this.written.doomed];
    this.doomed = [];
    this.written = { doomed: [], erasures: [] };
    return doomed;
  }
}

/** What follows from a sync that has succeeded. */
export function afterSync(store: FileStore, { segments, sizes, doomed, erasures, proven, due }: SyncBatch): void {
  const active = store.segments[store.segments.length - 1];
  segments.forEach((segment, position) => {
    segment.durableBytes = sizes[position] as number;
    if (segment !== active) fileOf(segment).finish();
  });
  for (const segment of overwriteErased(store, proven)) store.syncSoon(segment);
  for (const segment of proveErasures(store, erasures)) store.syncSoon(segment);
  for (const segment of doomed) segment.storage.remove();
  const { disk, folder } = store.files;
  if (doomed.length > 0) disk.syncFolderSync(folder);
  if (due !== undefined && due === store.checkpoints.waiting) store.checkpoints.write();
}
