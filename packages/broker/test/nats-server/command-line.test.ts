/** The command line: Go's flag syntax, precedence over the file, and what each mistake prints. */
import type { ConfigSources } from '@sluice/protocol/config';
import { describe, expect, it } from 'vitest';
import { toOptions } from '../../src/config/index.ts';
import { type Command, readCommand } from '../../src/nats-server/command-line.ts';
import { flagTable } from '../../src/nats-server/flag-table.ts';
import { helpText } from '../../src/nats-server/help.ts';
import { parseFlags } from '../../src/nats-server/parse-flags.ts';

const sources = (files: Record<string, string> = {}): ConfigSources => ({
  readFile: (path) => {
    const text = files[path];
    return text === undefined ? { ok: false, error: `open ${path}: no such file or directory` } : { ok: true, text };
  },
  lookupEnv: () => undefined,
});
const run = (args: string[], files?: Record<string, string>): Command => readCommand(args, sources(files), '2.15.1');
function serve(args: string[], files?: Record<string, string>) {
  const command = run(args, files);
  if (command.kind !== 'serve') throw new Error(JSON.stringify(command));
  return {
    ...command,
    options: toOptions(command.loaded.settings),
    features: command.loaded.unsupported.map(({ feature }) => feature),
  };
}
const flagError = (...args: string[]): string => {
  const result = parseFlags(args);
  return result.ok ? 'parsed' : result.error;
};

describe('flags', () => {
  it.each([
    [['-p', '5222']],
    [['--port', '5222']],
    [['-port=5222']],
    [['--p=5222']],
    [['-p', '0x1466']],
    [['-p', '1', '-p', '5_222']],
  ])('are read from %j', (args) => {
    expect(serve(args).options.port).toBe(5222);
  });

  it('take negative numbers as values, and -1 as any free port', () => {
    expect(serve(['-p', '-1', '-m', '-1', '-a', '127.0.0.1']).options).toMatchObject({
      port: 0,
      monitor: { host: '127.0.0.1', port: 0 },
    });
  });

  it('that are boolean take a value only with =', () => {
    expect(serve(['-D=false', '-V=1']).loaded.settings.log).toEqual({ isDebug: false, isTrace: true });
    expect(run(['-D', 'false'])).toMatchObject({
      kind: 'print',
      stderr: 'nats-server: unrecognized command: "false"\n',
      exitCode: 1,
    });
  });

  it.each([
    ['-D', { isDebug: true }],
    ['-V', { isTrace: true }],
    ['-VV', { isTrace: true, isTraceVerbose: true }],
    ['-DV', { isDebug: true, isTrace: true }],
    ['-DVV', { isDebug: true, isTrace: true, isTraceVerbose: true }],
    ['-T=false', { hasTime: false }],
    ['--logtime_utc', { isUtc: true }],
    ['-l=x.log', { file: 'x.log' }],
    ['--log_size_limit=10', { sizeLimitBytes: 10 }],
    ['-s', { isSyslog: true }],
    ['--remote_syslog=udp://h:514', { remoteSyslog: 'udp://h:514' }],
    ['--max_traced_msg_len=9', { maxTracedMessageChars: 9 }],
  ])('%s sets the log', (arg, expected) => {
    expect(serve([arg]).loaded.settings.log).toEqual(expected);
  });

  it.each([
    [['--zork'], 'flag provided but not defined: -zork'],
    [['-p'], 'flag needs an argument: -p'],
    [['-p', 'abc'], 'invalid value "abc" for flag -p: parse error'],
    [['-p', '99999999999999999999'], 'invalid value "99999999999999999999" for flag -p: value out of range'],
    [['--tls=zork'], 'invalid boolean value "zork" for -tls: parse error'],
    [['---p', '1'], 'bad flag syntax: ---p'],
    [['-=1'], 'bad flag syntax: -=1'],
  ])('%j is refused as Go refuses it, with the usage and exit code 0', (args, error) => {
    expect(flagError(...args)).toBe(error);
    expect(run(args)).toEqual({ kind: 'print', stdout: `${helpText}\n`, stderr: `${error}\n`, exitCode: 0 });
  });

  it('end at -- and at the first word', () => {
    expect(parseFlags(['-p', '1', '--', '-D'])).toMatchObject({ flags: { words: ['-D'] } });
    expect(parseFlags(['x', '-D'])).toMatchObject({ flags: { words: ['x', '-D'] } });
  });

  it('each stand in the help, in every spelling of two letters or more', () => {
    for (const spelling of flagTable.flatMap(({ spellings }) => spellings)) {
      const dashes = spelling.length === 1 || /^(VV|DV|DVV|ms|sl|js|sd)$/.test(spelling) ? '-' : '--';
      expect(helpText).toMatch(new RegExp(`(^|[\\s,])${dashes}${spelling}([\\s,]|$)`, 'm'));
    }
  });
});

describe('words', () => {
  it('print version and help', () => {
    for (const args of [['-v'], ['--version'], ['version'], ['VERSION']]) {
      expect(run(args)).toEqual({ kind: 'print', stdout: 'nats-server: v2.15.1\n', stderr: '', exitCode: 0 });
    }
    for (const args of [['-h'], ['--help'], ['help']]) expect(run(args)).toMatchObject({ stdout: `${helpText}\n`, exitCode: 0 });
    expect(run(['--help_tls'])).toMatchObject({ kind: 'print', exitCode: 0 });
  });

  it('send a signal', () => {
    expect(run(['--signal', 'reload=1'])).toEqual({ kind: 'signal', parameter: 'reload=1' });
    expect(run(['-sl=stop'])).toEqual({ kind: 'signal', parameter: 'stop' });
  });
});

describe('-t', () => {
  it('says that a file is valid, with its digest', () => {
    const digest = 'sha256:797533ebd0dfba7d34a0f9337ecf147e442871f48ddfd07ed751575a5737267e';
    expect(run(['-t', '-c', 'c.conf'], { 'c.conf': 'port: 4222\n' })).toEqual({
      kind: 'print',
      stdout: '',
      stderr: `nats-server: configuration file c.conf is valid (${digest})\n`,
      exitCode: 0,
    });
  });

  it('fails on errors, on warnings, and without a file', () => {
    expect(run(['-t', '-c', 'c.conf'], { 'c.conf': 'zork: 1\n' })).toMatchObject({
      stderr: 'nats-server: c.conf:1:0: unknown field "zork"\n\n',
      exitCode: 1,
    });
    expect(run(['-t', '-c', 'c.conf'], { 'c.conf': '' })).toMatchObject({
      stderr: 'nats-server: c.conf: config has no values or is empty\n\n',
      exitCode: 1,
    });
    expect(run(['-t'])).toMatchObject({
      stderr: 'nats-server: must specify [-c, --config] option to check configuration file syntax\n',
      exitCode: 1,
    });
  });
});

describe('a configuration file', () => {
  it('gives way to flags', () => {
    const files = {
      'c.conf': 'listen: "127.0.0.1:1"\nserver_name: conf\nmax_payload: 500\ndebug: true\nauthorization { user: a, password: b }',
    };
    const { options, loaded } = serve(
      ['-c', 'c.conf', '-p', '5222', '-n', 'flag', '-D=false', '--user', 'u', '--pass', 'p'],
      files,
    );
    expect(options).toMatchObject({ host: '127.0.0.1', port: 5222, serverName: 'flag', maxPayloadBytes: 500 });
    expect(options.auth).toEqual({ users: [], timeoutMs: 2000, user: 'u', password: 'p' });
    expect(loaded.settings.log.isDebug).toBe(false);
  });

  it('that is not there ends the start', () => {
    expect(run(['-c', 'none.conf'])).toEqual({
      kind: 'print',
      stdout: '',
      stderr: 'nats-server: open none.conf: no such file or directory\n',
      exitCode: 1,
    });
  });

  it('with warnings only still starts', () => {
    expect(serve(['-c', 'c.conf'], { 'c.conf': '' }).loaded.warnings).toEqual(['c.conf: config has no values or is empty']);
  });
});

describe('flags of features', () => {
  it('are taken', () => {
    expect(serve(['-js', '-sd=/tmp/x', '--profile', '1', '--https_port', '2']).loaded.settings).toMatchObject({
      profilePort: 1,
      features: { jetstream: { isEnabled: true, storeDir: '/tmp/x' } },
    });
    const cluster = serve([
      '--cluster',
      'nats://u:p@127.0.0.1:-1',
      '--cluster_name',
      'C',
      '--routes',
      'nats://a:1, nats://b:2',
      '--connect_retries',
      '3',
    ]);
    expect(cluster.features).toEqual([]);
    expect(cluster.loaded.settings.features.cluster).toEqual({
      name: 'C',
      connectRetries: 3,
      routes: ['nats://a:1', 'nats://b:2'],
      host: '127.0.0.1',
      port: -1,
      user: 'u',
      password: 'p',
    });
  });

  it.each([
    [['--tls'], 'TLS Server certificate must be present and valid'],
    [['--tls', '--tlscert', 'a'], 'TLS Server private key must be present and valid'],
    [['--tlscert', 'a', '--tlskey', 'b'], 'error parsing X509 certificate/key pair: open a: no such file or directory'],
    [['--cluster', '://'], 'parse "://": missing protocol scheme'],
    [['--cluster', 'nats://127.0.0.1'], 'address 127.0.0.1: missing port in address'],
    [['--cluster', 'nats://u@127.0.0.1:1'], 'expected cluster password to be set'],
    [['--routes', 'nats://127.0.0.1:1'], 'solicited routes require cluster capabilities, e.g. --cluster'],
  ])('%j is refused', (args, error) => {
    expect(run(args)).toEqual({ kind: 'print', stdout: '', stderr: `nats-server: ${error}\n`, exitCode: 1 });
  });
});
