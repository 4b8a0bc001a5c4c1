/** A list of unsigned 32-bit numbers that grows by doubling: line indexes of large payloads without an object per line. */

export class GrowableUint32 {
  #values: Uint32Array;
  #length = 0;

  constructor(initialCapacity = 256) {
    this.#values = new Uint32Array(initialCapacity);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Uint32Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  /** The value at `index`; throws a RangeError outside. */
  at(index: number): number {
    const value = index < this.#length ? this.#values[index] : undefined;
    if (value === undefined) throw new RangeError(`no entry ${index} of ${this.#length}`);
    return value;
  }

  /** Replaces the value at `index`, which must exist. */
  set(index: number, value: number): void {
    if (index >= this.#length) throw new RangeError(`no entry ${index} of ${this.#length}`);
    this.#values[index] = value;
  }
}
