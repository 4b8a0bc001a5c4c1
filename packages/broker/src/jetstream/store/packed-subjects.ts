/** Subjects with their figures as a checkpoint carries them: from an index, and into one, without making text of any. */
import type { SubjectIndex } from './subject-index.ts';

/** Of a packed subject, besides its name. */
const FIXED_SUBJECT_BYTES = 28;
/** Room for a packed subject of ordinary length. */
const EXPECTED_SUBJECT_BYTES = 56;

/** Subjects in the form of the file, so that a million of them are one piece of memory. */
export interface PackedSubjects {
  readonly count: number;
  readonly bytes: Buffer;
}

/** Packs subjects one by one. */
export class SubjectPacker {
  private area: Buffer;
  private view: DataView;
  private used = 0;
  private count = 0;

  /** `expected` subjects get room at once: growing would hold all of them twice. */
  constructor(expected: number) {
    this.area = Buffer.allocUnsafe(Math.max(4096, expected * EXPECTED_SUBJECT_BYTES));
    this.view = viewOf(this.area);
  }

  /** Takes the subject with its figures. */
  add(index: SubjectIndex, slot: number): void {
    const length = FIXED_SUBJECT_BYTES + index.nameBytes(slot);
    if (this.used + length > this.area.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.area.length * 2, this.used + length));
      this.area.copy(grown, 0, 0, this.used);
      this.area = grown;
      this.view = viewOf(grown);
    }
    const { area, view } = this;
    view.setUint32(this.used, length - FIXED_SUBJECT_BYTES, true);
    const at = this.used + 4 + index.writeName(slot, area, this.used + 4);
    view.setFloat64(at, index.countOf(slot), true);
    view.setFloat64(at + 8, index.firstOf(slot), true);
    view.setFloat64(at + 16, index.lastOf(slot), true);
    this.used += length;
    this.count++;
  }

  finish(): PackedSubjects {
    return { count: this.count, bytes: this.area.subarray(0, this.used) };
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Puts all subjects into an index that is empty. */
export function restoreSubjects({ count, bytes }: PackedSubjects, index: SubjectIndex): void {
  const view = viewOf(bytes);
  index.reserve(count, bytes.length - count * FIXED_SUBJECT_BYTES);
  const known = { count: 0, first: 0, last: 0 };
  let at = 0;
  for (let left = count; left > 0; left--) {
    const start = at + 4;
    const end = start + view.getUint32(at, true);
    known.count = view.getFloat64(end, true);
    known.first = view.getFloat64(end + 8, true);
    known.last = view.getFloat64(end + 16, true);
    index.restore(bytes, start, end, known);
    at = end + 24;
  }
}
