/** The log of the command: line format, escaping, rotation, reopening. */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFile } from '../../../src/env/node/log-file.ts';
import { escapeControl, formatLine, timestamp } from '../../../src/env/node/log-line.ts';
import { NatsLog, type NatsLogOptions, openErrorText } from '../../../src/env/node/nats-log.ts';

const plain = { pid: 7, hasTime: true, isUtc: true, isColoured: false };
const nowUs = Date.UTC(2026, 10, 23, 3, 33, 45, 329) * 1000 + 585;

describe('formatLine', () => {
  it('is the line of nats-server', () => {
    expect(formatLine(plain, 'INF', 'Server is ready', nowUs)).toBe('[7] 2026/11/23 03:33:45.329585 [INF] Server is ready\n');
    expect(formatLine({ ...plain, hasTime: false }, 'WRN', 'x', nowUs)).toBe('[7] [WRN] x\n');
    expect(formatLine({ ...plain, hasTime: false, isColoured: true }, 'ERR', 'x', nowUs)).toBe(
      '[7] [\u001b[31mERR\u001b[0m] x\n',
    );
  });

  it('shows local time unless told otherwise', () => {
    const offsetMinutes = new Date(nowUs / 1000).getTimezoneOffset();
    expect(timestamp(nowUs, false)).toBe(timestamp(nowUs - offsetMinutes * 60e6, true));
    expect(timestamp(nowUs + 1_000_000, true)).toBe('2026/11/23 03:33:46.329585');
  });

  it('lets nobody begin a line or steer a terminal', () => {
    expect(escapeControl('a\r\nb\u001b[2Jc\u2028d\te\u0000\u009b')).toBe('a\\r\\nb\\x1b[2Jc\\x2028d\te\\x00\\x9b');
    expect(escapeControl('x'.repeat(100_000)).length).toBe(65_537);
  });
});

describe('a log file', () => {
  let folder = '';
  let clock = nowUs;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
    clock = nowUs;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (limits: { sizeLimitBytes: number; maxFiles: number }) =>
    new LogFile({
      path: join(folder, 'x.log'),
      ...limits,
      nowUs: () => (clock += 1_000_000),
      format: (level, text) => `[${level}] ${text}\n`,
    });

  it('is appended to', () => {
    writeFileSync(join(folder, 'x.log'), 'old\n');
    const file = open({ sizeLimitBytes: 0, maxFiles: 0 });
    file.write('new\n');
    file.close();
    expect(readFileSync(join(folder, 'x.log'), 'utf8')).toBe('old\nnew\n');
  });

  it('is renamed when it grows past its limit, and only so many are kept', () => {
    const file = open({ sizeLimitBytes: 200, maxFiles: 3 });
    for (let index = 0; index < 40; index++) file.write(`line ${index} ${'.'.repeat(40)}\n`);
    file.close();
    const backups = readdirSync(folder).filter((name) => name !== 'x.log');
    expect(backups).toHaveLength(2);
    for (const name of backups) expect(name).toMatch(/^x\.log\.2026\.11\.\d\d\.\d\d\.\d\d\.\d\d\.\d{9}$/);
    const newest = readFileSync(join(folder, 'x.log'), 'utf8');
    expect(newest).toContain('Rotated log, backup saved as');
    expect(newest).toContain('Purged log file');
  });

  it('is opened again after somebody moved it', () => {
    const file = open({ sizeLimitBytes: 0, maxFiles: 0 });
    file.write('one\n');
    renameSync(join(folder, 'x.log'), join(folder, 'moved.log'));
    file.reopen();
    file.write('two\n');
    file.close();
    expect(readFileSync(join(folder, 'moved.log'), 'utf8')).toBe('one\n');
    expect(readFileSync(join(folder, 'x.log'), 'utf8')).toBe('two\n');
  });
});

describe('NatsLog', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const options = (changes: Partial<NatsLogOptions> = {}): NatsLogOptions => ({
    isDebug: false,
    isTrace: false,
    hasTime: false,
    isUtc: true,
    file: join(folder, 'a.log'),
    sizeLimitBytes: 0,
    maxFiles: 0,
    isSyslog: false,
    remoteSyslog: '',
    nowUs: () => nowUs,
    ...changes,
  });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8').replaceAll(`[${process.pid}] `, '');

  function mustOpen(changes?: Partial<NatsLogOptions>): NatsLog {
    const opened = NatsLog.open(options(changes));
    if (!opened.ok) throw new Error(opened.error);
    return opened.log;
  }

  it('writes what is wanted, and turns to another file on reload', () => {
    const log = mustOpen();
    log.write('DBG', 'no');
    log.write('INF', 'one');
    log.reconfigure(options({ isDebug: true }));
    log.write('DBG', 'two');
    log.reconfigure(options({ file: join(folder, 'b.log') }));
    log.write('INF', 'three');
    log.close();
    expect(read('a.log')).toBe('[INF] one\n[DBG] two\n');
    expect(read('b.log')).toBe('[INF] three\n');
  });

  it('keeps its file when another one cannot be opened', () => {
    const log = mustOpen();
    log.reconfigure(options({ file: join(folder, 'none', 'b.log') }));
    log.write('INF', 'here');
    log.close();
    expect(read('a.log')).toBe(
      `[ERR] error opening file: open ${join(folder, 'none', 'b.log')}: no such file or directory\n[INF] here\n`,
    );
  });

  it('says why a file cannot be opened, in the words of Go', () => {
    const opened = NatsLog.open(options({ file: join(folder, 'none', 'x.log') }));
    expect(opened).toEqual({
      ok: false,
      error: `error opening file: open ${join(folder, 'none', 'x.log')}: no such file or directory`,
    });
    expect(openErrorText('x', { code: 'EACCES' })).toBe('open x: permission denied');
  });

  it('refuses a syslog address that is none', () => {
    expect(NatsLog.open(options({ file: '', remoteSyslog: 'http://x' }))).toEqual({
      ok: false,
      error: 'error invalid network type: "http"',
    });
  });
});
