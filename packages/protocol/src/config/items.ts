/** What the lexer hands to the parser: one item per key, value, bracket, comment or error, each with its place. */

/** Kinds of items. A comment's text begins behind `#` or `//`. */
export type ConfigItemKind =
  | 'error'
  | 'end'
  | 'key'
  | 'comment'
  | 'string'
  | 'boolean'
  | 'integer'
  | 'float'
  | 'date'
  | 'arrayStart'
  | 'arrayEnd'
  | 'mapStart'
  | 'mapEnd'
  | 'variable'
  | 'include';

export interface ConfigItem {
  readonly kind: ConfigItemKind;
  /** Text with quotes taken off and escapes resolved; of an error, what is wrong. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /**
   * As nats-server counts: bytes from the last line feed, which itself counts; so from 0 in the first line and from 1 in all others.
   */
  readonly column: number;
  /** UTF-16 offsets into the file, quotes not included: what an editor marks. */
  readonly start: number;
  readonly end: number;
}
