/** Just enough colour for the snippets: strings, comments, keywords and numbers, line by line. Pure. */

export interface CodePiece {
  /** Class of the reference's code colours: k keyword, s string, n number, c comment; empty for the rest. */
  readonly kind: 'k' | 's' | 'n' | 'c' | '';
  readonly text: string;
}

const keywords = new Set(
  'package import func main var const let mut await async for of from as def in return select if while use fn class public static void throws new using foreach string match nil null None Ok'.split(
    ' ',
  ),
);
const PIECES = /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\/\/.*|#(?!\[).*)|([A-Za-z_]\w*)|(\d[\d.]*)/g;

/** The pieces of one line; together they are the line. */
export function tintLine(line: string): readonly CodePiece[] {
  const pieces: CodePiece[] = [];
  let at = 0;
  for (const match of line.matchAll(PIECES)) {
    const [text, string, comment, word, number] = match;
    const kind =
      string !== undefined ? 's' : comment !== undefined ? 'c' : number !== undefined ? 'n' : keywords.has(word ?? '') ? 'k' : '';
    if (match.index > at) pieces.push({ kind: '', text: line.slice(at, match.index) });
    pieces.push({ kind, text });
    at = match.index + text.length;
  }
  if (at < line.length) pieces.push({ kind: '', text: line.slice(at) });
  return pieces;
}
