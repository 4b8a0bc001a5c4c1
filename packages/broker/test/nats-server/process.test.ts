/** The command as a process: log lines, files, signals and exit codes, as suites rely on them. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltCommand, buildCommand } from '../support/built-command.ts';

interface Server {
  readonly pid: number;
  /** Resolves with everything logged once a line contains `text`. */
  logged(text: string): Promise<string>;
  signal(name: NodeJS.Signals): void;
  readonly exit: Promise<{ code: number | null; output: string }>;
}

let command: BuiltCommand;
let folder = '';
beforeAll(async () => {
  command = await buildCommand();
  folder = command.folder;
});
afterEach(() => command.killAll());
afterAll(() => command.remove());

function start(...args: string[]): Server {
  const child = spawn(process.execPath, [command.script, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const pid = child.pid ?? 0;
  command.running.add(pid);
  let output = '';
  const waiting: { text: string; resolve: (output: string) => void }[] = [];
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    for (const entry of [...waiting]) {
      if (!output.includes(entry.text)) continue;
      waiting.splice(waiting.indexOf(entry), 1);
      entry.resolve(output);
    }
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exit = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => {
      command.running.delete(pid);
      resolve({ code, output });
    });
  });
  return {
    pid,
    exit,
    signal: (name) => process.kill(pid, name),
    logged: (text) =>
      output.includes(text) ? Promise.resolve(output) : new Promise((resolve) => waiting.push({ text, resolve })),
  };
}

/** What an open connection is told first. */
function readInfo(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString());
    });
    socket.once('error', reject);
  });
}

const messages = (output: string): string[] =>
  output
    .split('\n')
    .map((line) => line.replace(/^\[\d+\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{6} /, ''))
    .filter((line) => line !== '');

describe('nats-server', () => {
  it('starts with the lines that launchers wait for, and ends with 0 on SIGTERM', async () => {
    const server = start('-a', '127.0.0.1', '-p', '-1', '-m', '-1', '--ports_file_dir', folder, '-P', 'x.pid', '-n', 'A');
    const output = await server.logged('Server is ready');
    expect(messages(output)).toEqual([
      '[INF] Starting nats-server',
      '[INF]   Version:  2.15.1',
      expect.stringMatching(/^\[INF\] {3}Git: {6}\[/),
      '[INF]   Name:     A',
      expect.stringMatching(/^\[INF\] {3}ID: {7}N[A-Z2-7]{55}$/),
      expect.stringMatching(/^\[INF\] Starting http monitor on 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^\[INF\] Listening for client connections on 127\.0\.0\.1:\d+$/),
      '[INF] Server is ready',
    ]);
    const port = /client connections on 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
    const portsFile = join(folder, `nats-server_${server.pid}.ports`);
    await expect.poll(() => existsSync(portsFile)).toBe(true);
    expect(JSON.parse(readFileSync(portsFile, 'utf8'))).toEqual({
      nats: [`nats://127.0.0.1:${port}`],
      monitoring: [expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/)],
    });
    expect(readFileSync(join(folder, 'x.pid'), 'utf8')).toBe(String(server.pid));
    expect(await readInfo(Number(port))).toContain('"server_name":"A"');
    server.signal('SIGTERM');
    const { code, output: all } = await server.exit;
    expect(code).toBe(0);
    expect(messages(all).slice(-3)).toEqual([
      '[INF] Trapped "terminated" signal',
      '[INF] Initiating Shutdown...',
      '[INF] Server Exiting..',
    ]);
    expect(existsSync(portsFile)).toBe(false);
  });

  it('ends with 0 on SIGINT and 2 on SIGQUIT', async () => {
    const first = start('-a', '127.0.0.1', '-p', '-1');
    await first.logged('Server is ready');
    first.signal('SIGINT');
    expect((await first.exit).code).toBe(0);
    const second = start('-a', '127.0.0.1', '-p', '-1');
    await second.logged('Server is ready');
    second.signal('SIGQUIT');
    expect((await second.exit).code).toBe(2);
  });

  it('takes a changed file into force on SIGHUP, and keeps the old one when it is wrong', async () => {
    const file = join(folder, 'reload.conf');
    const listen = 'listen: "127.0.0.1:-1"\n';
    writeFileSync(file, `${listen}max_payload: 1000\n`);
    const server = start('-c', file);
    const port = Number(/connections on 127\.0\.0\.1:(\d+)/.exec(await server.logged('Server is ready'))?.[1]);
    writeFileSync(file, `${listen}max_payload: 2000\ndebug: true\n`);
    server.signal('SIGHUP');
    const output = await server.logged('Reloaded server configuration (sha256:');
    expect(output).toContain('Trapped "hangup" signal');
    expect(output).toContain('Reloaded: max_payload = 2000');
    expect(await readInfo(port)).toContain('"max_payload":2000');
    writeFileSync(file, `${listen}zork: 1\n`);
    server.signal('SIGHUP');
    await server.logged(`Failed to reload server configuration: ${file}:2:1: unknown field "zork"`);
    expect(await readInfo(port)).toContain('"max_payload":2000');
    server.signal('SIGTERM');
    await server.exit;
  });

  it('goes at once in lame duck mode when nobody is connected', async () => {
    const server = start('-a', '127.0.0.1', '-p', '-1');
    await server.logged('Server is ready');
    server.signal('SIGUSR2');
    const { code, output } = await server.exit;
    expect(code).toBe(0);
    expect(output).toContain('Entering lame duck mode, stop accepting new clients');
  });

  it('logs to a file and opens it again on SIGUSR1', async () => {
    const log = join(folder, 'server.log');
    const server = start('-a', '127.0.0.1', '-p', '-1', '-l', log);
    await expect.poll(() => existsSync(log) && readFileSync(log, 'utf8')).toContain('Server is ready');
    rmSync(log);
    server.signal('SIGUSR1');
    await expect.poll(() => existsSync(log) && readFileSync(log, 'utf8')).toContain('File log re-opened');
    server.signal('SIGTERM');
    expect((await server.exit).output).toBe('');
  });

  it('is signalled by a second process', async () => {
    const server = start('-a', '127.0.0.1', '-p', '-1', '-P', 'signal.pid');
    await server.logged('Server is ready');
    const sender = await start('--signal', 'ldm=signal.pid').exit;
    expect(sender).toEqual({ code: 0, output: '' });
    expect((await server.exit).code).toBe(0);
  });

  it('names what is in its way, and ends with 1', async () => {
    const server = start('-a', '127.0.0.1', '-p', '-1', '-m', '-1');
    const output = await server.logged('Server is ready');
    const port = /client connections on 127\.0\.0\.1:(\d+)/.exec(output)?.[1] ?? '';
    const monitor = /http monitor on 127\.0\.0\.1:(\d+)/.exec(output)?.[1] ?? '';
    const second = await start('-a', '127.0.0.1', '-p', port).exit;
    expect(second.code).toBe(1);
    expect(second.output).toContain(
      `[FTL] Error listening on port: 127.0.0.1:${port}, "listen tcp 127.0.0.1:${port}: bind: address already in use"`,
    );
    const third = await start('-a', '127.0.0.1', '-p', '-1', '-m', monitor).exit;
    expect(third.output).toContain(
      `[FTL] Can't start monitoring: can't listen to the monitor port: listen tcp 127.0.0.1:${monitor}: bind: address already in use`,
    );
    server.signal('SIGTERM');
    await server.exit;
  });

  it.each([
    [['-v'], 0, 'nats-server: v2.15.1\n'],
    [['zork'], 1, 'nats-server: unrecognized command: "zork"\n'],
    [['-c', 'nofile.conf'], 1, 'nats-server: open nofile.conf: no such file or directory\n'],
    [['-c', '.'], 1, 'nats-server: read .: is a directory\n'],
    [['--signal', 'zork=999999999'], 1, 'nats-server: unknown signal "zork"\n'],
    [['--signal', 'reload=999999999'], 1, 'nats-server: \nsignal "reload" 999999999: no such process\n'],
    // To the system this is every process there is.
    [['--signal', 'ldm=-1'], 1, 'nats-server: \nsignal "ldm" -1: no such process\n'],
    [['--signal', 'stop=abc'], 1, 'nats-server: invalid pid: abc\n'],
    [['-n', 'a b'], 1, 'nats-server: server name cannot contain spaces\n'],
  ])('%j ends with %d', async (args, code, output) => {
    expect(await start(...args).exit).toEqual({ code, output });
  });

  it('says that the storage directory is a file', async () => {
    writeFileSync(join(folder, 'taken'), '');
    for (const taken of [join(folder, 'taken'), join(folder, 'taken', 'sub')]) {
      const { code, output } = await start('-a', '127.0.0.1', '-p', '-1', '-js', '-sd', taken).exit;
      expect(code).toBe(1);
      expect(output).toContain("[FTL] Can't start JetStream: storage directory is not a directory");
    }
  });

  it('does not start when nobody is at the web server that accounts come from', async () => {
    const key = 'OCUNKKV7ZACK2S3Y6PBFXA2ACTG5IYGKHJCZVCM3HH3GJ64SAD6PPT5G';
    const resolver = 'resolver: URL("http://127.0.0.1:1/accounts")';
    writeFileSync(join(folder, 'resolver.conf'), `listen: "127.0.0.1:-1"\ntrusted: ["${key}"]\n${resolver}\n`);
    const { code, output } = await start('-c', 'resolver.conf').exit;
    expect(code).toBe(1);
    const url = '"http://127.0.0.1:1/accounts/"';
    const reason = 'dial tcp 127.0.0.1:1: connect: connection refused';
    expect(output).toBe(`nats-server: could not fetch <${url}>: Get ${url}: ${reason}\n`);
  });

  it('leaves nothing behind in its folder', () => {
    expect(readdirSync(folder).filter((name) => name.endsWith('.ports'))).toEqual([]);
  });
});
