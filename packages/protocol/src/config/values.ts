/**
 * What a configuration is after parsing: a tree of values, each with its place in a file. Integers are Go's int64, so they are bigints
 * here. The tree is frozen by type but for one mark: a key that was used as a variable may have any name.
 */

/** Where something stands: file as it was named, line from 1, column as nats-server counts (see `ConfigItem`). */
export interface ConfigPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** UTF-16 offsets into the file's text. */
export interface ConfigRange {
  readonly start: number;
  readonly end: number;
}

/** A value with its place: that of its key in a map, its own in an array. */
export interface ConfigNode {
  readonly value: ConfigValue;
  readonly place: ConfigPlace;
  /** Where the key stands; absent in arrays. */
  readonly keyRange?: ConfigRange;
  /** Where the value stands: of a map or an array, its closing bracket. */
  readonly range: ConfigRange;
  /** True once `$key` referred to it. */
  isUsedVariable: boolean;
}

export type ConfigMap = { readonly kind: 'map'; readonly entries: Map<string, ConfigNode> };
export type ConfigArray = { readonly kind: 'array'; readonly items: ConfigNode[] };
export type ConfigValue =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** `2026-01-02T03:04:05Z`. */
  | { readonly kind: 'date'; readonly text: string }
  | ConfigArray
  | ConfigMap;

/** A comment, its marker not included in `text`. */
export interface ConfigComment {
  readonly text: string;
  readonly file: string;
  readonly line: number;
  readonly range: ConfigRange;
}

/** A parsed file with everything it includes. */
export interface ConfigDocument {
  readonly root: ConfigMap;
  /** In the order of reading, those of included files in between. */
  readonly comments: readonly ConfigComment[];
  /** Names of all files, the first one being the document's own. */
  readonly files: readonly string[];
}

/**
 * A tree as JSON text with sorted keys, as Go's encoder writes it: what the digest of a configuration is made of.
 * Source: nats-server conf/parse.go configDigest and Go's encoding/json.
 */
export function canonicalJson(value: ConfigValue): string {
  switch (value.kind) {
    case 'string':
    case 'date':
      return goString(value.text);
    case 'integer':
    case 'boolean':
      return String(value.value);
    case 'float':
      return JSON.stringify(value.value);
    case 'array':
      return `[${value.items.map((node) => canonicalJson(node.value)).join(',')}]`;
    case 'map': {
      const keys = [...value.entries.keys()].sort(byCodePoint);
      return `{${keys.map((key) => `${goString(key)}:${entryJson(value, key)}`).join(',')}}`;
    }
  }
}

function entryJson(map: ConfigMap, key: string): string {
  const node = map.entries.get(key);
  return node === undefined ? 'null' : canonicalJson(node.value);
}

/** Go escapes what HTML would take for markup. */
function goString(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As Go sorts: by bytes of UTF-8, which is by code point. */
function byCodePoint(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
