/**
 * A subject pattern, prepared for asking many subjects. Literal patterns compare; wildcard patterns walk tokens and remember the
 * answer per subject slot, so that a consumer that skips a million messages compares each subject once.
 */
import type { SubjectIndex } from './subject-index.ts';

/** Remembered answers of a filter, one word per slot: the slot's version shifted by one, and the answer. */
const FIRST_MEMO_SLOTS = 64;

export class SubjectFilter {
  readonly pattern: string;
  readonly hasWildcard: boolean;
  /** True for `>`, which every subject matches. */
  readonly matchesAll: boolean;
  private readonly tokens: readonly string[];
  private memo: Uint32Array = new Uint32Array(0);
  private memoOf: SubjectIndex | null = null;

  constructor(pattern: string) {
    this.pattern = pattern;
    this.tokens = pattern.split('.');
    this.matchesAll = pattern === '>';
    this.hasWildcard = this.tokens.some((token) => token === '*' || token === '>');
  }

  /** True when `subject` (a literal one) matches. */
  matches(subject: string): boolean {
    if (this.matchesAll) return true;
    if (!this.hasWildcard) return subject === this.pattern;
    return matchTokens(this.tokens, subject);
  }

  /** Like `matches`, for a subject of `index` by its slot. */
  matchesSlot(index: SubjectIndex, slot: number): boolean {
    if (this.matchesAll) return true;
    if (!this.hasWildcard) return index.subjectOf(slot) === this.pattern;
    if (this.memoOf !== index) {
      this.memoOf = index;
      this.memo = new Uint32Array(FIRST_MEMO_SLOTS);
    }
    if (slot >= this.memo.length) this.growMemo(slot);
    const expected = (index.versionOf(slot) << 1) >>> 0;
    const known = this.memo[slot] as number;
    if (known >>> 1 === expected >>> 1) return (known & 1) === 1;
    const isMatch = this.matches(index.subjectOf(slot));
    this.memo[slot] = expected | (isMatch ? 1 : 0);
    return isMatch;
  }

  private growMemo(slot: number): void {
    const grown = new Uint32Array(Math.max(slot + 1, this.memo.length * 2));
    grown.set(this.memo);
    this.memo = grown;
  }
}

/** Walks pattern tokens along the subject without splitting it. */
function matchTokens(tokens: readonly string[], subject: string): boolean {
  let start = 0;
  for (let index = 0; index < tokens.length; index++) {
    if (start > subject.length) return false;
    const token = tokens[index] as string;
    if (token === '>') return start < subject.length || index === 0;
    const dot = subject.indexOf('.', start);
    const end = dot < 0 ? subject.length : dot;
    if (token !== '*' && (end - start !== token.length || !subject.startsWith(token, start))) return false;
    if (token === '*' && end === start) return false;
    start = end + 1;
  }
  return start > subject.length;
}

/** Several patterns; a subject matches when one of them does. Null stands for "everything" throughout the store. */
export class FilterSet {
  readonly filters: readonly SubjectFilter[];
  readonly matchesAll: boolean;

  constructor(patterns: readonly string[]) {
    this.filters = patterns.map((pattern) => new SubjectFilter(pattern));
    this.matchesAll = this.filters.some((filter) => filter.matchesAll);
  }

  /** The set for `patterns`, or null when they select everything. */
  static of(patterns: readonly string[]): FilterSet | null {
    const set = new FilterSet(patterns);
    return patterns.length === 0 || set.matchesAll ? null : set;
  }

  matches(subject: string): boolean {
    for (const filter of this.filters) if (filter.matches(subject)) return true;
    return false;
  }

  matchesSlot(index: SubjectIndex, slot: number): boolean {
    for (const filter of this.filters) if (filter.matchesSlot(index, slot)) return true;
    return false;
  }

  /** The subject, when the set is one literal subject. */
  get literal(): string | undefined {
    const [only] = this.filters;
    return this.filters.length === 1 && only !== undefined && !only.hasWildcard ? only.pattern : undefined;
  }
}
