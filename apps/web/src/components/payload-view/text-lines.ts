/** A payload as plain text: its own lines, wrapped hard so that one line of 10 MB never reaches the layout engine whole. */
import type { DisplayLine, LineSource } from './display-line.ts';
import { escapeControl } from './escape-control.ts';
import { GrowableUint32 } from './growable-uint32.ts';

/** Characters of one screen line. */
export const TEXT_WRAP_CHARS = 160;

/** `text` as lines; time is linear in its length, memory 8 bytes a screen line. */
export class TextLines implements LineSource {
  readonly #text: string;
  readonly #starts = new GrowableUint32(1024);
  readonly #numbers = new GrowableUint32(1024);

  constructor(text: string) {
    this.#text = text;
    let number = 1;
    let at = 0;
    do {
      const newline = text.indexOf('\n', at);
      const end = newline < 0 ? text.length : newline;
      this.#addLine(at, end, number++);
      at = newline < 0 ? text.length + 1 : newline + 1;
    } while (at <= text.length);
  }

  get count(): number {
    return this.#starts.length;
  }

  line(index: number): DisplayLine {
    const start = this.#starts.at(index);
    const next = index + 1 < this.#starts.length ? this.#starts.at(index + 1) : this.#text.length;
    const raw = this.#text.slice(start, next).replace(/\r?\n$/, '');
    const number = this.#numbers.at(index);
    const isContinued = index > 0 && this.#numbers.at(index - 1) === number;
    return { label: isContinued ? '' : String(number), tokens: [{ kind: 'plain', text: escapeControl(raw) }] };
  }

  #addLine(start: number, end: number, number: number): void {
    let at = start;
    do {
      this.#starts.push(at);
      this.#numbers.push(number);
      at += TEXT_WRAP_CHARS;
      const code = this.#text.charCodeAt(at);
      // Never cut a surrogate pair in two.
      if (at < end && code >= 0xdc00 && code <= 0xdfff) at++;
    } while (at < end);
  }
}
