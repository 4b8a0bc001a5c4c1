/**
 * The log in a file: appended line by line, renamed when it grows past a limit, opened again on request so that outside tools can rotate
 * it. A disk that is full must not stop the server: lines are lost then, and counted. Source: nats-server logger/log.go.
 */
import { closeSync, fstatSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Owner writes, group reads. */
const LOG_FILE_MODE = 0o640;
/** Behind the file's name: year.month.day.hour.minute.second.nanosecond. */
const BACKUP_SUFFIX = /^\.\d{4}(\.\d\d){5}\.\d{1,9}$/;

export interface LogFileOptions {
  readonly path: string;
  /** Size in bytes after which the file is renamed; 0 never. */
  readonly sizeLimitBytes: number;
  /** Files kept, the present one included; 0 keeps all. */
  readonly maxFiles: number;
  /** Makes a line of the file's own messages. */
  readonly format: (level: 'INF' | 'ERR', text: string) => string;
  readonly nowUs: () => number;
}

export class LogFile {
  /** Lines that the disk refused. */
  lostCount = 0;
  private readonly options: LogFileOptions;
  private fd: number;
  private sizeBytes: number;
  private limitBytes: number;

  /** Throws the system's error when the file cannot be opened. */
  constructor(options: LogFileOptions) {
    this.options = options;
    this.limitBytes = options.sizeLimitBytes;
    this.fd = openSync(options.path, 'a', LOG_FILE_MODE);
    this.sizeBytes = fstatSync(this.fd).size;
    if (this.limitBytes > 0 && this.sizeBytes > this.limitBytes) this.write(options.format('INF', 'Rotating logfile...'));
  }

  /** Appends one line, and rotates when it was the one too many. */
  write(line: string): void {
    this.append(line);
    if (this.limitBytes > 0 && this.sizeBytes > this.limitBytes) this.rotate();
  }

  /** Closes the file and opens the one that has its name now. Throws when that fails; the old one stays in use then. */
  reopen(): void {
    const fresh = openSync(this.options.path, 'a', LOG_FILE_MODE);
    closeSync(this.fd);
    this.fd = fresh;
    this.sizeBytes = fstatSync(fresh).size;
  }

  close(): void {
    closeSync(this.fd);
  }

  private append(line: string): void {
    try {
      this.sizeBytes += writeSync(this.fd, line);
    } catch {
      // There is nobody left to tell; the count is what remains.
      this.lostCount++;
    }
  }

  private rotate(): void {
    const { path, format } = this.options;
    const backup = `${path}.${stamp(this.options.nowUs())}`;
    try {
      renameSync(path, backup);
      this.reopen();
      this.limitBytes = this.options.sizeLimitBytes;
    } catch (error) {
      this.limitBytes *= 2;
      this.append(
        format('ERR', `Unable to rotate the logfile (${String(error)}), will attempt next rotation at size ${this.limitBytes}`),
      );
      return;
    }
    this.append(format('INF', `Rotated log, backup saved as "${backup}"`));
    if (this.options.maxFiles > 0) this.purge();
  }

  /** Removes the oldest backups; their names sort by age. */
  private purge(): void {
    const { path, maxFiles, format } = this.options;
    const base = basename(path);
    try {
      const backups = readdirSync(dirname(path)).filter(
        (name) => name.startsWith(base) && BACKUP_SUFFIX.test(name.slice(base.length)),
      );
      backups.sort();
      for (const name of backups.slice(0, Math.max(0, backups.length - (maxFiles - 1)))) {
        rmSync(join(dirname(path), name));
        this.append(format('INF', `Purged log file "${name}"`));
      }
    } catch (error) {
      this.append(format('ERR', `Unable to remove old log files (${String(error)}), will attempt next rotation`));
    }
  }
}

/** Local time, to the microsecond, in nine digits. */
function stamp(nowUs: number): string {
  const ms = Math.floor(nowUs / 1000);
  const date = new Date(ms);
  const local = new Date(ms - date.getTimezoneOffset() * 60_000).toISOString();
  const micros = String(nowUs - Math.floor(nowUs / 1e6) * 1e6).padStart(6, '0');
  return `${local.slice(0, 19).replaceAll(/[-T:]/g, '.')}.${micros}000`;
}
