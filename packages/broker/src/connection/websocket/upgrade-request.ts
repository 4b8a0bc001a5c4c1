/**
 * The HTTP request that opens a WebSocket, read by hand: one GET without a body, on the same transports as everything else, so that
 * TLS and a simulated network come with them. Strict where leniency would let two readers see different things.
 * Source: RFC 9112 §2–§5.
 */

/** Bytes that the whole head may have. */
export const MAX_HEAD_BYTES = 8192;
const MAX_HEADERS = 100;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\s]+) HTTP\/1\.([01])$/;
/** Control characters other than tab may not stand in a value. */
const FORBIDDEN_IN_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;
/** Headers that have one meaning only when they come once. */
const SINGLE = new Set(['host', 'sec-websocket-key', 'origin', 'content-length', 'transfer-encoding']);

export interface UpgradeRequest {
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
  /** The minor version: HTTP/1.0 or HTTP/1.1. */
  readonly minorVersion: 0 | 1;
  /** Lower-case names; values that came several times in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** Index after the blank line that ends the head, or -1. */
export function findHeadEnd(bytes: Buffer, length: number): number {
  const end = bytes.indexOf('\r\n\r\n', 0, 'latin1');
  return end >= 0 && end + 4 <= length ? end + 4 : -1;
}

/** Undefined for anything that is not a well-formed request head. `head` ends with the blank line. */
export function parseUpgradeRequest(head: string): UpgradeRequest | undefined {
  const [requestLine = '', ...lines] = head.slice(0, -4).split('\r\n');
  const match = REQUEST_LINE.exec(requestLine);
  if (match === null || lines.length > MAX_HEADERS) return undefined;
  const [, method = '', target = '', minor] = match;
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (colon < 1 || !TOKEN.test(name) || FORBIDDEN_IN_VALUE.test(value)) return undefined;
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else if (SINGLE.has(name)) return undefined;
    else values.push(value);
  }
  return { method, path: target.split('?', 1)[0] ?? '', minorVersion: minor === '0' ? 0 : 1, headers };
}

/** The first value of a header, or an empty string. */
export function firstValue(request: UpgradeRequest, name: string): string {
  return request.headers.get(name)?.[0] ?? '';
}

/** True when a comma-separated header holds `value`, in any case. */
export function hasListValue(request: UpgradeRequest, name: string, value: string): boolean {
  return listValues(request, name).some((item) => item.toLowerCase() === value.toLowerCase());
}

/** The items of a comma-separated header. */
export function listValues(request: UpgradeRequest, name: string): string[] {
  return (request.headers.get(name) ?? []).flatMap((line) => line.split(',').map((item) => item.trim()));
}
