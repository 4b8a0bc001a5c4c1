/** A request of the server itself to whoever listens in an account: the first answer that counts, within a time. */
import type { Account } from './account.ts';

export interface Question {
  readonly subject: string;
  /** A subject that nobody can guess. */
  readonly reply: string;
  readonly payload: Uint8Array;
  /** A complete header block. */
  readonly headers?: Uint8Array;
  readonly timeoutMs: number;
  /** False for an answer that is to be waited past. Absent: the first one counts. */
  readonly counts?: (answer: Uint8Array) => boolean;
}

/** The answer, its memory the caller's; undefined when there was none in time. Must not be called from inside a `deliver`. */
export function ask(account: Account, question: Question): Promise<Buffer | undefined> {
  const { subject, reply, payload, headers, timeoutMs, counts } = question;
  return new Promise((resolve) => {
    const settle = (answer: Buffer | undefined): void => {
      timer.cancel();
      end();
      resolve(answer);
    };
    const timer = account.turn.clock.setTimer(timeoutMs, () => settle(undefined));
    const end = account.subscribe(reply, (message) => {
      if (counts === undefined || counts(message.payload)) settle(Buffer.from(message.payload));
    });
    account.publish(subject, payload, { reply, ...(headers === undefined ? {} : { headers }) });
  });
}
