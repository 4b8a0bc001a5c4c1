/** Subjects: validity, matching, overlap and subset, each also against a model that enumerates literals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SubjectTransform } from '../src/index.ts';
import {
  hasWildcards,
  intersectSubjects,
  isLiteralSubject,
  isSubsetOf,
  isValidPublishSubject,
  isValidSubject,
  isValidSubscribeSubject,
  matchesSubject,
  placeholdersOf,
  subjectsOverlap,
} from '../src/subject.ts';

const literalToken = fc.constantFrom('a', 'b', 'foo*', '>x');
const literal = fc.array(literalToken, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'));
const pattern = fc
  .tuple(fc.array(fc.oneof(literalToken, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, isOpen]) => [...tokens, ...(isOpen ? ['>'] : [])].join('.'));

/** Every literal of up to five tokens over an alphabet with one token that no pattern names. */
function allLiterals(): string[] {
  const tokens = ['a', 'b', 'foo*', '>x', 'other'];
  let level = tokens;
  const all = [...level];
  for (let depth = 2; depth <= 5; depth++) {
    level = level.flatMap((prefix) => tokens.map((token) => `${prefix}.${token}`));
    all.push(...level);
  }
  return all;
}
const universe = allLiterals();

describe('isValidSubject', () => {
  it.each(['a', 'a.b', '*', '>', 'a.*.c', 'a.>', '*.>', 'foo*', 'foo>', 'a.**', 'a.>>', '$SYS.REQ', 'ü.☃', 'a\u000bb'])(
    'accepts %j',
    (subject) => {
      expect(isValidSubject(subject)).toBe(true);
      expect(isValidSubscribeSubject(subject)).toBe(true);
    },
  );

  it.each(['', '.', 'a.', '.a', 'a..b', 'a.>.b', '>.a', 'a b', 'a\tb', 'a\nb', 'a\rb', 'a\fb', ' '])('refuses %j', (subject) => {
    expect(isValidSubject(subject)).toBe(false);
    expect(isLiteralSubject(subject)).toBe(false);
  });
});

describe('isValidSubscribeSubject and isValidPublishSubject', () => {
  it('leave it to the splitting of the line which characters an argument has', () => {
    for (const subject of ['a\fb', 'a\rb', '\r']) {
      expect(isValidSubscribeSubject(subject)).toBe(true);
      expect(isValidPublishSubject(subject)).toBe(true);
    }
  });

  it('want tokens, and a publisher no wildcards', () => {
    for (const subject of ['', 'a..b', '.a', 'a.', '>.a']) {
      expect(isValidSubscribeSubject(subject)).toBe(false);
      expect(isValidPublishSubject(subject)).toBe(false);
    }
    expect([isValidPublishSubject('a.*'), isValidPublishSubject('a.>'), isValidPublishSubject('a*')]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('wildcards', () => {
  it('are whole tokens only', () => {
    expect(['*', 'a.*', '>', 'a.>'].map(hasWildcards)).toEqual([true, true, true, true]);
    expect(['a', 'a*', '*a', 'a.>b', 'a.b>'].map(hasWildcards)).toEqual([false, false, false, false, false]);
    expect(isLiteralSubject('foo*.bar>')).toBe(true);
    expect(isLiteralSubject('foo.*')).toBe(false);
  });

  it('stand for one token, and > for one or more', () => {
    expect(matchesSubject('a.b', 'a.*')).toBe(true);
    expect(matchesSubject('a', 'a.*')).toBe(false);
    expect(matchesSubject('a.b.c', 'a.*')).toBe(false);
    expect(matchesSubject('a.b.c', 'a.>')).toBe(true);
    expect(matchesSubject('a', 'a.>')).toBe(false);
    expect(matchesSubject('a', '>')).toBe(true);
    expect(matchesSubject('foo*', 'foo*')).toBe(true);
    expect(matchesSubject('fooo', 'foo*')).toBe(false);
  });
});

describe('relations between patterns', () => {
  it('a literal matches itself only', () => {
    fc.assert(
      fc.property(literal, literal, (a, b) => {
        expect(matchesSubject(a, b)).toBe(a === b);
      }),
    );
  });

  it('overlap exactly when a common literal exists', () => {
    fc.assert(
      fc.property(pattern, pattern, (a, b) => {
        const isShared = universe.some((subject) => matchesSubject(subject, a) && matchesSubject(subject, b));
        expect(subjectsOverlap(a, b)).toBe(isShared);
        expect(subjectsOverlap(b, a)).toBe(isShared);
      }),
      { numRuns: 300 },
    );
  });

  it('are subsets exactly when no literal escapes', () => {
    fc.assert(
      fc.property(pattern, pattern, (inner, outer) => {
        const matched = universe.filter((subject) => matchesSubject(subject, inner));
        expect(isSubsetOf(inner, outer)).toBe(matched.every((subject) => matchesSubject(subject, outer)));
      }),
      { numRuns: 300 },
    );
  });

  it('intersect in the pattern of what both match', () => {
    fc.assert(
      fc.property(pattern, pattern, (a, b) => {
        const both = intersectSubjects(a, b);
        const shared = universe.filter((subject) => matchesSubject(subject, a) && matchesSubject(subject, b));
        expect(universe.filter((subject) => both !== undefined && matchesSubject(subject, both))).toEqual(shared);
      }),
      { numRuns: 100 },
    );
  });
});

describe('placeholdersOf', () => {
  it('makes of any pattern a destination that changes nothing', () => {
    expect(placeholdersOf('foo.*.a.*.>')).toBe('foo.$1.a.$2.>');
    fc.assert(
      fc.property(pattern, literal, (source, subject) => {
        const transform = SubjectTransform.parse(source, placeholdersOf(source));
        if (!transform.ok) throw new Error(transform.error);
        if (matchesSubject(subject, source)) expect(transform.value.apply(subject, () => 0)).toBe(subject);
      }),
    );
  });
});
