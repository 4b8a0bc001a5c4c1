/** Refusals of `Accounts` as answers. */
import type { AccountRefusal } from '../../auth/accounts.ts';
import { badField, HttpFailure } from '../../http-failure.ts';

/** What a refusal of `Accounts` means, in words. */
export function refusalText(error: AccountRefusal): string {
  switch (error.kind) {
    case 'wrong_credentials':
      return 'wrong name or password';
    case 'wait':
      return 'too many failed attempts';
    case 'weak_password':
      return `the password ${error.message}`;
    case 'exists':
      return 'there is a user of that name already';
    case 'unknown_user':
      return 'no such user';
    case 'last_admin':
      return 'this is the last administrator who can log in';
    case 'changed':
      return 'somebody changed this user meanwhile; look at it again';
    case 'not_open':
      return 'the link is wrong or was used already';
  }
}

/** A refusal of `Accounts` as an answer; `field` names the password in the body. */
export function refusalFailure(error: AccountRefusal, field: string): HttpFailure {
  const text = refusalText(error);
  switch (error.kind) {
    case 'wrong_credentials':
      return new HttpFailure('unauthenticated', text);
    case 'wait': {
      const seconds = Math.ceil(error.waitMs / 1000);
      return new HttpFailure('too_many_attempts', `${text}; wait ${seconds} s`, { retryAfterMs: error.waitMs });
    }
    case 'weak_password':
      return badField(`/${field}`, error.message);
    case 'exists':
    case 'last_admin':
    case 'changed':
      return new HttpFailure('conflict', text);
    case 'unknown_user':
      return new HttpFailure('not_found', text);
    case 'not_open':
      return new HttpFailure('forbidden', text);
  }
}
