/**
 * The child's side of the IPC channel, the same for broker and console: takes `start` once and `stop` at the end, ends when the
 * supervisor is gone, and leaves signals of the terminal to the supervisor.
 */
import { EXIT_CANNOT_START } from './messages.ts';

export interface ChildProgram<Start> {
  /** Starts and says `ready` itself. A rejection ends the process; say `failed` before. */
  start(start: Start): Promise<void>;
  stop(): Promise<void>;
}

type Incoming<Start> = { type: 'start'; start: Start } | { type: 'stop' } | { type: string };

/** Runs `program` under the supervisor; other messages go to `onMessage`. */
export function runChildProcess<Start, In extends { type: string }>(
  program: ChildProgram<Start>,
  onMessage: (message: In) => void = () => undefined,
): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    program.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`stopping failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  process.on('message', (message: Incoming<Start>) => {
    if (message.type === 'stop') {
      stop();
    } else if (message.type === 'start' && 'start' in message) {
      program.start(message.start).catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(EXIT_CANNOT_START);
      });
    } else {
      onMessage(message as In);
    }
  });
}

/** Sends to the supervisor; resolves when it is on its way. */
export function tellSupervisor(message: object): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
