/** A log that keeps its lines, so that a test can say what an operator would have read. */
import type { Log, LogLevel } from '../../src/env/log.ts';

export class CollectedLog implements Log {
  isDebug = false;
  isTrace = false;
  private lines: string[] = [];

  write(level: LogLevel, text: string): void {
    if ((level === 'DBG' && !this.isDebug) || (level === 'TRC' && !this.isTrace)) return;
    this.lines.push(`[${level}] ${text}`);
  }

  /** The lines since the last call, without what names the connection. */
  take(): string[] {
    const lines = this.lines;
    this.lines = [];
    return lines.map((line) => line.replace(/127\.0\.0\.1:\d+ - [cw]id:\d+( - "[^"]*"){0,2} - /, ''));
  }
}
