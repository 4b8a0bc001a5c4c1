/** The worker thread that compares bcrypt hashes: one question, one answer, one after the other. Started by `bcrypt-checker.ts`. */
import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';

export interface BcryptQuestion {
  readonly id: number;
  readonly hash: string;
  readonly password: string;
}

export interface BcryptAnswer {
  readonly id: number;
  /** False for a malformed hash too. */
  readonly isRight: boolean;
}

parentPort?.on('message', ({ id, hash, password }: BcryptQuestion) => {
  const answer: BcryptAnswer = { id, isRight: isMatch(password, hash) };
  parentPort?.postMessage(answer);
});

/** The border of this thread: bcryptjs throws for a hash with an impossible cost or letter, and such a hash matches nothing. */
function isMatch(password: string, hash: string): boolean {
  try {
    return bcrypt.compareSync(password, hash);
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}
