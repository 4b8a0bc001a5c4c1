/**
 * What the broker says about itself. The sink decides on the format; nats-server's line format lives in `env/node/`.
 * Text that peers control is escaped and cut by the sink, never here.
 */

/** Severity, in nats-server's words: information, warning, error, fatal, debug, protocol trace. */
export type LogLevel = 'INF' | 'WRN' | 'ERR' | 'FTL' | 'DBG' | 'TRC';

export interface Log {
  /** True when debug lines are wanted: ask before building an expensive text. */
  readonly isDebug: boolean;
  /** True when protocol trace lines are wanted. */
  readonly isTrace: boolean;
  write(level: LogLevel, text: string): void;
}

/** A log that drops everything: the default of the library. */
export const silentLog: Log = { isDebug: false, isTrace: false, write: () => undefined };
