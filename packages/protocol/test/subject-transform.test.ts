import { describe, expect, it } from 'vitest';
import { SubjectTransform } from '../src/index.ts';

function transform(source: string, destination: string, subject: string, random = 0.5): string {
  const result = SubjectTransform.parse(source, destination);
  if (!result.ok) throw new Error(result.error);
  return result.value.apply(subject, () => random);
}

function errorOf(source: string, destination: string, isStrict = false): string {
  const result = SubjectTransform.parse(source, destination, isStrict);
  return result.ok ? '' : result.error;
}

describe('subject transform', () => {
  it.each([
    ['foo', 'bar', 'foo', 'bar'],
    ['foo.*', 'bar.$1', 'foo.x', 'bar.x'],
    ['foo.*.*', 'bar.{{wildcard(2)}}.{{ Wildcard( 1 ) }}', 'foo.a.b', 'bar.b.a'],
    ['foo.>', 'bar.>', 'foo.a.b.c', 'bar.a.b.c'],
    ['foo.*.>', '$1.bar.>', 'foo.a.b.c', 'a.bar.b.c'],
    ['', 'pre.>', 'a.b', 'pre.a.b'],
    ['*', '{{splitFromLeft(1,3)}}', '12345', '123.45'],
    ['*', '{{SplitFromRight(1,3)}}', '12345', '12.345'],
    ['*', '{{splitfromleft(1,9)}}', '12345', '12345'],
    ['*', '{{SliceFromLeft(1,3)}}', '1234567890', '123.456.789.0'],
    ['*', '{{SliceFromRight(1,3)}}', '1234567890', '1.234.567.890'],
    ['*', '{{SliceFromLeft(1,5)}}', '1234567890', '12345.67890'],
    ['*', '{{split(1,-)}}', '-abc-def--ghi-', 'abc.def.ghi'],
    ['*', '{{left(1,2)}}.{{right(1,2)}}', 'abcdef', 'ab.ef'],
    ['*', '{{left(1,0)}}', 'abcdef', 'abcdef'],
    ['foo', 'bar.{{random(10)}}', 'foo', 'bar.5'],
    ['foo', 'bar.{{random(0)}}', 'foo', 'bar.0'],
    ['foo.*', '$SYS.x.$1', 'foo.a', '$SYS.x.a'],
  ])('%s to %s makes %s %s', (source, destination, subject, expected) => {
    expect(transform(source, destination, subject)).toBe(expected);
  });

  it('partitions by FNV-1a of the chosen tokens, or of the whole subject', () => {
    // FNV-1a 32 of "foo" is 0xa9f37ed7, of "foo.bar" computed here by the definition.
    expect(transform('*', 'p.{{partition(10,1)}}', 'foo')).toBe(`p.${0xa9f37ed7 % 10}`);
    let hash = 0x811c9dc5;
    for (const char of 'foo.bar') hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
    expect(transform('*.*', 'p.{{partition(7)}}', 'foo.bar')).toBe(`p.${hash % 7}`);
    expect(transform('*', 'p.{{partition(0,1)}}', 'foo')).toBe('p.0');
  });

  it.each([
    ['foo..bar', 'x', 'invalid subject'],
    ['foo.*', 'bar.*', 'invalid subject'],
    ['foo.>', 'bar', 'invalid subject'],
    ['foo.*', 'bar.$2', 'invalid mapping destination: wildcard index out of range in $2: [2]'],
    ['foo', 'bar baz', 'invalid mapping destination: invalid transform'],
    ['foo', 'bar.$1', 'invalid mapping destination: wildcard index out of range in $1'],
    ['foo.*', '{{zork(1)}}', 'invalid mapping destination: unknown function in {{zork(1)}}'],
    ['foo.*', '{{wildcard()}}', 'invalid mapping destination: not enough arguments passed to the function in {{wildcard()}}'],
    ['foo.*', '{{wildcard(1,2)}}', 'invalid mapping destination: too many arguments passed to the function in {{wildcard(1,2)}}'],
    [
      'foo.*',
      '{{left(1,x)}}',
      'invalid mapping destination: function argument is invalid or in the wrong format in {{left(1,x)}}',
    ],
  ])('refuses %s to %s', (source, destination, error) => {
    expect(errorOf(source, destination)).toBe(error);
  });

  it('takes only wildcards, and all of them, when it must be reversible', () => {
    expect(errorOf('foo.*', 'bar.{{left(1,2)}}', true)).toContain('the only mapping function allowed for import transforms');
    expect(errorOf('foo.*.*', 'bar.$1', true)).toContain('not using all of the token wildcard(s)');
    expect(errorOf('foo.*.*', 'bar.$2.$1', true)).toBe('');
  });
});
