/** Lexer states that read one value: quoted and bare strings, `( … )` blocks, numbers with size suffixes, dates, variables. */
import {
  ARRAY_END,
  ARRAY_START,
  BACKSLASH,
  BLOCK_END,
  BLOCK_START,
  COMMA,
  DOLLAR,
  DOT,
  DOUBLE_QUOTE,
  END,
  isBlank,
  isDigit,
  isNewLine,
  isSizeSuffix,
  LINE_FEED,
  MAP_END,
  MAP_START,
  MINUS,
  SEMICOLON,
  SINGLE_QUOTE,
} from './characters.ts';
import { bytePart, type ConfigFollower, type ConfigState, type ConfigValueState, type LexerCore, shown } from './lexer-core.ts';

const BOOLEANS: ReadonlySet<string> = new Set(['true', 'false', 'on', 'off', 'yes', 'no']);
const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '"': '"', '\\': '\\' };

/** Any value. Blanks may come before it, but no line end. */
function value(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.nextAfter(isBlank);
  if (code === ARRAY_START || code === MAP_START) {
    cursor.skip();
    core.emit(code === ARRAY_START ? 'arrayStart' : 'mapStart');
    return code === ARRAY_START ? 'arrayValue' : 'mapKeyStart';
  }
  if (code === SINGLE_QUOTE || code === DOUBLE_QUOTE || code === BLOCK_START) {
    cursor.skip();
    if (code === BLOCK_START) return 'block';
    return code === SINGLE_QUOTE ? 'quotedString' : beginString(core, 'doubleQuotedString');
  }
  if (code === MINUS) return negativeNumberStart(core);
  if (isDigit(code)) return 'number';
  if (code === DOT) return core.fail('Floats must start with a digit');
  if (isNewLine(code)) return core.fail('Expected value but found new line');
  cursor.back();
  return beginString(core, 'bareString');
}

function beginString(core: LexerCore, state: 'bareString' | 'doubleQuotedString'): 'bareString' | 'doubleQuotedString' {
  core.stringState = state;
  core.stringStart = core.cursor.start;
  return state;
}

function quotedString(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (let code = cursor.next(); code !== SINGLE_QUOTE; code = cursor.next()) {
    if (code === END) return core.endOfText();
  }
  cursor.back();
  core.emit('string');
  cursor.next();
  cursor.skip();
  return 'pop';
}

function doubleQuotedString(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (let code = cursor.next(); code !== DOUBLE_QUOTE; code = cursor.next()) {
    if (code === BACKSLASH) return beginEscape(core);
    if (code === END) return core.endOfText();
  }
  cursor.back();
  core.emitString();
  cursor.next();
  cursor.skip();
  return 'pop';
}

/** A string without quotes, which may turn out to be a boolean or a variable. */
function bareString(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (;;) {
    const code = cursor.next();
    if (code === BACKSLASH) return beginEscape(core);
    if (code === SINGLE_QUOTE) {
      cursor.back();
      core.emitString();
      cursor.next();
      cursor.skip();
      return 'pop';
    }
    if (endsBareString(code)) {
      cursor.back();
      emitBare(core);
      return 'pop';
    }
  }
}

function endsBareString(code: number): boolean {
  if (isNewLine(code) || code === END || isBlank(code)) return true;
  return code === SEMICOLON || code === COMMA || code === ARRAY_END || code === MAP_END;
}

function emitBare(core: LexerCore): void {
  const { cursor } = core;
  if (core.parts.length > 0) return core.emitString();
  if (BOOLEANS.has(cursor.pending().toLowerCase())) return core.emit('boolean');
  if (cursor.text.charCodeAt(cursor.start) !== DOLLAR) return core.emitString();
  cursor.start++;
  core.emit('variable');
}

/** The backslash has been taken. */
function beginEscape(core: LexerCore): 'escape' {
  const { cursor } = core;
  core.parts.push(cursor.text.slice(cursor.start, cursor.offset - 1));
  cursor.start = cursor.offset;
  return 'escape';
}

function escapedCharacter(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.next();
  const letter = String.fromCodePoint(code);
  if (letter === 'x') return escapedByte(core);
  const part = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (part === undefined) {
    return core.fail(
      `Invalid escape character '${shown(code)}'. Only the following escape characters are allowed: \\xXX, \\t, \\n, \\r, \\", \\\\.`,
    );
  }
  core.parts.push(part);
  cursor.start = cursor.offset;
  return core.stringState;
}

/** Two hexadecimal digits behind `\x`. */
function escapedByte(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (let count = 0; count < 2; count++) {
    if (isNewLine(cursor.next())) return core.fail("Expected two hexadecimal digits after '\\x', but hit end of line");
  }
  const digits = cursor.text.slice(cursor.offset - 2, cursor.offset);
  if (!/^[0-9a-fA-F]{2}$/.test(digits)) return core.fail(`Expected two hexadecimal digits after '\\x', but got '${digits}'`);
  core.parts.push(bytePart(Number.parseInt(digits, 16)));
  cursor.start = cursor.offset;
  return core.stringState;
}

/** A block of text up to a `)` that has a line to itself. */
function block(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (;;) {
    const code = cursor.next();
    if (code === END) return core.fail('Unexpected EOF processing block.');
    if (code !== BLOCK_END || cursor.text.charCodeAt(cursor.offset - 2) !== LINE_FEED) continue;
    const follower = cursor.peek();
    if (follower !== LINE_FEED && follower !== END) continue;
    // At the very end of the text, the parenthesis belongs to the value: so it does in nats-server.
    if (follower === LINE_FEED) cursor.backOverAscii();
    core.emit('string');
    cursor.next();
    cursor.skip();
    return 'pop';
  }
}

/** A first digit has been taken: an integer, float, date, address, or a string that begins with digits. */
function number(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  let code = cursor.next();
  while (isDigit(code)) code = cursor.next();
  if (code === MINUS) {
    if (cursor.offset - cursor.start !== 5) return core.fail('All ISO8601 dates must be in full Zulu form.');
    return 'dateAfterYear';
  }
  if (code === DOT) return 'fraction';
  if (isSizeSuffix(code)) return 'sizeSuffix';
  if (!endsNumber(code)) return beginString(core, 'bareString');
  cursor.back();
  core.emit('integer');
  return 'pop';
}

/** A closing bracket does not end a number: `[1]` is a string that goes on, as in nats-server. */
function endsNumber(code: number): boolean {
  return isNewLine(code) || code === END || code === MAP_END || code === SEMICOLON || code === COMMA || isBlank(code);
}

/** Behind k, m, g, t, p or e. */
function sizeSuffix(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  let code = cursor.next();
  while (code > 0 && code < 0x80 && 'bBiI'.includes(String.fromCharCode(code))) code = cursor.next();
  cursor.back();
  if (!endsNumber(code)) return beginString(core, 'bareString');
  core.emit('integer');
  return 'pop';
}

/** `2026-` has been taken. */
function dateAfterYear(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (const expected of '00-00T00:00:00Z') {
    const code = cursor.next();
    if (expected === '0' && !isDigit(code)) {
      return core.fail(`Expected digit in ISO8601 datetime, but found '${shown(code)}' instead.`);
    }
    if (expected !== '0' && code !== expected.charCodeAt(0)) {
      return core.fail(`Expected '${expected}' in ISO8601 datetime, but found '${shown(code)}' instead.`);
    }
  }
  core.emit('date');
  return 'pop';
}

function negativeNumberStart(core: LexerCore): ConfigFollower {
  const code = core.cursor.next();
  if (isDigit(code)) return 'negativeNumber';
  return core.fail(code === DOT ? "Floats must start with a digit, not '.'." : `Expected a digit but got '${shown(code)}'.`);
}

function negativeNumber(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  let code = cursor.next();
  while (isDigit(code)) code = cursor.next();
  if (code === DOT) return 'fraction';
  if (isSizeSuffix(code)) return 'sizeSuffix';
  cursor.back();
  core.emit('integer');
  return 'pop';
}

/** Behind the first dot: a float, or an address when a second dot comes. */
function fraction(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  let code = cursor.next();
  if (!isDigit(code)) return core.fail(`Floats must have a digit after the '.', but got '${shown(code)}' instead.`);
  while (isDigit(code)) code = cursor.next();
  if (code === DOT) return 'address';
  cursor.back();
  core.emit('float');
  return 'pop';
}

/** An IP address with or without a port. */
function address(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  let code = cursor.next();
  while (isDigit(code) || (code > 0 && code < 0x80 && '.:-'.includes(String.fromCharCode(code)))) code = cursor.next();
  cursor.back();
  core.emit('string');
  return 'pop';
}

export const valueStates: Readonly<Record<ConfigValueState, ConfigState>> = {
  value,
  quotedString,
  doubleQuotedString,
  bareString,
  escape: escapedCharacter,
  block,
  number,
  negativeNumber,
  sizeSuffix,
  dateAfterYear,
  fraction,
  address,
};
