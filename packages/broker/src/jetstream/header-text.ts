/**
 * Header blocks as text, one char per byte: what JetStream looks up, adds and takes away. Names are matched exactly, as nats-server
 * does. Source: nats-server server/client.go getHeader, setHeader, genHeader, removeHeaderIfPresent.
 */

const FIRST_LINE = 'NATS/1.0\r\n';

/** The block as text. */
export function headerText(block: Uint8Array): string {
  return Buffer.from(block.buffer, block.byteOffset, block.length).toString('latin1');
}

/** Value of the first header of that name, or undefined. Blanks before the value are skipped. */
export function headerValue(text: string, name: string): string | undefined {
  for (let at = text.indexOf(name); at > 0; at = text.indexOf(name, at + 1)) {
    if (text.charCodeAt(at - 1) !== 10 || text.charCodeAt(at + name.length) !== 58) continue;
    let start = at + name.length + 1;
    while (text.charCodeAt(start) === 32) start++;
    const end = text.indexOf('\r', start);
    return text.slice(start, end < 0 ? text.length : end);
  }
  return undefined;
}

/** The block with one more header; an empty text gets its first line. */
export function withHeader(text: string, name: string, value: string): string {
  const base = text === '' ? FIRST_LINE : text.slice(0, -2);
  return `${base}${name}: ${value}\r\n\r\n`;
}

/** The block with that header set to the value, in place of an old one or at the end. */
export function withHeaderSet(text: string, name: string, value: string): string {
  const at = lineOf(text, name);
  if (at < 0) return withHeader(text, name, value);
  const end = text.indexOf('\r\n', at);
  return `${text.slice(0, at)}${name}: ${value}${text.slice(end)}`;
}

/** The block without that header; empty when none is left. */
export function withoutHeader(text: string, name: string): string {
  const at = lineOf(text, name);
  if (at < 0) return text;
  const rest = text.slice(0, at) + text.slice(text.indexOf('\r\n', at) + 2);
  return rest === `${FIRST_LINE}\r\n` ? '' : rest;
}

/** The block without any header whose name starts with `prefix`. */
export function withoutPrefixed(text: string, prefix: string): string {
  if (!text.includes(prefix)) return text;
  const lines = text.split('\r\n').filter((line, index) => index === 0 || !line.startsWith(prefix));
  const rest = lines.join('\r\n');
  return rest === `${FIRST_LINE}\r\n` ? '' : rest;
}

function lineOf(text: string, name: string): number {
  for (let at = text.indexOf(name); at > 0; at = text.indexOf(name, at + 1)) {
    if (text.charCodeAt(at - 1) === 10 && text.charCodeAt(at + name.length) === 58) return at;
  }
  return -1;
}

/** `NATS/1.0 <status line>` with headers, as a block. */
export function statusBlock(statusLine: string, headers: readonly (readonly [string, string | number])[] = []): Buffer {
  let text = `NATS/1.0 ${statusLine}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

/** An unsigned decimal as Go's parseInt64 reads it: digits only, undefined for anything else. */
export function parseDigits(text: string): number | undefined {
  return /^\d{1,19}$/.test(text) ? Number(text) : undefined;
}
