/**
 * Profiles of V8 in the form that `go tool pprof` reads: a protocol buffer, compressed. Field numbers are those of perftools.profiles
 * in google/pprof proto/profile.proto.
 */
import { gzipSync } from 'node:zlib';

/** A place in the program. */
export interface Frame {
  readonly functionName: string;
  readonly url: string;
  /** From 0, as V8 counts. */
  readonly lineNumber: number;
}

/** One stack, the innermost frame first, with a value for each kind of sample. */
export interface Sample {
  readonly stack: readonly Frame[];
  readonly values: readonly number[];
}

export interface Profile {
  /** Kinds and units of values: `[['samples', 'count'], ['cpu', 'nanoseconds']]`. */
  readonly sampleTypes: readonly (readonly [string, string])[];
  readonly samples: readonly Sample[];
  readonly periodType: readonly [string, string];
  readonly period: number;
  readonly timeNs: bigint;
  readonly durationNs: bigint;
}

const VARINT = 0;
const BYTES = 2;

/** The profile, gzipped. */
export function encodeProfile(profile: Profile): Buffer {
  const strings = new Table<string>((text) => text);
  strings.indexOf('');
  const frames = new Table<Frame>(({ functionName, url, lineNumber }) => `${functionName}\n${url}\n${lineNumber}`);
  const valueType = ([type, unit]: readonly [string, string]): Buffer =>
    Buffer.concat([number(1, strings.indexOf(type)), number(2, strings.indexOf(unit))]);
  const samples = profile.samples.map(({ stack, values }) =>
    // Ids begin with 1.
    message(2, [
      packed(
        1,
        stack.map((frame) => frames.indexOf(frame) + 1),
      ),
      packed(2, values),
    ]),
  );
  const places = frames.items.flatMap(({ functionName, url, lineNumber }, index) => {
    const id = index + 1;
    const name = strings.indexOf(functionName === '' ? '(anonymous)' : functionName);
    const line = message(4, [number(1, id), number(2, lineNumber + 1)]);
    return [
      message(4, [number(1, id), line]),
      message(5, [number(1, id), number(2, name), number(3, name), number(4, strings.indexOf(url)), number(5, lineNumber + 1)]),
    ];
  });
  const periodType = message(11, [valueType(profile.periodType)]);
  const types = profile.sampleTypes.map((type) => message(1, [valueType(type)]));
  const texts = strings.items.map((text) => message(6, [Buffer.from(text, 'utf8')]));
  const times = [number(9, profile.timeNs), number(10, profile.durationNs), periodType, number(12, profile.period)];
  return gzipSync(Buffer.concat([...types, ...samples, ...places, ...texts, ...times]));
}

/** Things in the order in which they first came, each once. */
class Table<T> {
  readonly items: T[] = [];
  private readonly known: Map<string, number> = new Map();
  private readonly keyOf: (item: T) => string;

  constructor(keyOf: (item: T) => string) {
    this.keyOf = keyOf;
  }

  indexOf(item: T): number {
    const key = this.keyOf(item);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, this.items.length);
    return this.items.push(item) - 1;
  }
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function number(field: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(BigInt((field << 3) | VARINT)), varint(BigInt(value))]);
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint(BigInt((field << 3) | BYTES)), varint(BigInt(content.length)), content]);
}

function packed(field: number, values: readonly number[]): Buffer {
  return message(field, [Buffer.concat(values.map((value) => varint(BigInt(Math.max(0, Math.round(value))))))]);
}
