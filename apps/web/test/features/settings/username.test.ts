/** Names and passwords are judged as the server will. */
import { expect, it } from 'vitest';
import { passwordProblem, usernameProblem } from '../../../src/features/settings/model/username.ts';

it('takes names of letters, digits and a few marks', () => {
  expect(usernameProblem('m.keller@ops-1_x')).toBeNull();
  expect(usernameProblem('m keller')).toMatch(/Only letters/);
  expect(usernameProblem('x'.repeat(65))).toMatch(/64/);
});

it('counts what a password lacks', () => {
  expect(passwordProblem('')).toBeNull();
  expect(passwordProblem('short')).toBe('7 more characters, please');
  expect(passwordProblem('x'.repeat(12))).toBeNull();
  expect(passwordProblem('x'.repeat(257))).toMatch(/256/);
});
