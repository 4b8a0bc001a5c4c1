/** Lexer states inside maps `{ … }` that have a key, and inside arrays `[ … ]`. */
import {
  ARRAY_END,
  COMMA,
  DOUBLE_QUOTE,
  END,
  HASH,
  isBlank,
  isKeySeparator,
  isNewLine,
  isSpace,
  MAP_END,
  SEMICOLON,
  SINGLE_QUOTE,
  SLASH,
} from './characters.ts';
import { keyOrInclude, startsComment } from './key-states.ts';
import { type ConfigCollectionState, type ConfigFollower, type ConfigState, type LexerCore, shown } from './lexer-core.ts';

/** Before a value of an array. */
function arrayValue(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.nextAfter(isSpace);
  if (startsComment(core, code)) return core.pushAndGo('arrayValue', 'comment');
  if (code === SLASH || code === COMMA) return core.fail("Unexpected array value terminator ','.");
  if (code === ARRAY_END) return arrayEnd(core);
  cursor.back();
  return core.pushAndGo('arrayValueEnd', 'value');
}

/** Behind a value of an array. A single slash separates as a comma does. */
function arrayValueEnd(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.nextAfter(isBlank);
  if (startsComment(core, code)) return core.pushAndGo('arrayValueEnd', 'comment');
  if (code === SLASH || code === COMMA || isNewLine(code)) {
    cursor.skip();
    return 'arrayValue';
  }
  if (code === ARRAY_END) return arrayEnd(core);
  return core.fail(`Expected an array value terminator "," or an array terminator "]", but got '${shown(code)}' instead.`);
}

function arrayEnd(core: LexerCore): 'pop' {
  core.cursor.skip();
  core.emit('arrayEnd');
  return 'pop';
}

/** Before a key of a map. A single slash vanishes. */
function mapKeyStart(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.peekAfter(isSpace);
  if (isKeySeparator(code)) return core.fail(`Unexpected key separator '${shown(code)}'.`);
  if (code === ARRAY_END) return core.fail("Unexpected array end ']' processing map.");
  if (code === END) return core.fail('Unexpected EOF processing map.');
  if (code === MAP_END || code === SINGLE_QUOTE || code === DOUBLE_QUOTE) {
    cursor.next();
    cursor.skip();
    if (code === MAP_END) return mapEnd(core);
    return code === SINGLE_QUOTE ? 'mapQuotedKey' : 'mapDoubleQuotedKey';
  }
  if (code === HASH || code === SLASH) {
    cursor.next();
    if (startsComment(core, code)) return core.pushAndGo('mapKeyStart', 'comment');
  }
  cursor.skip();
  cursor.next();
  return 'mapKey';
}

function mapKeyUntil(quote: number, name: string): ConfigState {
  return (core) => {
    const { cursor } = core;
    for (let code = cursor.peek(); code !== quote; code = cursor.peek()) {
      if (code === END) return core.fail(`Unexpected EOF processing ${name} map key.`);
      cursor.next();
    }
    core.emit('key');
    cursor.next();
    cursor.skip();
    return 'mapKeyEnd';
  };
}

function mapKey(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  for (let code = cursor.peek(); ; code = cursor.peek()) {
    if (code === END) return core.fail('Unexpected EOF processing map key.');
    if (isSpace(code)) {
      const follower = keyOrInclude(core, 'mapKeyEnd');
      return follower === 'include' ? core.pushAndGo('mapValueEnd', 'include') : follower;
    }
    if (isKeySeparator(code)) {
      core.emit('key');
      return 'mapKeyEnd';
    }
    cursor.next();
  }
}

function mapKeyEnd(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.nextAfter(isSpace);
  if (isKeySeparator(code)) cursor.skip();
  else cursor.back();
  return 'mapValue';
}

function mapValue(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.nextAfter(isSpace);
  if (code === COMMA) return core.fail('Unexpected map value terminator ",".');
  if (code === MAP_END) {
    cursor.skip();
    return mapEnd(core);
  }
  cursor.back();
  return core.pushAndGo('mapValueEnd', 'value');
}

/** Behind a value of a map. A single slash separates as a comma does. */
function mapValueEnd(core: LexerCore): ConfigFollower {
  const { cursor } = core;
  const code = cursor.nextAfter(isBlank);
  if (startsComment(core, code)) return core.pushAndGo('mapValueEnd', 'comment');
  if (code === SLASH || code === SEMICOLON || code === COMMA || isNewLine(code)) {
    cursor.skip();
    return 'mapKeyStart';
  }
  if (code === MAP_END) {
    cursor.skip();
    return mapEnd(core);
  }
  return core.fail(`Expected a map value terminator "," or a map terminator "}", but got '${shown(code)}' instead.`);
}

function mapEnd(core: LexerCore): 'pop' {
  core.cursor.skip();
  core.emit('mapEnd');
  return 'pop';
}

export const collectionStates: Readonly<Record<ConfigCollectionState, ConfigState>> = {
  arrayValue,
  arrayValueEnd,
  mapKeyStart,
  mapQuotedKey: mapKeyUntil(SINGLE_QUOTE, 'quoted'),
  mapDoubleQuotedKey: mapKeyUntil(DOUBLE_QUOTE, 'double quoted'),
  mapKey,
  mapKeyEnd,
  mapValue,
  mapValueEnd,
};
