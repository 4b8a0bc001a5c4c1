/** Lexer states at the top level and in a bare `{ … }` block: keys, separators, comments, includes. */
import {
  ARRAY_START,
  BACKSLASH,
  BLOCK_START,
  COMMA,
  DOUBLE_QUOTE,
  END,
  HASH,
  isBlank,
  isDigit,
  isKeySeparator,
  isNewLine,
  isSpace,
  MAP_END,
  MAP_START,
  MINUS,
  SEMICOLON,
  SINGLE_QUOTE,
  SLASH,
} from './characters.ts';
import {
  type ConfigFollower,
  type ConfigKeyState,
  type ConfigState,
  type ConfigStateName,
  type LexerCore,
  shown,
} from './lexer-core.ts';

/** Between two entries of the file. */
function top(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.nextAfter(isSpace);
  if (code === MAP_START) {
    cursor.skip();
    return core.pushAndGo('top', 'blockStart');
  }
  if (startsComment(core, code)) return core.pushAndGo('top', 'comment');
  if (code === SLASH || code === END) return core.endOfText();
  cursor.back();
  return core.pushAndGo('topValueEnd', 'keyStart');
}

/** True when `#` or `//` was taken. Of a single slash nothing more is taken. */
export function startsComment(core: LexerCore, code: number): boolean {
  if (code === HASH) return true;
  if (code !== SLASH) return false;
  if (core.cursor.next() === SLASH) return true;
  core.cursor.back();
  return false;
}

/** Behind a value of the file: blanks, then a separator, the line's end or a comment. A single slash counts as a blank. */
function topValueEnd(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (;;) {
    const code = cursor.next();
    if (startsComment(core, code)) return core.pushAndGo('top', 'comment');
    if (code === SLASH || isBlank(code)) continue;
    if (isNewLine(code) || code === END || code === SEMICOLON || code === COMMA || code === MAP_END) {
      cursor.skip();
      return 'top';
    }
    return core.fail(`Expected a top-level value to end with a new line, comment or EOF, but got '${shown(code)}' instead.`);
  }
}

/** Between two entries of a `{ … }` that has no key, as a JSON file begins. */
function blockStart(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.nextAfter(isSpace);
  if (code === MAP_START) {
    cursor.skip();
    return core.pushAndGo('blockEnd', 'blockStart');
  }
  if (code === MAP_END) {
    cursor.skip();
    return 'pop';
  }
  if (startsComment(core, code)) return core.pushAndGo('blockStart', 'comment');
  if (code === SLASH || code === END) return core.endOfText();
  cursor.back();
  return core.pushAndGo('blockValueEnd', 'keyStart');
}

function blockValueEnd(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (;;) {
    const code = cursor.next();
    if (startsComment(core, code)) return core.pushAndGo('blockValueEnd', 'comment');
    if (code === SLASH || isBlank(code)) continue;
    if (isNewLine(code) || code === SEMICOLON || code === COMMA) {
      cursor.skip();
      return 'blockStart';
    }
    if (code === MAP_END) {
      cursor.back();
      return 'blockEnd';
    }
    return core.fail(`Expected a block-level value to end with a new line, comment or EOF, but got '${shown(code)}' instead.`);
  }
}

function blockEnd(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (;;) {
    const code = cursor.next();
    if (startsComment(core, code)) return core.pushAndGo('blockStart', 'comment');
    if (code === SLASH || isNewLine(code) || isBlank(code)) continue;
    if (code === SEMICOLON || code === COMMA) {
      cursor.skip();
      return 'blockStart';
    }
    if (code === MAP_END) {
      cursor.skip();
      return 'pop';
    }
    return core.fail(`Expected a block-level to end with a '}', but got '${shown(code)}' instead.`);
  }
}

function keyStart(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.peekAfter(isSpace);
  if (isKeySeparator(code)) return core.fail(`Unexpected key separator '${shown(code)}'`);
  if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
    cursor.next();
    cursor.skip();
    return code === DOUBLE_QUOTE ? 'doubleQuotedKey' : 'quotedKey';
  }
  cursor.skip();
  cursor.next();
  return 'key';
}

function quotedKeyUntil(quote: number): ConfigState {
  return (core) => {
    const { cursor } = core;
    for (let code = cursor.peek(); code !== quote; code = cursor.peek()) {
      if (code === END) return core.endOfText();
      cursor.next();
    }
    core.emit('key');
    cursor.next();
    cursor.skip();
    return 'keyEnd';
  };
}

/** A bare key runs to white space or a separator. */
function key(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (let code = cursor.peek(); ; code = cursor.peek()) {
    if (isSpace(code)) return keyOrInclude(core, 'keyEnd');
    if (isKeySeparator(code) || code === END) {
      core.emit('key');
      return 'keyEnd';
    }
    cursor.next();
  }
}

/** `include` is a word only where a blank follows. */
export function keyOrInclude(core: LexerCore, keyEndState: ConfigStateName): ConfigStateName {
  if (core.cursor.pending().toLowerCase() === 'include') {
    core.cursor.skip();
    return 'include';
  }
  core.emit('key');
  return keyEndState;
}

function keyEnd(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.nextAfter(isSpace);
  if (isKeySeparator(code)) {
    cursor.skip();
    return 'value';
  }
  if (code === END) {
    core.emit('end');
    return 'stop';
  }
  cursor.back();
  return 'value';
}

/** Behind `#` or `//`, up to the line's end. */
function comment(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  cursor.skip();
  for (let code = cursor.peek(); !isNewLine(code) && code !== END; code = cursor.peek()) cursor.next();
  core.emit('comment');
  return 'pop';
}

/** What an include may not begin with, and how the error names it. */
function wrongIncludeStart(code: number): string | undefined {
  if (code === ARRAY_START) return 'start of an array';
  if (code === MAP_START) return 'start of a map';
  if (code === BLOCK_START) return 'start of a block';
  if (isDigit(code) || code === MINUS) return 'start of a number';
  if (code === BACKSLASH) return 'escape sequence';
  return isNewLine(code) ? 'new line' : undefined;
}

/** The file name behind `include`. */
function include(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  let code = cursor.nextAfter(isBlank);
  const wrong = wrongIncludeStart(code);
  if (wrong !== undefined) return core.fail(`Expected include value but found ${wrong}`);
  if (code === SINGLE_QUOTE || code === DOUBLE_QUOTE) {
    cursor.skip();
    return quotedInclude(core, code);
  }
  while (!(isNewLine(code) || code === END || code === SEMICOLON || code === MAP_END || isBlank(code) || code === SINGLE_QUOTE)) {
    code = cursor.next();
  }
  cursor.back();
  core.emit('include');
  if (code === SINGLE_QUOTE) {
    cursor.next();
    cursor.skip();
  }
  return 'pop';
}

function quotedInclude(core: LexerCore, quote: number): ConfigFollower {
  const { cursor } = core;
  for (let code = cursor.next(); code !== quote; code = cursor.next()) {
    if (code === END) return core.fail(`Unexpected EOF in ${quote === DOUBLE_QUOTE ? 'double ' : ''}quoted include`);
  }
  cursor.back();
  core.emit('include');
  cursor.next();
  cursor.skip();
  return 'pop';
}

export const keyStates: Readonly<Record<ConfigKeyState, ConfigState>> = {
  top,
  topValueEnd,
  blockStart,
  blockValueEnd,
  blockEnd,
  keyStart,
  key,
  doubleQuotedKey: quotedKeyUntil(DOUBLE_QUOTE),
  quotedKey: quotedKeyUntil(SINGLE_QUOTE),
  keyEnd,
  comment,
  include,
};
