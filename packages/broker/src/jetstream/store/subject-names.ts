// hot path
/**
 * What each slot's subject reads. Subjects that a checkpoint brought stay bytes, one behind the other, until somebody wants one as
 * text: a million texts take 0.2 s to make and 40 MB to keep, and after a start hardly any is needed.
 */
import { assert } from '../../assert.ts';

const nothing: Buffer = Buffer.alloc(0);

export class SubjectNames {
  /** Undefined where it is bytes so far; empty for a slot that is free. */
  private readonly texts: (string | undefined)[] = [];
  private bytes: Buffer = nothing;
  /** Slot n is `bytes[starts[n]..starts[n + 1])`, for the slots that were restored. */
  private starts: Uint32Array = new Uint32Array(1);

  /** Slots ever used. */
  get length(): number {
    return this.texts.length;
  }

  set(slot: number, text: string): void {
    if (slot === this.texts.length) this.texts.push(text);
    else this.texts[slot] = text;
  }

  textOf(slot: number): string {
    const text = this.texts[slot];
    return text === undefined ? this.unpack(slot) : text;
  }

  private unpack(slot: number): string {
    const text = this.bytes.toString('latin1', this.starts[slot], this.starts[slot + 1]);
    this.texts[slot] = text;
    return text;
  }

  isText(slot: number, text: string): boolean {
    const known = this.texts[slot];
    if (known !== undefined) return known === text;
    return isText(text, this.bytes, this.starts[slot] as number, this.starts[slot + 1] as number);
  }

  /** True when the subject is `bytes[start..end)`. */
  isBytes(slot: number, bytes: Uint8Array, start: number, end: number): boolean {
    const known = this.texts[slot];
    if (known !== undefined) return isText(known, bytes, start, end);
    const from = this.starts[slot] as number;
    if ((this.starts[slot + 1] as number) - from !== end - start) return false;
    for (let index = start; index < end; index++) if (this.bytes[from + index - start] !== bytes[index]) return false;
    return true;
  }

  lengthOf(slot: number): number {
    const known = this.texts[slot];
    return known === undefined ? (this.starts[slot + 1] as number) - (this.starts[slot] as number) : known.length;
  }

  /** Writes the subject to `target`; returns its length. */
  write(slot: number, target: Buffer, at: number): number {
    const known = this.texts[slot];
    if (known !== undefined) return target.write(known, at, 'latin1');
    return this.bytes.copy(target, at, this.starts[slot], this.starts[slot + 1]);
  }

  /** Room for that many subjects that will be restored, `nameBytes` long together. */
  reserve(count: number, nameBytes: number): void {
    assert(this.texts.length === 0, 'subjects are restored into an index that is not empty');
    this.bytes = Buffer.allocUnsafeSlow(nameBytes);
    this.starts = new Uint32Array(count + 1);
  }

  /** Takes `source[start..end)` as the subject of the next slot, which is returned. There must be room. */
  restore(source: Buffer, start: number, end: number): number {
    const slot = this.texts.length;
    const from = this.starts[slot] as number;
    for (let index = start; index < end; index++) this.bytes[from + index - start] = source[index] as number;
    this.starts[slot + 1] = from + end - start;
    this.texts.push(undefined);
    return slot;
  }

  /** All slots are free. */
  clear(): void {
    this.texts.fill('');
    this.bytes = nothing;
    this.starts = new Uint32Array(1);
  }
}

/** True when `bytes[start..end)` are the characters of `text`. */
export function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}
