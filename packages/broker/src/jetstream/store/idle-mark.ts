/** After a moment of quiet, a mark says in the log what is durable, so that later damage to it is not mistaken for a torn end. */
import type { Timer } from '../../env/env.ts';
import { fileOf } from './file-segment.ts';
import type { FileStore } from './file-store.ts';
import { RecordKind } from './record.ts';

/** Quiet time after which a mark is written that proves what was synced last. */
const IDLE_MARK_MS = 100;

export class IdleMark {
  private readonly store: FileStore;
  private timer: Timer | undefined;
  private markedBytes = 0;

  constructor(store: FileStore) {
    this.store = store;
  }

  schedule(): void {
    this.timer ??= this.store.clock.setTimer(IDLE_MARK_MS, () => {
      this.timer = undefined;
      this.write();
    });
  }

  /** A new segment has no mark. */
  restart(): void {
    this.markedBytes = 0;
  }

  stop(): void {
    this.timer?.cancel();
  }

  private write(): void {
    const { store } = this;
    const active = store.segments[store.segments.length - 1];
    if (!store.isWritable || active === undefined || !fileOf(active).isPinned) return;
    if (active.durableBytes <= this.markedBytes || fileOf(active).hasPending || !store.pending.isEmpty) return;
    try {
      store.putControl(active, RecordKind.mark, store.lastSeq, Buffer.alloc(0));
      this.markedBytes = fileOf(active).sizeBytes;
      fileOf(active).writeOut();
    } catch (cause) {
      store.fail(cause);
    }
  }
}
