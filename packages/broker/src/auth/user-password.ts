/** Users with passwords, plain or bcrypt: one `user`/`password` or the `users` list, each with account and permissions. */
import type { UserOptions } from '../options.ts';
import { type AuthMethod, accepted, refused } from './auth-method.ts';
import type { AuthRequest, AuthResult, Identity } from './authenticator.ts';
import { mayAttach } from './connection-type.ts';
import type { PasswordChecker } from './password.ts';

/** A user as the methods hold it. */
export interface KnownUser {
  readonly options: UserOptions;
  readonly identity: Identity;
}

export class UserPasswordMethod implements AuthMethod {
  private readonly users: ReadonlyMap<string, KnownUser>;
  private readonly passwords: PasswordChecker;

  constructor(users: ReadonlyMap<string, KnownUser>, passwords: PasswordChecker) {
    this.users = users;
    this.passwords = passwords;
  }

  applies(): boolean {
    return true;
  }

  check({ connect, peer }: AuthRequest): AuthResult | Promise<AuthResult> {
    const known = this.users.get(connect.user ?? '');
    // A user that may not attach this way is no user, and costs the same time.
    const user = known !== undefined && mayAttach(known.options.allowedConnectionTypes, peer) ? known : undefined;
    const answer = this.passwords.matches(user?.options.password, connect.pass ?? '');
    return typeof answer === 'boolean' ? resultOf(answer, user) : answer.then((isRight) => resultOf(isRight, user));
  }
}

function resultOf(isRight: boolean, user: KnownUser | undefined): AuthResult {
  return isRight && user !== undefined ? accepted(user.identity) : refused('unknown user or wrong password');
}
