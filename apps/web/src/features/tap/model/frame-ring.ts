/**
 * The messages a tap keeps, as the batches they came in: a row is an offset into a batch, so storing 100,000 messages a second costs
 * nothing per message, and memory is bounded by bytes. Rows are numbered from 0 for the life of the page and never renumbered.
 */
import {
  readTapBatchHeader,
  readTapMessage,
  TapBatchError,
  type TapBatchHeader,
  type TapMessageBytes,
  tapMessageOffsets,
} from '@sluice/protocol';

/** One batch, its offsets found. */
export interface TapFrame {
  view: DataView<ArrayBuffer>;
  /** One entry per message and the end. */
  offsets: Uint32Array<ArrayBuffer>;
  count: number;
  header: TapBatchHeader;
}

/** Reads the frame in `buffer` from `from` on. Throws TapBatchError. */
export function readTapFrame(buffer: ArrayBuffer, from: number): TapFrame {
  if (from > buffer.byteLength) throw new TapBatchError(`a batch at ${from} is not in ${buffer.byteLength} bytes`);
  const view = new DataView(buffer, from);
  const { count, ...header } = readTapBatchHeader(view);
  return { view, offsets: tapMessageOffsets(view, count), count, header };
}

/** Message `position` (from 0) of a frame. */
export function messageOf(frame: TapFrame, position: number): TapMessageBytes {
  const at = frame.offsets[position];
  if (at === undefined || position >= frame.count) throw new RangeError(`no message ${position} of ${frame.count}`);
  return readTapMessage(frame.view, at);
}

export interface FrameRingLimits {
  maxRows: number;
  /** Batches beyond this many bytes are let go, oldest first; the newest always stays. */
  maxBytes: number;
}

interface PlacedFrame {
  frame: TapFrame;
  firstIndex: number;
}

export class FrameRing {
  readonly #limits: FrameRingLimits;
  #frames: PlacedFrame[] = [];
  /** Frames before this one are gone; compacted now and then. */
  #head = 0;
  #nextIndex = 0;
  #bytes = 0;

  constructor(limits: FrameRingLimits) {
    this.#limits = limits;
  }

  /** Index that the next message gets. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Index of the oldest row still kept; equals `nextIndex` when there is none. */
  get oldestIndex(): number {
    const first = this.#frames[this.#head];
    return first === undefined ? this.#nextIndex : Math.max(first.firstIndex, this.#nextIndex - this.#limits.maxRows);
  }

  get rowCount(): number {
    return this.#nextIndex - this.oldestIndex;
  }

  /** Bytes of the batches that are kept. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  push(frame: TapFrame): void {
    if (frame.count === 0) return;
    this.#frames.push({ frame, firstIndex: this.#nextIndex });
    this.#nextIndex += frame.count;
    this.#bytes += frame.view.byteLength;
    this.#evict();
  }

  /** Lets every row go; numbering continues. */
  clear(): void {
    this.#frames = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  /** The message at `index`, or null when it is no longer kept. */
  message(index: number): TapMessageBytes | null {
    if (index < this.oldestIndex || index >= this.#nextIndex) return null;
    const placed = this.#find(index);
    return placed === undefined ? null : messageOf(placed.frame, index - placed.firstIndex);
  }

  /** All frames from oldest to newest. */
  *frames(): Generator<TapFrame> {
    for (let position = this.#head; position < this.#frames.length; position++) {
      const placed = this.#frames[position];
      if (placed !== undefined) yield placed.frame;
    }
  }

  #find(index: number): PlacedFrame | undefined {
    let low = this.#head;
    let high = this.#frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const placed = this.#frames[middle];
      if (placed !== undefined && placed.firstIndex <= index) low = middle;
      else high = middle - 1;
    }
    return this.#frames[low];
  }

  #evict(): void {
    const wanted = this.#nextIndex - this.#limits.maxRows;
    while (this.#frames.length - this.#head > 1) {
      const first = this.#frames[this.#head];
      if (first === undefined) break;
      const isAllOld = first.firstIndex + first.frame.count <= wanted;
      if (!isAllOld && this.#bytes <= this.#limits.maxBytes) break;
      this.#bytes -= first.frame.view.byteLength;
      this.#head++;
    }
    if (this.#head > 1024 || this.#head > this.#frames.length / 2) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
  }
}
