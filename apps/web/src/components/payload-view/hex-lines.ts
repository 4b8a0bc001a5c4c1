/** A payload as bytes: offset, sixteen bytes in hexadecimal, the same as ASCII. */
import type { DisplayLine, LineSource } from './display-line.ts';

/** Bytes of one line. */
export const HEX_BYTES_PER_LINE = 16;

export class HexLines implements LineSource {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get count(): number {
    return Math.ceil(this.#bytes.length / HEX_BYTES_PER_LINE);
  }

  line(index: number): DisplayLine {
    if (index < 0 || index >= this.count) throw new RangeError(`no line ${index} of ${this.count}`);
    const start = index * HEX_BYTES_PER_LINE;
    const bytes = this.#bytes.subarray(start, start + HEX_BYTES_PER_LINE);
    let hex = '';
    let ascii = '';
    for (let column = 0; column < HEX_BYTES_PER_LINE; column++) {
      const byte = bytes[column];
      if (column === 8) hex += ' ';
      hex += byte === undefined ? '   ' : `${byte.toString(16).padStart(2, '0')} `;
      if (byte !== undefined) ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
    }
    const label = start.toString(16).padStart(6, '0');
    return {
      label,
      tokens: [
        { kind: 'plain', text: hex },
        { kind: 'dim', text: ` ${ascii}` },
      ],
    };
  }
}
