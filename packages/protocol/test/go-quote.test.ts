/** Text as Go's `%q` writes it; the expected values were printed by Go. */
import { describe, expect, it } from 'vitest';
import { goQuote, goQuoteBytes, goQuoteLatin1 } from '../src/go-quote.ts';

describe('a quotation', () => {
  it('escapes quotes, backslashes and control characters by their names', () => {
    expect(goQuote('a"b\\c\x07\b\f\n\r\t\v')).toBe('"a\\"b\\\\c\\a\\b\\f\\n\\r\\t\\v"');
    expect(goQuote('\0\x1b\x7f')).toBe('"\\x00\\x1b\\x7f"');
  });

  it('shows letters of any language, and escapes what does not show', () => {
    expect(goQuote('äß漢😀')).toBe('"äß漢😀"');
    expect(goQuote('\u00a0\u200b\u2028\ufeff')).toBe('"\\u00a0\\u200b\\u2028\\ufeff"');
    expect(goQuote('\u{e0001}')).toBe('"\\U000e0001"');
  });

  it('shows bytes as text where they are UTF-8, and one by one where not', () => {
    expect(goQuoteBytes(Buffer.from('ä'))).toBe('"ä"');
    expect(goQuoteBytes(Buffer.from([0xff, 0x61, 0xc3, 0xe6, 0xbc]))).toBe('"\\xffa\\xc3\\xe6\\xbc"');
    expect(goQuoteBytes(Buffer.from('\ufffd'))).toBe('"�"');
    expect(goQuoteLatin1('\xc3\xa4\xe4')).toBe('"ä\\xe4"');
  });
});
