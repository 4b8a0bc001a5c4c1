/** Log lines in nats-server's format, to stderr or to a file that is rotated by size and reopened on demand. */
import { closeSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Log, LogLevel } from '../log.ts';

export interface NodeLogOptions {
  /** Path of the log file; stderr when absent. */
  readonly file: string | undefined;
  /** Size at which a new file is begun; 0 is never. */
  readonly sizeLimitBytes: number;
  /** Old files that are kept; 0 keeps all. */
  readonly maxFiles: number;
  readonly isTimeShown: boolean;
  readonly isTimeUtc: boolean;
  readonly isDebug: boolean;
  readonly isTrace: boolean;
}

const STDERR = 2;
/** Text that peers control is cut here, so that no client fills the disk with one line. */
const MAX_TEXT_CHARS = 4096;

export class NodeLog implements Log {
  isDebug: boolean;
  isTrace: boolean;
  private readonly options: NodeLogOptions;
  private fd: number;
  private sizeBytes = 0;

  /** @throws the system's error when the file cannot be opened. */
  constructor(options: NodeLogOptions) {
    this.options = options;
    this.isDebug = options.isDebug;
    this.isTrace = options.isTrace;
    this.fd = options.file === undefined ? STDERR : this.open(options.file);
  }

  write(level: LogLevel, text: string): void {
    if ((level === 'DBG' && !this.isDebug) || (level === 'TRC' && !this.isTrace)) return;
    const line = `[${process.pid}] ${this.options.isTimeShown ? `${this.time()} ` : ''}[${level}] ${escapeText(text)}\n`;
    const { file, sizeLimitBytes } = this.options;
    if (file !== undefined && sizeLimitBytes > 0 && this.sizeBytes + line.length > sizeLimitBytes) this.rotate(file);
    this.sizeBytes += line.length;
    this.writeWhole(line);
  }

  /** Closes and opens the file again, for log rotation from outside. */
  reopen(): void {
    if (this.options.file === undefined) return;
    closeSync(this.fd);
    this.fd = this.open(this.options.file);
  }

  /** A full pipe to stderr must not end the server: the line is then lost. */
  private writeWhole(line: string): void {
    try {
      writeSync(this.fd, line);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  }

  private open(file: string): number {
    const fd = openSync(file, 'a', 0o640);
    this.sizeBytes = statSync(file).size;
    return fd;
  }

  private rotate(file: string): void {
    closeSync(this.fd);
    const stamp = new Date()
      .toISOString()
      .replace(/[-:TZ]/g, '.')
      .replace(/\.$/, '');
    renameSync(file, `${file}.${stamp}`);
    if (this.options.maxFiles > 0) removeOldest(file, this.options.maxFiles);
    this.fd = this.open(file);
  }

  private time(): string {
    const now = new Date();
    const shown = this.options.isTimeUtc ? now : new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
    const micros = String(Math.floor((performance.timeOrigin + performance.now()) * 1000) % 1000).padStart(3, '0');
    return `${shown.toISOString().slice(0, 23).replace(/-/g, '/').replace('T', ' ')}${micros}`;
  }
}

function removeOldest(file: string, keep: number): void {
  const folder = dirname(file);
  const old = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(file)}.`))
    .sort();
  for (const name of old.slice(0, Math.max(0, old.length - keep))) rmSync(join(folder, name), { force: true });
}

/** Control characters are shown, so that nobody can forge a line. */
function escapeText(text: string): string {
  const cut = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}…` : text;
  return cut.replace(/[\u0000-\u001f\u007f]/g, (char) =>
    char === '\t' ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
