/**
 * What Go's JSON scanner says about broken JSON: clients show these texts, and some look for them. Called only for what `JSON.parse` has
 * refused. Source: Go encoding/json scanner.go.
 */

/** The text, and how many bytes were read when it was clear. */
export interface GoSyntaxError {
  readonly text: string;
  readonly offset: number;
}

class Found extends Error {
  readonly offset: number;

  constructor(text: string, offset: number) {
    super(text);
    this.offset = offset;
  }
}

const DIGIT = /[0-9]/;
const HEX = /[0-9a-fA-F]/;

class Scanner {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  scan(): void {
    this.blanks();
    this.value();
    this.blanks();
    if (this.at < this.text.length) this.fail('after top-level value');
  }

  private blanks(): void {
    while (/[ \t\r\n]/.test(this.peek())) this.at++;
  }

  private peek(): string {
    return this.text.charAt(this.at);
  }

  private fail(context: string): never {
    const character = this.peek();
    if (character === '') throw new Found('unexpected end of JSON input', this.text.length);
    throw new Found(`invalid character ${quoted(character)} ${context}`, this.at + 1);
  }

  private value(): void {
    const character = this.peek();
    if (character === '{') this.object();
    else if (character === '[') this.list();
    else if (character === '"') this.string();
    else if (character === 't') this.literal('true');
    else if (character === 'f') this.literal('false');
    else if (character === 'n') this.literal('null');
    else if (character === '-' || DIGIT.test(character)) this.number();
    else this.fail('looking for beginning of value');
  }

  private object(): void {
    this.at++;
    this.blanks();
    if (this.peek() === '}') {
      this.at++;
      return;
    }
    for (;;) {
      this.blanks();
      if (this.peek() !== '"') this.fail('looking for beginning of object key string');
      this.string();
      this.blanks();
      if (this.peek() !== ':') this.fail('after object key');
      this.at++;
      this.blanks();
      this.value();
      this.blanks();
      if (this.peek() === '}') break;
      if (this.peek() !== ',') this.fail('after object key:value pair');
      this.at++;
    }
    this.at++;
  }

  private list(): void {
    this.at++;
    this.blanks();
    if (this.peek() === ']') {
      this.at++;
      return;
    }
    for (;;) {
      this.blanks();
      this.value();
      this.blanks();
      if (this.peek() === ']') break;
      if (this.peek() !== ',') this.fail('after array element');
      this.at++;
    }
    this.at++;
  }

  private string(): void {
    this.at++;
    for (;;) {
      const character = this.peek();
      if (character === '' || character < ' ') this.fail('in string literal');
      this.at++;
      if (character === '"') return;
      if (character === '\\') this.escape();
    }
  }

  private escape(): void {
    const character = this.peek();
    if (character !== 'u') {
      if (character === '' || !'bfnrt\\/"'.includes(character)) this.fail('in string escape code');
      this.at++;
      return;
    }
    this.at++;
    for (let digit = 0; digit < 4; digit++) {
      if (!HEX.test(this.peek())) this.fail('in \\u hexadecimal character escape');
      this.at++;
    }
  }

  private literal(word: string): void {
    for (let index = 0; index < word.length; index++) {
      const wanted = word.charAt(index);
      if (this.peek() !== wanted) this.fail(`in literal ${word} (expecting ${quoted(wanted)})`);
      this.at++;
    }
  }

  private number(): void {
    if (this.peek() === '-') {
      this.at++;
      if (!DIGIT.test(this.peek())) this.fail('in numeric literal');
    }
    if (this.peek() === '0') this.at++;
    else this.digits();
    if (this.peek() === '.') {
      this.at++;
      if (!DIGIT.test(this.peek())) this.fail('after decimal point in numeric literal');
      this.digits();
    }
    if (this.peek() !== 'e' && this.peek() !== 'E') return;
    this.at++;
    if (this.peek() === '+' || this.peek() === '-') this.at++;
    if (!DIGIT.test(this.peek())) this.fail('in exponent of numeric literal');
    this.digits();
  }

  private digits(): void {
    while (DIGIT.test(this.peek())) this.at++;
  }
}

/** A character as Go quotes it in an error. */
function quoted(character: string): string {
  if (character === "'") return String.raw`'\''`;
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}

/** What Go says about the text, or undefined when it is whole. The text must not nest deeper than the caller has checked. */
export function goSyntaxError(text: string): GoSyntaxError | undefined {
  try {
    new Scanner(text).scan();
    return undefined;
  } catch (error) {
    if (error instanceof Found) return { text: error.message, offset: error.offset };
    throw error;
  }
}
