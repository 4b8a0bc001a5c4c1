/**
 * Passwords and tokens as a configuration holds them, plain or bcrypt, against what a client sent. Comparing takes the same time
 * wherever the first difference is, and a user that does not exist costs as much as a wrong password for the costliest hash.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { BcryptChecker } from './bcrypt-checker.ts';

/** Source: nats-server server/auth.go validBcryptPrefix. */
const BCRYPT = /^\$2[abxy]\$(\d{2})\$/;
/** Any salt and any digest do: the comparison is made for its time alone. */
const DUMMY_TAIL = 'abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE';
/** A password longer than this is refused unseen; CONNECT is bounded by the control line, this bounds other callers. */
const MAX_PASSWORD_CHARS = 65_536;

/** True for a bcrypt hash. */
function isBcryptHash(secret: string): boolean {
  return BCRYPT.test(secret);
}

export class PasswordChecker {
  private readonly bcrypt: BcryptChecker;
  /** What is compared for its time alone; undefined when all secrets are plain. */
  private readonly dummyHash: string | undefined;

  /** `secrets`: all that a client may be compared with; they tell how long a refusal has to take. */
  constructor(bcrypt: BcryptChecker, secrets: readonly string[]) {
    this.bcrypt = bcrypt;
    const costs = secrets.map((secret) => BCRYPT.exec(secret)?.[1] ?? '').filter((cost) => cost !== '');
    this.dummyHash = costs.length === 0 ? undefined : `$2b$${costs.sort().at(-1) ?? ''}$${DUMMY_TAIL}`;
  }

  /** `expected` undefined: nothing is right, but the time passes all the same. */
  matches(expected: string | undefined, given: string): boolean | Promise<boolean> {
    if (given.length > MAX_PASSWORD_CHARS) return false;
    if (expected !== undefined && isBcryptHash(expected)) return this.bcrypt.matches(expected, given);
    const isEqual = equalSecrets(expected ?? '', given) && expected !== undefined;
    if (isEqual || this.dummyHash === undefined) return isEqual;
    return this.bcrypt.matches(this.dummyHash, given).then(() => false);
  }
}

/** Equal texts, in a time that depends on their lengths alone. */
function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
