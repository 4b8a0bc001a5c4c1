/**
 * Where the lexer stands: a place in the text with one step back, and the place of the item that is being read. Columns are counted in
 * UTF-8 bytes beside the UTF-16 offsets, because error texts of nats-server count bytes.
 */
import { END, LINE_FEED, utf8Length, utf8Width } from './characters.ts';
import type { ConfigItem, ConfigItemKind } from './items.ts';

export class ConfigCursor {
  readonly text: string;
  /** UTF-16 offset of the next character. */
  offset = 0;
  /** UTF-16 offset where the pending item starts. */
  start = 0;
  line = 1;
  private byteOffset = 0;
  private widthUnits = 0;
  private widthBytes = 0;
  /** Byte offset of the line feed before this line; 0 in the first line. */
  private lineStart = 0;
  /** The same for the line in which the pending item starts. */
  private itemLineStart = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Takes one character; END at the end, which can be taken any number of times. */
  next(): number {
    if (this.offset >= this.text.length) {
      this.widthUnits = 0;
      this.widthBytes = 0;
      return END;
    }
    const code = this.text.codePointAt(this.offset) ?? END;
    if (code === LINE_FEED) {
      this.line++;
      this.lineStart = this.byteOffset;
    }
    this.widthUnits = code > 0xffff ? 2 : 1;
    this.widthBytes = utf8Width(code);
    this.offset += this.widthUnits;
    this.byteOffset += this.widthBytes;
    return code;
  }

  /** Gives the last character back; once per `next`. */
  back(): void {
    this.offset -= this.widthUnits;
    this.byteOffset -= this.widthBytes;
    if (this.widthUnits > 0 && this.text.charCodeAt(this.offset) === LINE_FEED) this.line--;
  }

  /** Gives back one more character, which must be ASCII and no line feed. */
  backOverAscii(): void {
    this.offset--;
    this.byteOffset--;
  }

  peek(): number {
    const code = this.next();
    this.back();
    return code;
  }

  /** Takes the first character for which `isPassedOver` is false; those before it are dropped. */
  nextAfter(isPassedOver: (code: number) => boolean): number {
    for (let code = this.next(); ; code = this.next()) {
      if (!isPassedOver(code)) return code;
      this.skip();
    }
  }

  /** The same, not taken. */
  peekAfter(isPassedOver: (code: number) => boolean): number {
    for (let code = this.peek(); ; code = this.peek()) {
      if (!isPassedOver(code)) return code;
      this.next();
      this.skip();
    }
  }

  /** Drops what is pending. */
  skip(): void {
    this.start = this.offset;
    this.itemLineStart = this.lineStart;
  }

  /** What is pending. */
  pending(): string {
    return this.text.slice(this.start, this.offset);
  }

  /** Makes an item of what is pending, or of `text` (from `start`) where escapes were resolved, and goes on behind it. */
  take(kind: ConfigItemKind, text: string = this.pending(), start: number = this.start): ConfigItem {
    const column = this.byteOffset - this.itemLineStart - utf8Length(text);
    const item = { kind, text, line: this.line, column, start, end: this.offset };
    this.skip();
    return item;
  }

  /** An error item at the present place. */
  fail(text: string): ConfigItem {
    return {
      kind: 'error',
      text,
      line: this.line,
      column: this.byteOffset - this.lineStart,
      start: this.start,
      end: this.offset,
    };
  }
}
