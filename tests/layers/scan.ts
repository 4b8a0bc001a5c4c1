/**
 * Cuts TypeScript and TSX into just enough tokens to find imports and the use of globals: comments are gone, strings are one
 * token, templates are looked into. It is not a parser: text between JSX tags may come out as odd words, which harms nobody,
 * and a test holds its findings against those of a real parser.
 */

export interface Token {
  readonly kind: 'word' | 'string' | 'sign';
  /** The word, the sign, or the content of the string without its quotes. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

const WORD = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const SPACE = /\s+/y;
const NUMBER = /\d[\w.]*/y;
const LINE_COMMENT = /\/\/[^\n]*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/y;
const QUOTED = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const REGEX = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
/** After these words a slash starts a regular expression, not a division. */
const WORDS_BEFORE_REGEX = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'do',
  'else',
  'void',
  'throw',
  'new',
  'delete',
  'await',
]);
const SIGNS_BEFORE_DIVISION = new Set([')', ']', '}', '<']);

/** All tokens of one source text, in order. Linear in its length. */
export function scan(source: string): Token[] {
  const scanner = new Scanner(source);
  scanner.scanUntil(undefined);
  return scanner.tokens;
}

class Scanner {
  readonly tokens: Token[] = [];
  private readonly source: string;
  private position = 0;
  private line = 1;

  constructor(source: string) {
    this.source = source;
  }

  /** Scans to the closing sign that ends a template's expression, or to the end of the text. */
  scanUntil(closing: '}' | undefined): void {
    let depth = 0;
    while (this.position < this.source.length) {
      if (this.take(SPACE) !== undefined || this.take(LINE_COMMENT) !== undefined || this.take(BLOCK_COMMENT) !== undefined)
        continue;
      const quoted = this.take(QUOTED);
      if (quoted !== undefined) this.add('string', quoted.slice(1, -1));
      else if (this.source[this.position] === '`') this.scanTemplate();
      else if (this.mayStartRegex() && this.take(REGEX) !== undefined) this.add('string', '');
      else {
        const sign = this.scanWordOrSign();
        if (sign === '{') depth++;
        else if (sign === '}' && closing !== undefined && depth === 0) return;
        else if (sign === '}') depth--;
      }
    }
  }

  private scanWordOrSign(): string | undefined {
    const word = this.take(WORD) ?? this.take(NUMBER);
    if (word !== undefined) {
      this.add('word', word);
      return undefined;
    }
    const sign = this.source[this.position] ?? '';
    this.position++;
    this.add('sign', sign);
    return sign;
  }

  private scanTemplate(): void {
    this.position++;
    while (this.position < this.source.length) {
      const text = this.take(TEMPLATE_TEXT) ?? '';
      if (text !== '') this.add('string', text);
      if (this.source[this.position] === '`') {
        this.position++;
        return;
      }
      this.position += 2; // `${`
      this.scanUntil('}');
    }
  }

  private mayStartRegex(): boolean {
    if (this.source[this.position] !== '/') return false;
    const before = this.tokens.at(-1);
    if (before === undefined) return true;
    if (before.kind === 'string') return false;
    return before.kind === 'word' ? WORDS_BEFORE_REGEX.has(before.text) : !SIGNS_BEFORE_DIVISION.has(before.text);
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const text = pattern.exec(this.source)?.[0];
    if (text === undefined) return undefined;
    this.position += text.length;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.line++;
    return text;
  }

  private add(kind: Token['kind'], text: string): void {
    this.tokens.push({ kind, text, line: this.line });
  }
}
