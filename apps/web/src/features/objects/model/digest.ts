/** Digests as object stores record them, `SHA-256=` and URL-safe base64, and as `sha256sum` prints them. */

const PREFIX = 'SHA-256=';

/** 64 hexadecimal digits, or null where the text is no such digest. */
export function digestHex(digest: string): string | null {
  if (!digest.toUpperCase().startsWith(PREFIX)) return null;
  const text = digest.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/');
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(text)) return null;
  const binary = atob(text.endsWith('=') ? text : `${text}=`);
  return [...binary].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
