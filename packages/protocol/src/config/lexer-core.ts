/**
 * What the lexer's states share: the cursor, the pieces of a string with escapes, the stack of states that follow a value, and the way
 * an item is handed out. The states name one another, so that their files need no imports of one another.
 */
import { ConfigCursor } from './cursor.ts';
import type { ConfigItem, ConfigItemKind } from './items.ts';

/** States at the top level and in a bare block. */
export type ConfigKeyState =
  | 'top'
  | 'topValueEnd'
  | 'blockStart'
  | 'blockValueEnd'
  | 'blockEnd'
  | 'keyStart'
  | 'key'
  | 'doubleQuotedKey'
  | 'quotedKey'
  | 'keyEnd'
  | 'comment'
  | 'include';

/** States in maps and arrays. */
export type ConfigCollectionState =
  | 'arrayValue'
  | 'arrayValueEnd'
  | 'mapKeyStart'
  | 'mapQuotedKey'
  | 'mapDoubleQuotedKey'
  | 'mapKey'
  | 'mapKeyEnd'
  | 'mapValue'
  | 'mapValueEnd';

/** States that read one value. */
export type ConfigValueState =
  | 'value'
  | 'quotedString'
  | 'doubleQuotedString'
  | 'bareString'
  | 'escape'
  | 'block'
  | 'number'
  | 'negativeNumber'
  | 'sizeSuffix'
  | 'dateAfterYear'
  | 'fraction'
  | 'address';

export type ConfigStateName = ConfigKeyState | ConfigCollectionState | ConfigValueState;

/** What comes after a state: another one, `pop` for the one on the stack, `stop` for the end. */
export type ConfigFollower = ConfigStateName | 'pop' | 'stop';
export type ConfigState = (core: LexerCore) => ConfigFollower;

export class LexerCore {
  readonly cursor: ConfigCursor;
  /** Pieces of a string with escapes, in order. */
  parts: string[] = [];
  /** UTF-16 offset where the string with escapes starts. */
  stringStart = 0;
  /** The state that an escape returns to. */
  stringState: 'bareString' | 'doubleQuotedString' = 'bareString';
  /** The item that a state has handed out and nobody has taken yet. */
  ready: ConfigItem | undefined;
  private readonly stack: ConfigStateName[] = [];
  private readonly maxStack: number;

  /** `maxDepth` bounds blocks and arrays inside one another. */
  constructor(text: string, maxDepth: number) {
    this.cursor = new ConfigCursor(text);
    this.maxStack = maxDepth * 2 + 2;
  }

  /** Hands out what is pending. A state does so once at most before it ends. */
  emit(kind: ConfigItemKind): void {
    this.ready = this.cursor.take(kind);
  }

  /** Hands out a string, its escapes resolved. */
  emitString(): void {
    if (this.parts.length === 0) return this.emit('string');
    const text = joinParts([...this.parts, this.cursor.pending()]);
    this.ready = this.cursor.take('string', text, this.stringStart);
    this.parts = [];
  }

  fail(text: string): 'stop' {
    this.ready = this.cursor.fail(text);
    return 'stop';
  }

  /** The end of the text: an error where something is pending. */
  endOfText(): 'stop' {
    if (this.cursor.offset > this.cursor.start) return this.fail('Unexpected EOF.');
    this.ready = this.cursor.take('end', joinParts([...this.parts, this.cursor.pending()]));
    return 'stop';
  }

  /** Goes on with `state`; `follower` comes after what it reads. */
  pushAndGo(follower: ConfigStateName, state: ConfigStateName): ConfigStateName | 'stop' {
    if (this.stack.length >= this.maxStack) return this.fail('Nested too deeply.');
    this.stack.push(follower);
    return state;
  }

  /** The state that waits for the end of a value. */
  pop(): ConfigStateName | 'stop' {
    return this.stack.pop() ?? this.fail('Unexpected end of a value.');
  }
}

/** A byte of an escape (`\xc3`) as a part of its own; such parts are joined as UTF-8. */
const BYTE_MARK = '\ufdd0';

/** The part that stands for one escaped byte. */
export function bytePart(byte: number): string {
  return byte < 0x80 ? String.fromCharCode(byte) : BYTE_MARK + String.fromCharCode(byte);
}

function joinParts(parts: readonly string[]): string {
  if (!parts.some((part) => part.startsWith(BYTE_MARK))) return parts.join('');
  const encoder = new TextEncoder();
  const chunks = parts.map((part) =>
    part.startsWith(BYTE_MARK) && part.length === 2 ? Uint8Array.of(part.charCodeAt(1)) : encoder.encode(part),
  );
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return new TextDecoder().decode(joined);
}

/** How an error text shows a character. */
export function shown(code: number): string {
  return code === 10 ? '\\n' : String.fromCodePoint(code);
}
