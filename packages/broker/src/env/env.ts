/**
 * Everything non-deterministic that the broker touches, as one interface: clock, randomness, disk, network, log.
 * `env/node/` holds the real ones; tests hold simulated ones with a seed, and run the same production code.
 * The hot path pays nothing for it: it gets the concrete object once, in a constructor.
 */
import type { Disk } from './disk.ts';
import type { Log } from './log.ts';
import type { Net } from './net.ts';

/** A running timer. Cancelling twice is harmless. */
export interface Timer {
  cancel(): void;
}

/** Time and turns of the event loop. Wall time may jump; monotonic time may not. */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Wall time in microseconds since the Unix epoch (an integer below 2^53 until 2255). */
  nowUs(): number;
  /** Milliseconds of a clock that never goes back, with a fraction. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; the timer does not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Calls back every `intervalMs` until cancelled; the timer does not keep the process alive. */
  setRepeatingTimer(intervalMs: number, callback: () => void): Timer;
  /** Calls back after the input of this turn has been read (Node: `setImmediate`). */
  afterInput(callback: () => void): void;
}

/** Randomness. The real one is cryptographic; a seeded one makes a run repeatable. */
export interface Random {
  /** `count` fresh random bytes. */
  bytes(count: number): Uint8Array;
  /** A random integer in [0, 2^32). */
  uint32(): number;
}

/** What the process uses, for monitoring. */
export interface ProcessUsage {
  /** Resident memory in bytes. */
  readonly memoryBytes: number;
  /** CPU time used since the process started, in microseconds. */
  readonly cpuUs: number;
  /** Processors of the machine. */
  readonly cores: number;
  /** The command line. */
  readonly commandLine: readonly string[];
  /** Heap of the JavaScript engine in bytes. */
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
}

export interface Env {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly net: Net;
  readonly log: Log;
  /** What the broker runs on, as INFO and `varz` report it: `node v24.1.0`. */
  readonly runtime: string;
  usage(): ProcessUsage;
}
