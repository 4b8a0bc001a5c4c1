/** As whom the workbench runs. Passwords and tokens live in this page only: they are never stored, never in the URL. */
import type { RunAs } from '@sluice/protocol/console';

export type RunAsChoice =
  | { kind: 'anonymous' }
  | { kind: 'user'; username: string; password: string }
  | { kind: 'token'; token: string };

/** As whom a page begins: without credentials where the server lets such clients in, else as the first user it knows. */
export function usualRunAs(isAnonymousAllowed: boolean | null, users: readonly string[]): RunAsChoice {
  return isAnonymousAllowed === false ? { kind: 'user', username: users[0] ?? '', password: '' } : { kind: 'anonymous' };
}

/** In words, without secrets. */
export function runAsLabel(choice: RunAsChoice): string {
  switch (choice.kind) {
    case 'anonymous':
      return 'anonymous';
    case 'user':
      return choice.username === '' ? 'a user' : choice.username;
    case 'token':
      return 'a token';
  }
}

/** Why nothing can be sent as this choice; null when it can. */
export function runAsProblem(choice: RunAsChoice): string | null {
  if (choice.kind === 'user' && choice.username === '') return 'Name the user to run as.';
  if (choice.kind === 'token' && choice.token === '') return 'Give the token to run with.';
  return null;
}

export function toRunAs(choice: RunAsChoice): RunAs {
  return choice;
}
