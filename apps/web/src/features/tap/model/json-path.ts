/** Finds one value in a JSON text by its path, as raw text: numbers keep every digit, nothing else is built. */
import { endOfScalar, endOfString, JsonScanError, skipSpace } from '../../../components/payload-view/json-scan.ts';

export type JsonPath = readonly (string | number)[];

/** Raw text of the value at `path`, or null when the text is not JSON that far or has no such value. Time is linear. */
export function findJson(text: string, path: JsonPath): string | null {
  try {
    let at = skipSpace(text, 0);
    for (const step of path) {
      const next = typeof step === 'number' ? findElement(text, at, step) : findMember(text, at, step);
      if (next < 0) return null;
      at = next;
    }
    return text.slice(at, endOfValue(text, at));
  } catch (error) {
    if (error instanceof JsonScanError) return null;
    throw error;
  }
}

function findMember(text: string, at: number, key: string): number {
  if (text[at] !== '{') return -1;
  let index = skipSpace(text, at + 1);
  while (text[index] === '"') {
    const keyEnd = endOfString(text, index);
    const isMatch = keyOf(text.slice(index + 1, keyEnd - 1)) === key;
    const colon = skipSpace(text, keyEnd);
    if (text[colon] !== ':') return -1;
    const value = skipSpace(text, colon + 1);
    if (isMatch) return value;
    index = nextMember(text, endOfValue(text, value));
  }
  return -1;
}

function keyOf(raw: string): string {
  return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw;
}

function findElement(text: string, at: number, position: number): number {
  if (text[at] !== '[') return -1;
  let index = skipSpace(text, at + 1);
  if (text[index] === ']') return -1;
  for (let left = position; left > 0; left--) {
    const next = nextMember(text, endOfValue(text, index));
    if (next < 0) return -1;
    index = next;
  }
  return index;
}

/** Start of the member behind a comma, or -1 at the end of the container. */
function nextMember(text: string, at: number): number {
  const comma = skipSpace(text, at);
  return text[comma] === ',' ? skipSpace(text, comma + 1) : -1;
}

/** End of any value; containers are skipped by counting brackets outside strings, without recursion. */
function endOfValue(text: string, at: number): number {
  const first = text[at];
  if (first !== '{' && first !== '[') return endOfScalar(text, at);
  let depth = 0;
  let index = at;
  while (index < text.length) {
    const character = text[index];
    if (character === '"') {
      index = endOfString(text, index);
      continue;
    }
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    index++;
    if (depth === 0) return index;
  }
  throw new JsonScanError('a container is not closed', at);
}
