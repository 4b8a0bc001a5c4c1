/** Base64 for payloads, without recursion or argument lists that grow with the payload. */

/** Bytes turned into characters at a time. */
const STEP_BYTES = 8192;

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += STEP_BYTES) binary += String.fromCharCode(...bytes.subarray(at, at + STEP_BYTES));
  return btoa(binary);
}

/** Throws a DOMException (`InvalidCharacterError`) for text that is not base64. */
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
