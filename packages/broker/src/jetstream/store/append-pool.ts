/** Memory for what a turn appends: taken on a store's first append of a turn, given back when it was written. Shared by all stores. */
import { ByteArea } from './byte-area.ts';

/** An append buffer this full is written at once instead of at the end of the turn. */
export const APPEND_BYTES = 262_144;
const MAX_KEPT = 8;

export class AppendPool {
  private readonly free: ByteArea[] = [];

  /** An area with room for `bytes`. */
  take(bytes: number): ByteArea {
    if (bytes > APPEND_BYTES) return new ByteArea(bytes);
    return this.free.pop() ?? new ByteArea(APPEND_BYTES);
  }

  giveBack(area: ByteArea): void {
    if (area.capacity === APPEND_BYTES && this.free.length < MAX_KEPT) this.free.push(area);
  }
}
