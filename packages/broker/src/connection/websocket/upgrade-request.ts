/**
 * The HTTP requests that come before a WebSocket, read by hand: heads of at most 8 KiB, on the same transports as everything else, so that
 * TLS and a simulated network come with them. What is no request is refused in the words of Go's HTTP server, which is what
 * nats-server listens with. Source: RFC 9112 §2–§5; Go net/http readRequest, net/textproto, and 2.15.1 on the wire.
 */

/** Bytes that the whole head may have. */
export const MAX_HEAD_BYTES = 8192;
const MAX_HEADERS = 100;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\s]+) HTTP\/(\d)\.(\d)$/;
/** Control characters other than tab may not stand in a value. */
const FORBIDDEN_IN_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;
const HEAD_END = /\r?\n\r?\n/;
const BAD_REQUEST = '400 Bad Request';

export interface UpgradeRequest {
  readonly method: string;
  /** As it was asked for, with its query. */
  readonly target: string;
  /** The path without its query. */
  readonly path: string;
  /** The minor version: HTTP/1.0 or HTTP/1.1. */
  readonly minorVersion: number;
  /** Lower-case names; values that came several times in order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** A request, or the status and its words for who sent none. */
export type ParsedRequest =
  | { readonly ok: true; readonly request: UpgradeRequest }
  | { readonly ok: false; readonly status: string };

/** Index after the blank line that ends the head, or -1. Lines may end in a line feed alone. */
export function findHeadEnd(bytes: Buffer): number {
  const found = HEAD_END.exec(bytes.toString('latin1'));
  return found === null ? -1 : found.index + found[0].length;
}

/** `head` ends with the blank line. */
export function parseUpgradeRequest(head: string): ParsedRequest {
  const [requestLine = '', ...lines] = head.replace(/\r?\n\r?\n$/, '').split(/\r?\n/);
  const match = REQUEST_LINE.exec(requestLine);
  if (match === null || lines.length > MAX_HEADERS) return { ok: false, status: BAD_REQUEST };
  const [, method = '', target = '', major, minor] = match;
  if (major !== '1') return { ok: false, status: '505 HTTP Version Not Supported: unsupported protocol version' };
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const problem = addHeader(headers, line);
    if (problem !== undefined) return { ok: false, status: problem };
  }
  const hosts = headers.get('host')?.length ?? 0;
  if (hosts > 1) return { ok: false, status: `${BAD_REQUEST}: too many Host headers` };
  if (hosts === 0 && minor !== '0') return { ok: false, status: `${BAD_REQUEST}: missing required Host header` };
  const path = target.split('?', 1)[0] ?? '';
  return { ok: true, request: { method, target, path, minorVersion: Number(minor), headers } };
}

/** What is wrong with a line, or undefined. A line that goes on from the one before is refused: two readers see different things in it. */
function addHeader(headers: Map<string, string[]>, line: string): string | undefined {
  const colon = line.indexOf(':');
  if (colon < 1 || /^[ \t]/.test(line)) return BAD_REQUEST;
  const name = line.slice(0, colon).toLowerCase();
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
  if (!TOKEN.test(name)) return `${BAD_REQUEST}: invalid header name`;
  if (FORBIDDEN_IN_VALUE.test(value)) return `${BAD_REQUEST}: invalid header value`;
  const values = headers.get(name);
  if (values === undefined) headers.set(name, [value]);
  else values.push(value);
  return undefined;
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

/** Bytes of the body that follows the head, or undefined where its end cannot be told in advance. */
export function bodyBytes(request: UpgradeRequest): number | undefined {
  if (request.headers.has('transfer-encoding')) return undefined;
  const lengths = [...new Set(request.headers.get('content-length') ?? ['0'])];
  const [length = ''] = lengths;
  return lengths.length === 1 && /^\d{1,9}$/.test(length) ? Number(length) : undefined;
}

/** The path as it stands for: no empty, `.` or `..` segments, a last `/` kept. Source: Go net/http cleanPath. */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const isFolder = segments.at(-1) === '' && kept.length > 0;
  return `/${kept.join('/')}${isFolder ? '/' : ''}`;
}
