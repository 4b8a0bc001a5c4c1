/**
 * Keeps one child process alive: starts it, waits for its `ready`, starts it again after it died, with growing pauses. What it
 * does in which state is the table below; processes and time come in from outside, so the rules are tested without either.
 *
 *   starting --ready--> running --exit--> waiting --delay over--> starting …
 *   starting --exit---> waiting            any --stop--> stopping --exit--> stopped
 */
import type { Clock, Timer } from '../env/clock.ts';

export type ChildState = 'starting' | 'running' | 'waiting' | 'stopping' | 'stopped';

export interface ChildExit {
  readonly atMs: number;
  readonly code: number | null;
  readonly signal: string | null;
}

/** The process as the supervisor sees it; `node-child.ts` makes real ones. */
export interface ChildHandle<Out> {
  readonly pid?: number | undefined;
  send(message: Out): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface ChildEvents<In> {
  onMessage(message: In): void;
  /** Called exactly once, also when the process could not be spawned. */
  onExit(code: number | null, signal: string | null): void;
}

export interface SupervisedChildOptions<Out, In> {
  readonly clock: Clock;
  spawn(events: ChildEvents<In>): ChildHandle<Out>;
  /** The message that makes a fresh process work; asked for at every start. */
  startMessage(): Out;
  readonly stopMessage: Out;
  onMessage(message: In): void;
  /** The state has changed. */
  onChange(): void;
}

/** First pause before a new start, doubled each time up to the largest; a run of `STABLE_AFTER_MS` starts over. */
export const FIRST_DELAY_MS = 200;
export const LARGEST_DELAY_MS = 10_000;
export const STABLE_AFTER_MS = 30_000;
/** A child that is not ready by then, and has not told of progress since, is killed and started again. */
export const READY_DEADLINE_MS = 30_000;
/** A child that does not end by then after `stop` is killed. */
export const STOP_DEADLINE_MS = 8000;

/** Pause before start number `failures + 1`. */
export function restartDelayMs(failures: number): number {
  return Math.min(LARGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures, 16));
}

export class SupervisedChild<Out, In> {
  state: ChildState = 'stopped';
  sinceMs = 0;
  restarts = 0;
  lastExit: ChildExit | undefined;
  nextStartAtMs: number | undefined;
  readonly #options: SupervisedChildOptions<Out, In>;
  #handle: ChildHandle<Out> | undefined;
  #timer: Timer | undefined;
  #failures = 0;
  #whenStopped: (() => void)[] = [];

  constructor(options: SupervisedChildOptions<Out, In>) {
    this.#options = options;
  }

  start(): void {
    this.#spawn();
  }

  /** Process id, while there is a process. */
  get pid(): number | undefined {
    return this.#handle?.pid;
  }

  /** Hands a message to the running process; dropped while there is none. */
  send(message: Out): void {
    if (this.state === 'running' || this.state === 'starting') this.#handle?.send(message);
  }

  /** The child works on its start and takes longer for a reason: the deadline begins anew. */
  noteProgress(): void {
    if (this.state !== 'starting') return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(READY_DEADLINE_MS, () => this.#handle?.kill('SIGKILL'));
  }

  /** The child has said that it works. */
  markReady(): void {
    if (this.state !== 'starting') return;
    this.#timer?.cancel();
    this.#change('running');
  }

  /** Asks the child to end, kills it after the deadline; resolves when it is gone. */
  stop(): Promise<void> {
    this.#timer?.cancel();
    if (this.state === 'stopped' || this.state === 'waiting') {
      this.nextStartAtMs = undefined;
      if (this.state === 'waiting') this.#change('stopped');
      return Promise.resolve();
    }
    const done = new Promise<void>((resolve) => this.#whenStopped.push(resolve));
    if (this.state !== 'stopping') {
      this.#change('stopping');
      this.#handle?.send(this.#options.stopMessage);
      this.#timer = this.#options.clock.setTimer(STOP_DEADLINE_MS, () => this.#handle?.kill('SIGKILL'));
    }
    return done;
  }

  #spawn(): void {
    this.nextStartAtMs = undefined;
    this.#change('starting');
    this.#handle = this.#options.spawn({
      onMessage: (message) => this.#options.onMessage(message),
      onExit: (code, signal) => this.#exited(code, signal),
    });
    this.#handle.send(this.#options.startMessage());
    this.noteProgress();
  }

  #exited(code: number | null, signal: string | null): void {
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#handle = undefined;
    this.lastExit = { atMs: clock.nowMs(), code, signal };
    if (this.state === 'stopping') {
      this.#change('stopped');
      for (const resolve of this.#whenStopped.splice(0)) resolve();
      return;
    }
    if (this.state === 'running' && clock.nowMs() - this.sinceMs >= STABLE_AFTER_MS) this.#failures = 0;
    const delayMs = restartDelayMs(this.#failures);
    this.#failures += 1;
    this.nextStartAtMs = clock.nowMs() + delayMs;
    this.#change('waiting');
    this.#timer = clock.setTimer(delayMs, () => {
      this.restarts += 1;
      this.#spawn();
    });
  }

  #change(state: ChildState): void {
    this.state = state;
    this.sinceMs = this.#options.clock.nowMs();
    this.#options.onChange();
  }
}
