/** When a checkpoint is taken, and that it is written only once everything it says is durable. */
import { captureCheckpoint } from './capture-checkpoint.ts';
import type { Checkpoint, CheckpointFiles } from './checkpoint.ts';
import type { FileStore } from './file-store.ts';

/** Log written since the last checkpoint after which the next one is due. */
const EVERY_BYTES = 67_108_864;

export class CheckpointSchedule {
  /** A checkpoint that waits until what it says is durable. */
  waiting: Checkpoint | undefined;
  private readonly files: CheckpointFiles;
  private readonly everyBytes: number;
  private sinceBytes = 0;
  private writtenBytes = 0;

  constructor(files: CheckpointFiles, everyBytes: number = EVERY_BYTES) {
    this.files = files;
    this.everyBytes = everyBytes;
  }

  /** So much of the log is complete. */
  note(bytes: number): void {
    this.sinceBytes += bytes;
  }

  /** True when enough was written for the next one; a large one is not written often. */
  get isDue(): boolean {
    return this.sinceBytes >= Math.max(this.everyBytes, this.writtenBytes * 4);
  }

  /** Takes one; the log has to be read on from `replay`. */
  take(store: FileStore, replay: { number: number; position: number }): void {
    this.waiting = captureCheckpoint(store, replay);
    this.sinceBytes = 0;
  }

  /** Writes down what the store knew when the waiting one was taken. */
  write(): void {
    if (this.waiting === undefined) return;
    this.writtenBytes = this.files.write(this.waiting);
    this.waiting = undefined;
  }

  remove(): void {
    this.files.remove();
  }
}
