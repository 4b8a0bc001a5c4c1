/** One token for everybody: `authorization { token }`, `--auth`. Plain or bcrypt. */
import { type AuthMethod, accepted, refused } from './auth-method.ts';
import type { AuthRequest, AuthResult, Identity } from './authenticator.ts';
import type { PasswordChecker } from './password.ts';

export class TokenMethod implements AuthMethod {
  private readonly token: string;
  private readonly passwords: PasswordChecker;
  private readonly identity: Identity;

  constructor(token: string, passwords: PasswordChecker, identity: Identity) {
    this.token = token;
    this.passwords = passwords;
    this.identity = identity;
  }

  applies(): boolean {
    return true;
  }

  check({ connect }: AuthRequest): AuthResult | Promise<AuthResult> {
    const answer = this.passwords.matches(this.token, connect.auth_token ?? '');
    return typeof answer === 'boolean' ? this.resultOf(answer) : answer.then((isRight) => this.resultOf(isRight));
  }

  private resultOf(isRight: boolean): AuthResult {
    return isRight ? accepted(this.identity) : refused('wrong token');
  }
}
