/**
 * Text of one character a byte. Subjects are kept so, hence everything that is compared with them or made into them: names, filters, and the
 * requests and answers these come and go in. Any bytes pass through unchanged.
 */

const CHUNK = 8192;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One character for every byte. */
export function byteTextOf(bytes: Uint8Array): string {
  if (bytes.length <= CHUNK) return String.fromCharCode(...bytes);
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
}

/** Ordinary text as the bytes of its UTF-8. */
export function toByteText(text: string): string {
  return byteTextOf(encoder.encode(text));
}

/** What UTF-8 the bytes are; what they are not is replaced. */
export function fromByteText(bytes: string): string {
  return decoder.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}
