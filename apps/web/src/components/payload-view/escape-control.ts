/**
 * Makes invisible and direction-changing characters visible. A payload is text of a stranger: a bidi override could turn a line
 * around, a NUL could hide its end.
 */

// C0 and C1 controls (tab excepted), bidi controls, zero-width characters, line separators, lone surrogates, the BOM.
const UNSAFE =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** `text` with unsafe characters written as `\u202e`; the result has no line break. */
export function escapeControl(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
