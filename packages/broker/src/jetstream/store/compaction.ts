/**
 * Giving space back bit by bit: segments that are mostly dead are written anew, those that are wholly so go, and so is what was
 * written plain, or with another cipher, until everything is encrypted as the store is now.
 */
import type { Timer } from '../../env/env.ts';
import type { StoreCipher } from './cipher.ts';
import { compactSegment, isWorthCompacting } from './compact.ts';
import { fileOf } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import type { Segment } from './segment.ts';

const DELAY_MS = 250;

export class Compaction {
  private readonly store: FileStore;
  private timer: Timer | undefined;

  constructor(store: FileStore) {
    this.store = store;
  }

  schedule(): void {
    this.timer ??= this.store.clock.setTimer(DELAY_MS, () => {
      this.timer = undefined;
      this.compactOne();
    });
  }

  stop(): void {
    this.timer?.cancel();
  }

  /** Takes one segment; comes back while there are more. */
  private compactOne(): void {
    const { store } = this;
    if (!store.isWritable) return;
    store.flush();
    for (let position = 0; position < store.segments.length - 1; position++) {
      const segment = store.segments[position] as Segment;
      if (fileOf(segment).isPinned || store.pending.has(segment)) continue;
      try {
        if (segment.liveCount === 0) store.dropSegmentAt(position);
        else if (isWorthCompacting(segment)) compactSegment(store, position);
        else continue;
      } catch (cause) {
        store.fail(cause);
        return;
      }
      this.schedule();
      return;
    }
    this.noteEncrypted();
  }

  private noteEncrypted(): void {
    const { store } = this;
    const { cipher } = store.files;
    if (cipher?.acceptsPlain !== true || !this.isAllEncrypted()) return;
    try {
      cipher.onAllEncrypted();
    } catch (cause) {
      store.fail(cause);
    }
  }

  private isAllEncrypted(): boolean {
    return this.store.segments.every((segment) => fileOf(segment).isOfStoresCipher);
  }

  /** At the start of a store that is encrypted. Throws what the disk throws. */
  beginEncrypting(cipher: StoreCipher): void {
    if (this.isAllEncrypted()) cipher.onAllEncrypted();
    else this.schedule();
  }
}
