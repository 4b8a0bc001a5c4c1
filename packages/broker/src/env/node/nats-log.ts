/**
 * The log of the `nats-server` command: to stderr, a file or syslog, in nats-server's format, with debug and trace lines when they are
 * wanted. Writing is synchronous, so that the last line before an exit is there.
 */
import { writeSync } from 'node:fs';
import type { Log, LogLevel } from '../log.ts';
import { LogFile } from './log-file.ts';
import { escapeControl, formatLine, type LineFormat } from './log-line.ts';
import { openSyslog, type SyslogSink } from './syslog.ts';

export interface NatsLogOptions {
  readonly isDebug: boolean;
  readonly isTrace: boolean;
  readonly hasTime: boolean;
  readonly isUtc: boolean;
  /** Empty is none. */
  readonly file: string;
  readonly sizeLimitBytes: number;
  readonly maxFiles: number;
  readonly isSyslog: boolean;
  /** Empty is none. */
  readonly remoteSyslog: string;
  readonly nowUs: () => number;
}

const STDERR = 2;
/** How often a full pipe is tried again, a millisecond apart, before a line is dropped. */
const MAX_WRITE_TRIES = 200;

export type OpenLogResult = { readonly ok: true; readonly log: NatsLog } | { readonly ok: false; readonly error: string };

export class NatsLog implements Log {
  isDebug: boolean;
  isTrace: boolean;
  private options: NatsLogOptions;
  private format: LineFormat;
  private file: LogFile | undefined;
  private syslog: SyslogSink | undefined;

  private constructor(options: NatsLogOptions) {
    this.options = options;
    this.isDebug = options.isDebug;
    this.isTrace = options.isTrace;
    this.format = formatOf(options);
  }

  /** The error is the system's own, as `openSync` throws it, or a sentence about a syslog address. */
  static open(options: NatsLogOptions): OpenLogResult {
    const log = new NatsLog(options);
    const error = log.openSink();
    return error === undefined ? { ok: true, log } : { ok: false, error };
  }

  /** Returns what went wrong, or undefined. */
  private openSink(): string | undefined {
    const { options } = this;
    if (options.file !== '') {
      try {
        this.file = new LogFile({
          path: options.file,
          sizeLimitBytes: options.sizeLimitBytes,
          maxFiles: options.maxFiles,
          nowUs: options.nowUs,
          format: (level, text) => formatLine(this.format, level, text, options.nowUs()),
        });
      } catch (error) {
        return `error opening file: ${openErrorText(options.file, error)}`;
      }
    } else if (options.isSyslog || options.remoteSyslog !== '') {
      const opened = openSyslog(options.remoteSyslog, process.pid, (text) => writeStderr(`nats-server: ${text}\n`));
      if (!opened.ok) return opened.error;
      this.syslog = opened.sink;
    }
    return undefined;
  }

  /** Takes new options; the sink is only opened anew when it is another one. A sink that cannot be opened leaves the old one in use. */
  reconfigure(options: NatsLogOptions): void {
    const old = { options: this.options, file: this.file, syslog: this.syslog };
    this.options = options;
    this.isDebug = options.isDebug;
    this.isTrace = options.isTrace;
    this.format = formatOf(options);
    if (!isOtherSink(old.options, options)) return;
    this.file = undefined;
    this.syslog = undefined;
    const error = this.openSink();
    if (error === undefined) {
      old.file?.close();
      old.syslog?.close();
      return;
    }
    this.file = old.file;
    this.syslog = old.syslog;
    this.write('ERR', error);
  }

  write(level: LogLevel, text: string): void {
    if ((level === 'DBG' && !this.isDebug) || (level === 'TRC' && !this.isTrace)) return;
    if (this.syslog !== undefined) return this.syslog.write(level, escapeControl(text));
    const line = formatLine(this.format, level, text, this.options.nowUs());
    if (this.file !== undefined) this.file.write(line);
    else writeStderr(line);
  }

  /** Opens the log file again, and says so in it. */
  reopen(): void {
    if (this.file === undefined) return this.write('INF', 'File log re-open ignored, not a file logger');
    try {
      this.file.reopen();
      this.write('INF', 'File log re-opened');
    } catch (error) {
      this.write('ERR', `File log could not be re-opened: ${openErrorText(this.options.file, error)}`);
    }
  }

  close(): void {
    this.file?.close();
    this.syslog?.close();
  }
}

function formatOf(options: NatsLogOptions): LineFormat {
  const isColoured = options.file === '' && process.stderr.isTTY === true;
  return { pid: process.pid, hasTime: options.hasTime, isUtc: options.isUtc, isColoured };
}

function isOtherSink(a: NatsLogOptions, b: NatsLogOptions): boolean {
  const sinkOf = (options: NatsLogOptions) =>
    [options.file, options.sizeLimitBytes, options.maxFiles, options.isSyslog, options.remoteSyslog].join('\n');
  return sinkOf(a) !== sinkOf(b);
}

/** Writes to stderr now; a pipe that stays full for long loses the line, a closed one all of them. */
export function writeStderr(text: string): void {
  const bytes = Buffer.from(text);
  let offset = 0;
  for (let count = 0; count < MAX_WRITE_TRIES && offset < bytes.length; count++) {
    try {
      offset += writeSync(STDERR, bytes, offset);
    } catch (error) {
      const isFull = typeof error === 'object' && error !== null && 'code' in error && error.code === 'EAGAIN';
      if (!isFull) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a directory',
  ENOTDIR: 'not a directory',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on device',
};

/** As Go words it: `open x.log: no such file or directory`. */
export function openErrorText(path: string, error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return `open ${path}: ${REASONS[code] ?? String(error)}`;
}
