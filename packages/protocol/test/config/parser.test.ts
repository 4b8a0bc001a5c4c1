/** Values, variables, includes and places of the configuration language. */
import { describe, expect, it } from 'vitest';
import { type ConfigDocument, type ConfigNode, type ConfigSources, canonicalJson, parseConfig } from '../../src/config/index.ts';

function parse(text: string, sources?: Partial<ConfigSources>): ConfigDocument {
  const none: ConfigSources = { readFile: (path) => ({ ok: false, error: `open ${path}: none` }), lookupEnv: () => undefined };
  const result = parseConfig(text, { file: 'c.conf', sources: { ...none, ...sources } });
  if (!result.ok) throw new Error(result.error.message);
  return result.document;
}
const json = (text: string, sources?: Partial<ConfigSources>): unknown => JSON.parse(canonicalJson(parse(text, sources).root));
const message = (text: string, sources: ConfigSources): string => {
  const result = parseConfig(text, { file: 'dir/c.conf', sources });
  return result.ok ? 'parsed' : result.error.message;
};
function node(document: ConfigDocument, ...path: string[]): ConfigNode {
  let found: ConfigNode | undefined;
  let map = document.root;
  for (const key of path) {
    found = map.entries.get(key);
    if (found?.value.kind === 'map') map = found.value;
  }
  if (found === undefined) throw new Error(`no ${path.join('.')}`);
  return found;
}
const files = (texts: Record<string, string>): ConfigSources => ({
  readFile: (path) => {
    const text = texts[path];
    return text === undefined ? { ok: false, error: `open ${path}: no such file or directory` } : { ok: true, text };
  },
  lookupEnv: () => undefined,
});

describe('values', () => {
  it.each([
    ['a: 1', { a: 1 }],
    ['a = -1', { a: -1 }],
    ['a 1.5', { a: 1.5 }],
    ['a: yes\nb: OFF\nc: True', { a: true, b: false, c: true }],
    ['a: "x y"\nb: \'x "y"\'\nc: x', { a: 'x y', b: 'x "y"', c: 'x' }],
    ['a: "\\t\\n\\r\\"\\\\\\x41\\xc3\\xa9"', { a: '\t\n\r"\\Aé' }],
    ['a: 127.0.0.1:4222\nb: 4222x', { a: '127.0.0.1:4222', b: '4222x' }],
    ['a: [1 , "b"\nc\n]', { a: [1, 'b', 'c'] }],
    ['a { b { c: 1 } }', { a: { b: { c: 1 } } }],
    ['{"a": {"b": [true, null]}}', { a: { b: [true, 'null'] } }],
    ['a: 1; b: 2, c: 3', { a: 1, b: 2, c: 3 }],
    ['a: 1\na: 2', { a: 2 }],
    ['a: (\nx\n y\n)\n', { a: '\nx\n y\n' }],
    ['a: 2026-01-02T03:04:05Z', { a: '2026-01-02T03:04:05Z' }],
    ['a: $2a$04$xyz', { a: '$2a$04$xyz' }],
    ['a: nats://x.y # c\nb: > // d\n', { a: 'nats://x.y', b: '>' }],
  ])('reads %j', (text, expected) => {
    expect(json(text)).toEqual(expected);
  });

  it.each([
    ['1k', 1000],
    ['1kb', 1024],
    ['1KiB', 1024],
    ['2m', 2e6],
    ['2Mb', 2 * 1024 ** 2],
    ['3Gi', 3 * 1024 ** 3],
    ['1t', 1e12],
    ['1tb', 1024 ** 4],
    ['1p', 1e15],
  ])('reads the size %s', (text, expected) => {
    expect(json(`a: ${text}`)).toEqual({ a: expected });
  });

  it('keeps all digits of an int64, and wraps as Go does beyond it', () => {
    expect(canonicalJson(parse('a: 9223372036854775807').root)).toBe('{"a":9223372036854775807}');
    expect(canonicalJson(parse('a: 9e').root)).toBe('{"a":9000000000000000000}');
    expect(canonicalJson(parse('a: 10e').root)).toBe('{"a":-8446744073709551616}');
  });

  it('keeps the names of objects as plain keys', () => {
    expect(canonicalJson(parse('__proto__: 1\nconstructor: 2').root)).toBe('{"__proto__":1,"constructor":2}');
  });
});

describe('variables', () => {
  it('are found in enclosing maps, innermost first', () => {
    expect(json('V: 1\na { V: 2, b: $V }\nc: $V')).toMatchObject({ a: { b: 2 }, c: 1 });
  });

  it('may stand for maps and arrays, and mark the key as used', () => {
    const document = parse('V: [1 , x]\nUNUSED: 1\na: $V');
    expect(node(document, 'a').value).toBe(node(document, 'V').value);
    expect(node(document, 'V').isUsedVariable).toBe(true);
    expect(node(document, 'UNUSED').isUsedVariable).toBe(false);
  });

  it('are parsed as values when they come from the environment', () => {
    const lookupEnv = (name: string) => ({ SIZE: '2kb', LIST: '[a, "b"]', OTHER: '$SIZE' })[name];
    expect(json('a: $SIZE\nb: $LIST\nc: $OTHER', { lookupEnv })).toEqual({ a: 2048, b: ['a', 'b'], c: 2048 });
  });

  it('of the environment that refer to one another in a circle are refused', () => {
    const lookupEnv = (name: string) => ({ A: '$B', B: '$A' })[name];
    expect(message('x: $A', { ...files({}), lookupEnv })).toContain("variable reference cycle for 'A'");
  });
});

describe('includes', () => {
  it('are relative to the including file and join the open map', () => {
    const sources = files({
      'dir/sub/users.conf': 'users: [{user: a}]\ninclude "../more.conf"',
      'dir/more.conf': 'timeout: 2',
    });
    const result = parseConfig('authorization {\n  include "sub/users.conf"\n}\nport: 1\n', { file: 'dir/c.conf', sources });
    if (!result.ok) throw new Error(result.error.message);
    expect(JSON.parse(canonicalJson(result.document.root))).toEqual({
      authorization: { users: [{ user: 'a' }], timeout: 2 },
      port: 1,
    });
    expect(result.document.files).toEqual(['dir/c.conf', 'dir/sub/users.conf', 'dir/more.conf']);
    expect(node(result.document, 'authorization', 'timeout').place).toEqual({ file: 'dir/more.conf', line: 1, column: 0 });
  });

  it('name the file in their errors', () => {
    expect(message('include none.conf', files({}))).toBe(
      "error parsing include file 'none.conf', open dir/none.conf: no such file or directory",
    );
    expect(message('include a.conf', files({ 'dir/a.conf': 'x {' }))).toBe(
      "error parsing include file 'a.conf', Parse error on line 1: 'Unexpected EOF processing map.'",
    );
  });

  it('of a file in itself end with an error, not with the stack', () => {
    expect(message('include c.conf', files({ 'dir/c.conf': 'include c.conf' }))).toContain('include one another');
  });
});

describe('places', () => {
  it('are those of keys, in lines from 1 and bytes from the line feed', () => {
    const document = parse('a: 1\n  b {\n\tc: "é" ; d: 2\n}\n');
    expect(node(document, 'a').place).toEqual({ file: 'c.conf', line: 1, column: 0 });
    expect(node(document, 'b').place).toEqual({ file: 'c.conf', line: 2, column: 3 });
    expect(node(document, 'b', 'd').place).toEqual({ file: 'c.conf', line: 3, column: 12 });
  });

  it('and ranges let an editor mark keys and values', () => {
    const text = 'one: "é\\n" # note\ntwo = three\n';
    const document = parse(text);
    const slice = (range: { start: number; end: number } | undefined) => text.slice(range?.start, range?.end);
    expect(slice(node(document, 'one').keyRange)).toBe('one');
    expect(slice(node(document, 'one').range)).toBe('é\\n');
    expect(slice(node(document, 'two').range)).toBe('three');
  });

  it('of comments are kept', () => {
    const text = '# first\na: 1 // second\nb { # third\n}\n';
    const { comments } = parse(text);
    expect(comments.map(({ text: comment, line }) => [comment, line])).toEqual([
      [' first', 1],
      [' second', 2],
      [' third', 3],
    ]);
    expect(comments.map(({ range }) => text.slice(range.start, range.end))).toEqual([' first', ' second', ' third']);
  });
});
