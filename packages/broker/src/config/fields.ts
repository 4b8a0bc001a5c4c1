/**
 * Blocks as tables: a key, its synonyms, and what to do with its value. Everything that a block shares stands here: keys are found in
 * any case, unknown ones are errors, a value of the wrong type is reported in Go's words and the other keys are read all the same.
 * Source: nats-server server/opts.go.
 */
import { NS_PER_MS, parseDuration } from '@sluice/protocol';
import type { ConfigArray, ConfigMap, ConfigNode } from '@sluice/protocol/config';
import { goType } from './go-values.ts';
import { type ConfigReport, quoted } from './report.ts';

/** Reads one value into a draft. `key` is as written. */
export type FieldReader<D> = (node: ConfigNode, draft: D, report: ConfigReport, key: string) => void;
export type Fields<D> = ReadonlyMap<string, FieldReader<D>>;

/** A table; synonyms stand in one name with blanks between: `'host net'`. */
export function defineFields<D>(table: Readonly<Record<string, FieldReader<D>>>): Fields<D> {
  return new Map(Object.entries(table).flatMap(([names, reader]) => names.split(' ').map((name) => [name, reader] as const)));
}

/** Reads every key of a block. */
export function readFields<D>(fields: Fields<D>, block: ConfigMap, draft: D, report: ConfigReport): void {
  for (const [key, node] of block.entries) {
    const reader = fields.get(key.toLowerCase());
    if (reader === undefined) report.unknownField(node, key);
    else reader(node, draft, report, key);
  }
}

/** Reports a value of the wrong type as Go's failed conversion reads. */
export function wrongType(node: ConfigNode, wanted: string, report: ConfigReport): undefined {
  report.wrongTypeCount++;
  report.error(report.wrongTypesAt ?? node, `interface conversion: interface {} is ${goType(node.value)}, not ${wanted}`);
  return undefined;
}

/** A string, or undefined after an error. */
export function readText(node: ConfigNode, report: ConfigReport): string | undefined {
  return node.value.kind === 'string' ? node.value.text : wrongType(node, 'string', report);
}

/** An int64. Beyond 2^53 the number is the nearest one that a double holds. */
export function readInteger(node: ConfigNode, report: ConfigReport): number | undefined {
  return node.value.kind === 'integer' ? Number(node.value.value) : wrongType(node, 'int64', report);
}

/** True or false, or undefined after an error. */
export function readBoolean(node: ConfigNode, report: ConfigReport): boolean | undefined {
  return node.value.kind === 'boolean' ? node.value.value : wrongType(node, 'bool', report);
}

/** An array, or undefined after an error. */
export function readArray(node: ConfigNode, report: ConfigReport): ConfigArray | undefined {
  return node.value.kind === 'array' ? node.value : wrongType(node, '[]interface {}', report);
}

/** Fields whose value has one type: the setter gets it. */
export function text<D>(set: (draft: D, value: string) => void): FieldReader<D> {
  return (node, draft, report) => {
    const value = readText(node, report);
    if (value !== undefined) set(draft, value);
  };
}

/** The same for an int64. */
export function integer<D>(set: (draft: D, value: number) => void): FieldReader<D> {
  return (node, draft, report) => {
    const value = readInteger(node, report);
    if (value !== undefined) set(draft, value);
  };
}

/** The same for a boolean. */
export function boolean<D>(set: (draft: D, value: boolean) => void): FieldReader<D> {
  return (node, draft, report) => {
    const value = readBoolean(node, report);
    if (value !== undefined) set(draft, value);
  };
}

/** A duration in milliseconds: text, or a number of seconds, which earns a warning. `field` is the name in error texts. */
export function duration<D>(field: string, set: (draft: D, ms: number) => void): FieldReader<D> {
  return (node, draft, report) => {
    const ms = readDuration(node, field, report);
    if (ms !== undefined) set(draft, ms);
  };
}

/** As `duration` reads it, in milliseconds; undefined after an error. */
export function readDuration(node: ConfigNode, field: string, report: ConfigReport): number | undefined {
  if (node.value.kind !== 'string') {
    report.misuse(node, field, `${field} should be converted to a duration`);
    const seconds = readInteger(node, report);
    return seconds === undefined ? undefined : seconds * 1000;
  }
  const parsed = parseDuration(node.value.text);
  if (parsed.ok) return parsed.ns / NS_PER_MS;
  report.error(node, `error parsing ${field}: ${parsed.error}`);
  return undefined;
}

/** A string, or an array of strings. `field` is the name in error texts. */
export function strings<D>(field: string, set: (draft: D, values: string[]) => void): FieldReader<D> {
  return (node, draft, report) => {
    const values = readStrings(node, field, report);
    if (values !== undefined) set(draft, values);
  };
}

/** As `strings` reads it; undefined after an error. */
export function readStrings(node: ConfigNode, field: string, report: ConfigReport): string[] | undefined {
  const { value } = node;
  if (value.kind === 'string') return [value.text];
  if (value.kind !== 'array') {
    report.error(node, `error parsing ${field}: unsupported type ${goType(value)}`);
    return undefined;
  }
  return value.items.flatMap((item) => {
    if (item.value.kind === 'string') return [item.value.text];
    report.error(item, `error parsing ${field}: unsupported type in array ${goType(item.value)}`);
    return [];
  });
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, or a port alone, which listens on the default host. */
export function listen<D>(set: (draft: D, at: HostPort) => void): FieldReader<D> {
  return (node, draft, report) => {
    const { value } = node;
    if (value.kind === 'integer') return set(draft, { host: '', port: Number(value.value) });
    if (value.kind !== 'string') return report.error(node, `expected port or host:port, got ${goType(value)}`);
    const at = splitHostPort(value.text);
    if (at === undefined) return report.error(node, `could not parse address string ${quoted(value.text)}`);
    if (!/^[+-]?\d{1,15}$/.test(at.port)) return report.error(node, `could not parse port ${quoted(at.port)}`);
    set(draft, { host: at.host, port: Number(at.port) });
  };
}

/** The three ways to say where a block listens. */
export function listenAt<D extends { host?: string; port?: number }>(): Readonly<Record<string, FieldReader<D>>> {
  return {
    listen: listen((draft, at) => {
      draft.host = at.host;
      draft.port = at.port;
    }),
    port: integer((draft, value) => {
      draft.port = value;
    }),
    'host net': text((draft, value) => {
      draft.host = value;
    }),
  };
}

/** As Go's net.SplitHostPort: one colon, or brackets around an address that has more. */
export function splitHostPort(address: string): { host: string; port: string } | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(address);
  return match === null ? undefined : { host: match[1] ?? match[2] ?? '', port: match[3] ?? '' };
}

/** A block inside a block. `say` makes the error text for a value that is no map. */
export function block<D, B>(fields: () => Fields<B>, open: (draft: D) => B, say: (goTypeName: string) => string): FieldReader<D> {
  return (node, draft, report) => {
    if (node.value.kind !== 'map') return report.error(node, say(goType(node.value)));
    readFields(fields(), node.value, open(draft), report);
  };
}
