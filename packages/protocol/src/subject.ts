/**
 * Subjects: dot-separated tokens, `*` for one whole token, `>` for one or more at the end. One validator for every entry, so that what
 * was accepted once never has to be parsed again. Source: nats-server server/sublist.go IsValidSubject, IsValidLiteralSubject.
 */

/** Blank, tab, line feed, form feed and carriage return may not stand inside a token. */
function hasForbiddenChar(subject: string): boolean {
  for (let index = 0; index < subject.length; index++) {
    const code = subject.charCodeAt(index);
    if (code === 32 || (code >= 9 && code <= 13 && code !== 11)) return true;
  }
  return false;
}

/** True for a pattern that may be configured: no empty token, `>` only as the last one. `foo*` and `foo>` are literal tokens. */
export function isValidSubject(subject: string): boolean {
  return !hasForbiddenChar(subject) && isValidSubscribeSubject(subject);
}

/** As `isValidSubject`, of what came as an argument: which characters it may have was decided where the line was split. */
export function isValidSubscribeSubject(subject: string): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, index) => token.length > 0 && (token !== '>' || index === tokens.length - 1));
}

/** What a pedantic publisher may name: valid tokens, none of them a wildcard. */
export function isValidPublishSubject(subject: string): boolean {
  return isValidSubscribeSubject(subject) && !hasWildcards(subject);
}

/** True for a valid subject without wildcard tokens. */
export function isLiteralSubject(subject: string): boolean {
  return isValidSubject(subject) && !hasWildcards(subject);
}

/** True when some token is `*` or the last one is `>`. */
export function hasWildcards(subject: string): boolean {
  return subject.split('.').some((token) => token === '*' || token === '>');
}

/** True when a message published to `literal` reaches a subscription to `pattern`. */
export function matchesSubject(literal: string, pattern: string): boolean {
  const subjectTokens = literal.split('.');
  const patternTokens = pattern.split('.');
  for (let index = 0; index < patternTokens.length; index++) {
    const token = patternTokens[index];
    if (token === '>' && index === patternTokens.length - 1) return index < subjectTokens.length;
    if (index >= subjectTokens.length || (token !== '*' && token !== subjectTokens[index])) return false;
  }
  return subjectTokens.length === patternTokens.length;
}

/** True when some literal subject matches both patterns. */
export function subjectsOverlap(a: string, b: string): boolean {
  const left = a.split('.');
  const right = b.split('.');
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const leftToken = left[index];
    const rightToken = right[index];
    if ((leftToken === '>' && index === left.length - 1) || (rightToken === '>' && index === right.length - 1)) return true;
    if (leftToken !== rightToken && leftToken !== '*' && rightToken !== '*') return false;
  }
  return left.length === right.length;
}

/** True when every literal subject that matches `pattern` also matches `superset`. */
export function isSubsetOf(pattern: string, superset: string): boolean {
  const inner = pattern.split('.');
  const outer = superset.split('.');
  for (let index = 0; index < outer.length; index++) {
    const token = outer[index];
    if (token === '>' && index === outer.length - 1) return index < inner.length;
    const candidate = inner[index];
    if (candidate === undefined || (candidate === '>' && index === inner.length - 1)) return false;
    if (token !== '*' && token !== candidate) return false;
  }
  return inner.length === outer.length;
}

/** The pattern that matches exactly what both patterns match, or undefined when nothing does. */
export function intersectSubjects(a: string, b: string): string | undefined {
  const left = a.split('.');
  const right = b.split('.');
  const tokens: string[] = [];
  for (let index = 0; ; index++) {
    const leftToken = left[index];
    const rightToken = right[index];
    if (leftToken === undefined || rightToken === undefined) return leftToken === rightToken ? tokens.join('.') : undefined;
    if (leftToken === '>' && index === left.length - 1) return [...tokens, ...right.slice(index)].join('.');
    if (rightToken === '>' && index === right.length - 1) return [...tokens, ...left.slice(index)].join('.');
    if (leftToken === '*') tokens.push(rightToken);
    else if (rightToken === '*' || rightToken === leftToken) tokens.push(leftToken);
    else return undefined;
  }
}

/** A pattern as the destination of a transform that leaves it as it is: `foo.*.>` becomes `foo.$1.>`. */
export function placeholdersOf(pattern: string): string {
  let index = 0;
  return pattern
    .split('.')
    .map((token) => (token === '*' ? `$${++index}` : token))
    .join('.');
}
