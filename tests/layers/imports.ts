/** What one source file asks for: the modules that it imports in any form, and the globals that the rules care about. */
import { scan, type Token } from './scan.ts';

export interface Import {
  readonly specifier: string;
  readonly form: 'import' | 'export' | 'dynamic' | 'require' | 'url';
  /** True when nothing of the module is loaded: `import type …`. */
  readonly isType: boolean;
  /** Words of the import clause: names, aliases and keywords. */
  readonly words: readonly string[];
  readonly line: number;
}

/** A global such as `Date.now` or `setTimeout`, by the name that rules use. */
export interface Use {
  readonly name: string;
  readonly line: number;
}

export interface SourceFacts {
  readonly imports: readonly Import[];
  readonly uses: readonly Use[];
}

const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate']);
/** Object → members that reach for time, randomness or the environment. */
const MEMBERS: Readonly<Record<string, RegExp>> = {
  Date: /^now$/,
  performance: /^now$/,
  Math: /^random$/,
  process: /^(env|hrtime)$/,
  crypto: /^(random\w*|getRandomValues)$/,
};

/** Imports of every form (static, type, re-export, dynamic, require, URL beside this module) and uses of watched globals. */
export function readFacts(source: string): SourceFacts {
  const tokens = scan(source);
  const imports: Import[] = [];
  const uses: Use[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word' || isMember(tokens, index)) continue;
    const found = readImport(tokens, index);
    if (found !== undefined) imports.push(found);
    const use = readUse(tokens, index);
    if (use !== undefined) uses.push({ name: use, line: token.line });
  }
  return { imports, uses };
}

function readImport(tokens: readonly Token[], index: number): Import | undefined {
  const word = tokens[index]?.text;
  if (word === 'import') return readImportWord(tokens, index);
  if (word === 'export' && isReexport(tokens, index)) return readClause(tokens, index, 'export');
  if (word === 'require' && isSign(tokens[index + 1], '(')) return fromString(tokens[index + 2], 'require');
  if (word === 'URL' && isSign(tokens[index + 1], '(') && tokens[index + 4]?.text === 'import')
    return fromString(tokens[index + 2], 'url');
  return undefined;
}

function readImportWord(tokens: readonly Token[], index: number): Import | undefined {
  const next = tokens[index + 1];
  if (next === undefined || isSign(next, '.')) return undefined;
  if (next.kind === 'string') return fromString(next, 'import');
  if (isSign(next, '(')) return fromString(tokens[index + 2], 'dynamic');
  return readClause(tokens, index, 'import');
}

/** `export *`, `export {`, `export type *` and `export type {` may name a module; other exports do not. */
function isReexport(tokens: readonly Token[], index: number): boolean {
  const next = tokens[index + 1];
  const first = next?.text === 'type' ? tokens[index + 2] : next;
  return isSign(first, '*') || isSign(first, '{');
}

/** Reads `… from 'module'`. A clause without `from` before the statement ends is none. */
function readClause(tokens: readonly Token[], index: number, form: 'import' | 'export'): Import | undefined {
  const words: string[] = [];
  for (let at = index + 1; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || isSign(token, ';') || isSign(token, '(') || isSign(token, '=')) return undefined;
    if (token.kind === 'string') {
      return tokens[at - 1]?.text === 'from'
        ? { specifier: token.text, form, isType: isTypeClause(tokens, index), words, line: tokens[index]?.line ?? 0 }
        : undefined;
    }
    const isEnd = isSign(tokens[at - 1], '}') && token.text !== 'from';
    if (isEnd) return undefined;
    if (token.kind === 'word') words.push(token.text);
  }
  return undefined;
}

/** `type` is the name of what is imported in `import type from` and `import type, {`. */
function isTypeClause(tokens: readonly Token[], index: number): boolean {
  const after = tokens[index + 2];
  return tokens[index + 1]?.text === 'type' && !isSign(after, ',') && after?.text !== 'from';
}

function readUse(tokens: readonly Token[], index: number): string | undefined {
  const word = tokens[index]?.text ?? '';
  if (TIMERS.has(word)) return isSign(tokens[index + 1], '(') ? word : undefined;
  if (word === 'Date' && tokens[index - 1]?.text === 'new' && isSign(tokens[index + 1], '(') && isSign(tokens[index + 2], ')')) {
    return 'new Date()';
  }
  const member = isSign(tokens[index + 1], '.') ? tokens[index + 2]?.text : undefined;
  if (member === undefined) return undefined;
  return Object.hasOwn(MEMBERS, word) && MEMBERS[word]?.test(member) ? `${word}.${member}` : undefined;
}

function fromString(token: Token | undefined, form: Import['form']): Import | undefined {
  return token?.kind === 'string' ? { specifier: token.text, form, isType: false, words: [], line: token.line } : undefined;
}

function isMember(tokens: readonly Token[], index: number): boolean {
  return isSign(tokens[index - 1], '.') && !isSign(tokens[index - 2], '.');
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text;
}
