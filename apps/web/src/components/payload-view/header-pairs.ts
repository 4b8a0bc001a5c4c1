/** Reads a `NATS/1.0` header block as the client sent it: order, case and repeated names are kept (nats-server ADR-4). */

export interface HeaderBlock {
  /** Text after `NATS/1.0` on the first line, such as `503` or `100 Idle Heartbeat`; empty for ordinary headers. */
  status: string;
  pairs: [name: string, value: string][];
}

const decoder = new TextDecoder('utf-8');
/** Fields beyond this are not read. */
const MAX_FIELDS = 1000;

/** Lenient: lines without a colon are skipped, so that a strange block is still shown as far as it goes. */
export function readHeaderBlock(bytes: Uint8Array): HeaderBlock {
  if (bytes.length === 0) return { status: '', pairs: [] };
  const [first = '', ...lines] = decoder.decode(bytes).split('\r\n');
  const pairs: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0 && pairs.length < MAX_FIELDS) pairs.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }
  return { status: first.replace(/^NATS\/1\.0 ?/, '').trim(), pairs };
}

/** Number of header fields, without decoding them. */
export function countHeaderFields(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
  // The first line names the version, the last is empty.
  return Math.max(0, lines - 2);
}
