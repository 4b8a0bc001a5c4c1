/**
 * The parser: items of the lexer become a tree. Variables are looked up in the maps that are open, then in the environment, whose text
 * is parsed as a value; includes are parsed as files of their own and their keys join the open map. Files and environment are handed in,
 * so that the same parser serves the server and an editor in a browser. Source: nats-server conf/parse.go, and its error texts.
 */
import { type ConfigBounds, configBounds } from '../limits.ts';
import type { ConfigItem } from './items.ts';
import { ConfigLexer } from './lexer.ts';
import { folderOf, joinPath } from './paths.ts';
import { readScalar } from './scalars.ts';
import type { ConfigArray, ConfigComment, ConfigDocument, ConfigMap, ConfigNode, ConfigPlace, ConfigValue } from './values.ts';

/** Where included files and environment variables come from. */
export interface ConfigSources {
  /** The text of a file, or the system's words: `open x.conf: no such file or directory`. */
  readFile(path: string): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly error: string };
  /** The value of an environment variable, or undefined. */
  lookupEnv(name: string): string | undefined;
}

/** Sources that have nothing. */
const noSources: ConfigSources = {
  readFile: (path) => ({ ok: false, error: `open ${path}: no such file or directory` }),
  lookupEnv: () => undefined,
};

/** Why a file cannot be read. `message` is what nats-server prints; the place is for an editor. */
export interface ConfigParseError {
  readonly message: string;
  readonly place: ConfigPlace;
  /** UTF-16 offset into the file. */
  readonly offset: number;
}

export type ConfigParseResult =
  | { readonly ok: true; readonly document: ConfigDocument }
  | { readonly ok: false; readonly error: ConfigParseError };

/** Parses `text`; `file` is its name, which includes are relative to and error texts show. */
export function parseConfig(
  text: string,
  options: { file?: string; sources?: ConfigSources; bounds?: ConfigBounds } = {},
): ConfigParseResult {
  const { file = '', sources = noSources, bounds = configBounds } = options;
  const run: ParseRun = { sources, bounds, comments: [], files: [], openVariables: new Set(), shapes: new Map(), nodeCount: 0 };
  const parser = new FileParser(run, { text, file, depth: 0, includeDepth: 0 });
  const error = parser.parse();
  if (error !== undefined) return { ok: false, error };
  return { ok: true, document: { root: parser.root, comments: run.comments, files: run.files } };
}

/** What all files of one run share. */
interface ParseRun {
  readonly sources: ConfigSources;
  readonly bounds: ConfigBounds;
  readonly comments: ConfigComment[];
  readonly files: string[];
  /** Environment variables whose text is being parsed. */
  readonly openVariables: Set<string>;
  readonly shapes: Map<ConfigMap | ConfigArray, Shape>;
  nodeCount: number;
}

/** How large a collection is when the variables in it are written out, so that a few lines cannot stand for a billion values. */
interface Shape {
  nodeCount: number;
  height: number;
}

interface FileInput {
  readonly text: string;
  readonly file: string;
  /** Maps and arrays that are open around this text. */
  readonly depth: number;
  readonly includeDepth: number;
  /** Set for the text of an environment variable: the place that refers to it. */
  readonly place?: ConfigPlace;
}

/** The key under which the text of an environment variable is parsed. */
const VARIABLE_KEY = 'pk';
/** A bare bcrypt hash `$2a$…` is no variable. */
const BCRYPT_PREFIX = '2a$';

type Lookup =
  | { readonly kind: 'node'; readonly node: ConfigNode }
  | { readonly kind: 'value'; readonly value: ConfigValue }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly message: string };

class FileParser {
  readonly root: ConfigMap = { kind: 'map', entries: new Map() };
  private readonly run: ParseRun;
  private readonly input: FileInput;
  private readonly lexer: ConfigLexer;
  private readonly open: (ConfigMap | ConfigArray)[] = [this.root];
  private readonly keys: ConfigItem[] = [];

  constructor(run: ParseRun, input: FileInput) {
    this.run = run;
    this.input = input;
    this.lexer = new ConfigLexer(input.text, run.bounds.maxDepth);
    if (input.place === undefined) run.files.push(input.file);
  }

  parse(): ConfigParseError | undefined {
    const { bounds } = this.run;
    const tooLarge = this.input.text.length > bounds.maxFileChars;
    if (tooLarge) return this.errorAt(undefined, `config file is larger than ${bounds.maxFileChars} characters`);
    let previous: ConfigItem | undefined;
    for (;;) {
      const item = this.lexer.next();
      if (item.kind === 'end') {
        // A closing brace as the last word is let through: so end files that are JSON.
        if (previous?.kind !== 'key' || previous.text === '}') return undefined;
        return this.errorAt(item, `config is invalid (${this.input.file}:${item.line}:${item.column})`);
      }
      previous = item;
      if (++this.run.nodeCount > bounds.maxNodes)
        return this.errorAt(item, `config has more than ${bounds.maxNodes} keys and values`);
      const message = this.processItem(item);
      if (message !== undefined) return this.errorAt(item, message);
    }
  }

  /** Returns what is wrong, or undefined. */
  private processItem(item: ConfigItem): string | undefined {
    switch (item.kind) {
      case 'error':
        return `Parse error on line ${item.line}: '${item.text}'`;
      case 'key':
        this.keys.push(item);
        return undefined;
      case 'comment':
        this.keepComment(item);
        return undefined;
      case 'mapStart':
        return this.openCollection({ kind: 'map', entries: new Map() });
      case 'arrayStart':
        return this.openCollection({ kind: 'array', items: [] });
      case 'mapEnd':
      case 'arrayEnd':
        return this.closeCollection(item);
      case 'variable':
        return this.processVariable(item);
      case 'include':
        return this.processInclude(item);
      case 'string':
        return this.setValue(item, { kind: 'string', text: item.text });
      default: {
        const scalar = readScalar(item);
        if (!scalar.ok) return scalar.error;
        return scalar.value === undefined ? undefined : this.setValue(item, scalar.value);
      }
    }
  }

  private keepComment(item: ConfigItem): void {
    if (this.input.place !== undefined) return;
    const range = { start: item.start, end: item.end };
    this.run.comments.push({ text: item.text, file: this.input.file, line: item.line, range });
  }

  private openCollection(collection: ConfigMap | ConfigArray): string | undefined {
    if (this.input.depth + this.open.length >= this.run.bounds.maxDepth) return 'config is nested too deeply';
    this.open.push(collection);
    return undefined;
  }

  private closeCollection(item: ConfigItem): string | undefined {
    const collection = this.open.pop();
    if (collection === undefined || this.open.length === 0) return `unexpected '${item.text}'`;
    return this.setValue(item, collection);
  }

  /** Adds to the open array, or to the open map under the key that was read last. */
  private setValue(item: ConfigItem, value: ConfigValue): string | undefined {
    const target = this.open.at(-1);
    const range = { start: item.start, end: item.end };
    const tooLarge = this.grow(target, value);
    if (tooLarge !== undefined) return tooLarge;
    if (target?.kind === 'array') {
      target.items.push({ value, place: this.placeOf(item), range, isUsedVariable: false });
      return undefined;
    }
    const key = this.keys.pop();
    if (key === undefined || target === undefined) return 'value without a key';
    const keyRange = { start: key.start, end: key.end };
    target.entries.set(key.text, { value, place: this.placeOf(key), keyRange, range, isUsedVariable: false });
    return undefined;
  }

  /** Adds the shape of a value to that of the collection it goes into. */
  private grow(target: ConfigMap | ConfigArray | undefined, value: ConfigValue): string | undefined {
    const { bounds, shapes } = this.run;
    const isCollection = value.kind === 'map' || value.kind === 'array';
    const shape = (isCollection ? shapes.get(value) : undefined) ?? { nodeCount: 1, height: isCollection ? 1 : 0 };
    const whole = (target === undefined ? undefined : shapes.get(target)) ?? { nodeCount: 1, height: 1 };
    whole.nodeCount += shape.nodeCount;
    whole.height = Math.max(whole.height, shape.height + 1);
    if (target !== undefined) shapes.set(target, whole);
    if (whole.nodeCount > bounds.maxNodes) return `config has more than ${bounds.maxNodes} keys and values`;
    return this.input.depth + this.open.length + whole.height > bounds.maxDepth * 2 ? 'config is nested too deeply' : undefined;
  }

  private placeOf(item: ConfigItem): ConfigPlace {
    return this.input.place ?? { file: this.input.file, line: item.line, column: item.column };
  }

  private processVariable(item: ConfigItem): string | undefined {
    const found = this.lookupVariable(item);
    switch (found.kind) {
      case 'node':
        found.node.isUsedVariable = true;
        return this.setValue(item, found.node.value);
      case 'value':
        return this.setValue(item, found.value);
      case 'missing':
        return `variable reference for '${item.text}' on line ${item.line} can not be found`;
      case 'failed':
        return `variable reference for '${item.text}' on line ${item.line} could not be parsed: ${found.message}`;
    }
  }

  private lookupVariable(item: ConfigItem): Lookup {
    const name = item.text;
    if (name.startsWith(BCRYPT_PREFIX)) return { kind: 'value', value: { kind: 'string', text: `$${name}` } };
    for (let index = this.open.length - 1; index >= 0; index--) {
      const scope = this.open[index];
      const node = scope?.kind === 'map' ? scope.entries.get(name) : undefined;
      if (node !== undefined) return { kind: 'node', node };
    }
    const { openVariables, sources } = this.run;
    if (openVariables.has(name)) return { kind: 'failed', message: `variable reference cycle for '${name}'` };
    const text = sources.lookupEnv(name);
    if (text === undefined) return { kind: 'missing' };
    if (openVariables.size >= this.run.bounds.maxIncludeDepth)
      return { kind: 'failed', message: 'variables refer to one another too deeply' };
    openVariables.add(name);
    const parser = new FileParser(this.run, {
      text: `${VARIABLE_KEY}=${text}`,
      file: '',
      depth: this.input.depth + this.open.length,
      includeDepth: this.input.includeDepth,
      place: this.placeOf(item),
    });
    const error = parser.parse();
    openVariables.delete(name);
    if (error !== undefined) return { kind: 'failed', message: error.message };
    const node = parser.root.entries.get(VARIABLE_KEY);
    return node === undefined ? { kind: 'missing' } : { kind: 'value', value: node.value };
  }

  private processInclude(item: ConfigItem): string | undefined {
    const { bounds, files, sources } = this.run;
    const failed = (why: string) => `error parsing include file '${item.text}', ${why}`;
    if (this.input.includeDepth >= bounds.maxIncludeDepth)
      return failed(`files include one another more than ${bounds.maxIncludeDepth} deep`);
    if (files.length >= bounds.maxFiles) return failed(`more than ${bounds.maxFiles} files`);
    const path = joinPath(folderOf(this.input.file), item.text);
    const read = sources.readFile(path);
    if (!read.ok) return failed(read.error);
    const parser = new FileParser(this.run, {
      text: read.text,
      file: path,
      depth: this.input.depth + this.open.length,
      includeDepth: this.input.includeDepth + 1,
    });
    const error = parser.parse();
    if (error !== undefined) return failed(error.message);
    const target = this.open.at(-1);
    if (target?.kind !== 'map') return failed('an array cannot include a file');
    for (const [key, node] of parser.root.entries) {
      const tooLarge = this.grow(target, node.value);
      if (tooLarge !== undefined) return failed(tooLarge);
      target.entries.set(key, node);
    }
    return undefined;
  }

  private errorAt(item: ConfigItem | undefined, message: string): ConfigParseError {
    const place = item === undefined ? { file: this.input.file, line: 1, column: 0 } : this.placeOf(item);
    return { message, place, offset: item?.start ?? 0 };
  }
}
