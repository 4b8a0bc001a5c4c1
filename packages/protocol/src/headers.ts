/**
 * Message headers: `NATS/1.0[ status[ text]]` CRLF, then `Key: value` lines, then an empty line. The broker passes blocks through without
 * looking; this is for whoever shows them or has them typed in. Keys keep their case and repeat; keys match exactly.
 * Source: ADR-4, and what nats-server itself sends.
 */

/** Bounds of `decodeHeaders`; a block beyond them is refused, not cut. */
export interface HeaderBounds {
  /** Largest block in bytes. */
  readonly maxBytes: number;
  /** Most lines. */
  readonly maxCount: number;
}

const defaultHeaderBounds: HeaderBounds = { maxBytes: 1_048_576, maxCount: 4096 };

/** One line. Values are shown as sent, but for one blank after the colon and blanks at the end. */
export type HeaderEntry = readonly [name: string, value: string];

export interface HeaderBlock {
  /** Three digits such as 503, or undefined. */
  readonly status: number | undefined;
  /** Text after the status; empty when there is none. */
  readonly description: string;
  readonly entries: readonly HeaderEntry[];
}

export type HeaderDecodeResult =
  | { readonly ok: true; readonly block: HeaderBlock }
  | { readonly ok: false; readonly error: string };

/** Names that nats-server and its clients give a meaning. */
export const knownHeaders = {
  subject: 'Nats-Subject',
  msgId: 'Nats-Msg-Id',
  expectedStream: 'Nats-Expected-Stream',
  expectedLastSequence: 'Nats-Expected-Last-Sequence',
  expectedLastSubjectSequence: 'Nats-Expected-Last-Subject-Sequence',
  expectedLastMsgId: 'Nats-Expected-Last-Msg-Id',
  rollup: 'Nats-Rollup',
  ttl: 'Nats-TTL',
  stream: 'Nats-Stream',
  sequence: 'Nats-Sequence',
  timestamp: 'Nats-Time-Stamp',
  serviceError: 'Nats-Service-Error',
  serviceErrorCode: 'Nats-Service-Error-Code',
  traceDestination: 'Nats-Trace-Dest',
  traceOnly: 'Nats-Trace-Only',
} as const;

const VERSION_LINE = 'NATS/1.0';
const textDecoder = new TextDecoder();

/** Reads a whole block, with or without its last empty line. Bytes that are not UTF-8 become U+FFFD. */
export function decodeHeaders(bytes: Uint8Array, bounds: HeaderBounds = defaultHeaderBounds): HeaderDecodeResult {
  if (bytes.length > bounds.maxBytes)
    return { ok: false, error: `header block of ${bytes.length} bytes is over ${bounds.maxBytes}` };
  const text = textDecoder.decode(bytes);
  const firstEnd = lineEnd(text, 0);
  const first = text.slice(0, firstEnd);
  if (!first.startsWith(VERSION_LINE)) return { ok: false, error: 'header block does not begin with NATS/1.0' };
  const statusLine = /^ *(\d{3})(?: +(.*))?$/.exec(first.slice(VERSION_LINE.length));
  if (statusLine === null && first.slice(VERSION_LINE.length).trim() !== '')
    return { ok: false, error: 'status line is malformed' };

  const entries: HeaderEntry[] = [];
  for (let at = firstEnd + 2; at < text.length; ) {
    const end = lineEnd(text, at);
    if (end === at) break;
    const colon = text.indexOf(':', at);
    if (colon <= at || colon > end) return { ok: false, error: `header line ${entries.length + 1} has no name` };
    if (entries.length === bounds.maxCount) return { ok: false, error: `more than ${bounds.maxCount} header lines` };
    entries.push([text.slice(at, colon), text.slice(colon + 1, end).trim()]);
    at = end + 2;
  }
  const status = statusLine === null ? undefined : Number(statusLine[1]);
  return { ok: true, block: { status, description: (statusLine?.[2] ?? '').trim(), entries } };
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end < 0 ? text.length : end;
}

/** What is wrong with one header line, for a form that is being typed into, or undefined. */
export function headerProblem(name: string, value: string): string | undefined {
  if (name === '') return 'a header needs a name';
  if (!/^[!-9;-~]+$/.test(name))
    return `header name ${JSON.stringify(name.slice(0, 64))} may hold visible ASCII but no colon or blank`;
  if (/[\r\n]/.test(value)) return `the value of header ${name.slice(0, 64)} has a line break`;
  return undefined;
}
