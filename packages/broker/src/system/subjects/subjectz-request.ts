/** The JSON of SUBJECTZ, checked. */
import { hasWildcards, isValidSubject, type SubjectzRequest } from '@sluice/protocol';
import { toWireText } from '../../auth/subject-pattern.ts';
import { answer, type Result, refusal } from '../../monitor/result.ts';

const sorts = ['rate', 'bytes_rate', 'messages', 'bytes', 'last_seen', 'subject'] as const;
export type SubjectzSort = (typeof sorts)[number];

const MAX_OFFSET = 1_000_000;
const MAX_LIMIT = 1000;
const MAX_PATTERN_BYTES = 1024;

export interface CheckedSubjectz {
  readonly account: string;
  /** One char per byte; empty is everything. */
  readonly pattern: string;
  readonly hasWildcards: boolean;
  readonly isGrouped: boolean;
  readonly sort: SubjectzSort;
  readonly offset: number;
  readonly limit: number;
  readonly includeSystem: boolean;
}

export function checkSubjectz(value: unknown): Result<CheckedSubjectz> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refusal('the request must be a JSON object');
  const fields: { [Key in keyof SubjectzRequest]?: unknown } = { ...value };
  const { account = '$G', pattern = '', group = 'none', sort = 'rate', offset = 0, limit = 100 } = fields;
  if (typeof account !== 'string') return refusal('account must be text');
  if (typeof pattern !== 'string' || pattern.length > MAX_PATTERN_BYTES || (pattern !== '' && !isValidSubject(pattern))) {
    return refusal('pattern must be a subject, with or without wildcards');
  }
  if (group !== 'none' && group !== 'children') return refusal('group must be none or children');
  const chosenSort = sorts.find((candidate) => candidate === sort);
  if (chosenSort === undefined) return refusal(`sort must be one of ${sorts.join(', ')}`);
  if (!isIntIn(offset, 0, MAX_OFFSET)) return refusal(`offset must be a whole number from 0 to ${MAX_OFFSET}`);
  if (!isIntIn(limit, 1, MAX_LIMIT)) return refusal(`limit must be a whole number from 1 to ${MAX_LIMIT}`);
  return answer({
    account,
    pattern: toWireText(pattern),
    hasWildcards: hasWildcards(pattern),
    isGrouped: group === 'children',
    sort: chosenSort,
    offset,
    limit,
    includeSystem: fields.include_system === true,
  });
}

function isIntIn(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}
