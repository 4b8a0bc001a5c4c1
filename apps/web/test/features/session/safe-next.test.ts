/** The way back after the login leads nowhere else. */
import { expect, it } from 'vitest';
import { safeNext } from '../../../src/features/session/model/safe-next.ts';

it.each([
  ['/connections?cid=3', '/connections?cid=3'],
  [undefined, '/'],
  ['//example.org', '/'],
  ['/\\example.org', '/'],
  ['https://example.org', '/'],
  ['javascript:alert(1)', '/'],
  ['/login?next=/login', '/'],
])('%s leads to %s', (next, where) => expect(safeNext(next)).toBe(where));
