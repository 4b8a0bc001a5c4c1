/** The server's rules for names and passwords, said before it has to say them. */

export const PASSWORD_MIN = 12;
const PASSWORD_MAX = 256;

/** What is wrong with a user name, or null; empty is not wrong yet. */
export function usernameProblem(name: string): string | null {
  if (name === '') return null;
  if (name.length > 64) return '64 characters at most';
  return /^[A-Za-z0-9._\-@]+$/.test(name) ? null : 'Only letters, digits and . _ - @';
}

/** What is wrong with a new password, or null; empty is not wrong yet. */
export function passwordProblem(password: string): string | null {
  if (password === '') return null;
  if (password.length < PASSWORD_MIN) return `${PASSWORD_MIN - password.length} more characters, please`;
  return password.length > PASSWORD_MAX ? `${PASSWORD_MAX} characters at most` : null;
}
