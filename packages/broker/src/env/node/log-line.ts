/** nats-server's log line: `[pid] 2026/11/23 03:33:45.329585 [INF] text`. Suites read ports and readiness out of these lines. */
import type { LogLevel } from '../log.ts';

/** Longest text of one line, in characters: a peer decides on some of it. */
const MAX_TEXT_CHARS = 65_536;
/** Terminal colours of the labels. */
const COLOURS: Readonly<Record<LogLevel, string>> = {
  INF: '32',
  DBG: '36',
  WRN: '0;93',
  ERR: '31',
  FTL: '31',
  TRC: '33',
};

export interface LineFormat {
  readonly pid: number;
  readonly hasTime: boolean;
  readonly isUtc: boolean;
  readonly isColoured: boolean;
}

/** One line with its line feed. `nowUs` is microseconds since the epoch. */
export function formatLine(format: LineFormat, level: LogLevel, text: string, nowUs: number): string {
  const label = format.isColoured ? `[\u001b[${COLOURS[level]}m${level}\u001b[0m]` : `[${level}]`;
  const time = format.hasTime ? `${timestamp(nowUs, format.isUtc)} ` : '';
  return `[${format.pid}] ${time}${label} ${escapeControl(text)}\n`;
}

/** `2026/11/23 03:33:45.329585`, in local time unless `isUtc`. */
export function timestamp(nowUs: number, isUtc: boolean): string {
  const ms = Math.floor(nowUs / 1000);
  const date = new Date(ms);
  const shifted = isUtc ? date : new Date(ms - date.getTimezoneOffset() * 60_000);
  const micros = String(nowUs - ms * 1000).padStart(3, '0');
  return `${shifted.toISOString().slice(0, 23).replaceAll('-', '/').replace('T', ' ')}${micros}`;
}

/** No peer may begin a line of its own or steer a terminal. */
export function escapeControl(text: string): string {
  const cut = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}…` : text;
  return cut.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => {
    const code = char.charCodeAt(0);
    if (char === '\n') return '\\n';
    if (char === '\r') return '\\r';
    return `\\x${code.toString(16).padStart(2, '0')}`;
  });
}
