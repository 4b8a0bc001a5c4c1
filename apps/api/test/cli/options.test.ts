import { describe, expect, it } from 'vitest';
import { readCommandLine, type SluiceOptions } from '../../src/cli/options.ts';

function options(args: string[], env: Record<string, string> = {}): SluiceOptions {
  const line = readCommandLine(args, env);
  if (line.kind !== 'run') throw new Error(`it does not run: ${JSON.stringify(line)}`);
  return line.options;
}
const refusal = (args: string[], env: Record<string, string> = {}): string => {
  const line = readCommandLine(args, env);
  return line.kind === 'refused' ? line.message : '';
};

describe('the command line of sluice', () => {
  it('needs nothing', () => {
    expect(options([])).toEqual({
      host: undefined,
      port: undefined,
      consolePort: 4280,
      dataPath: 'data',
      configFile: undefined,
      adminPassword: undefined,
      metricsToken: undefined,
      allowedHosts: [],
      isProxyTrusted: false,
      isVerbose: false,
    });
  });

  it('takes flags before environment variables', () => {
    const env = {
      SLUICE_PORT: '5000',
      SLUICE_CONSOLE_PORT: '5001',
      SLUICE_DATA: '/d',
      SLUICE_ADMIN_PASSWORD: 'long enough password',
    };
    expect(options([], env)).toMatchObject({
      port: 5000,
      consolePort: 5001,
      dataPath: '/d',
      adminPassword: 'long enough password',
    });
    expect(options(['--port', '6000', '--console-port=6001', '--data', '/e'], env)).toMatchObject({
      port: 6000,
      consolePort: 6001,
      dataPath: '/e',
    });
    expect(
      options(['-p', '0', '-c', 'nats.conf', '--host', '0.0.0.0', '--allow-host', 'a.example', '--allow-host', 'b.example']),
    ).toMatchObject({
      port: 0,
      configFile: 'nats.conf',
      host: '0.0.0.0',
      allowedHosts: ['a.example', 'b.example'],
    });
    expect(options([], { SLUICE_PORT: '', SLUICE_DATA: '' })).toMatchObject({ port: undefined, dataPath: 'data' });
  });

  it('refuses what it does not understand, in words', () => {
    expect(refusal(['--prot', '1'])).toContain('--prot');
    expect(refusal(['serve'])).toContain('serve');
    expect(refusal(['--port', '70000'])).toBe('--port must be a port from 0 to 65535, not "70000"');
    expect(refusal([], { SLUICE_CONSOLE_PORT: '80a' })).toContain('SLUICE_CONSOLE_PORT');
    expect(refusal([], { SLUICE_ADMIN_PASSWORD: 'short' })).toContain('12 to 256');
  });

  it('never takes a secret as a flag', () => {
    for (const flag of ['--admin-password', '--password', '--metrics-token']) expect(refusal([flag, 'x'])).toContain(flag);
  });

  it('knows help and version', () => {
    expect(readCommandLine(['--help'], {}).kind).toBe('help');
    expect(readCommandLine(['-v'], {}).kind).toBe('version');
  });

  it('takes the command that lets an administrator in again', () => {
    expect(readCommandLine(['reset-admin'], {})).toEqual({ kind: 'reset-admin', username: 'admin', dataPath: 'data' });
    expect(readCommandLine(['reset-admin', 'kim', '--data', '/d'], {})).toEqual({
      kind: 'reset-admin',
      username: 'kim',
      dataPath: '/d',
    });
    expect(refusal(['reset-admin', 'kim', 'lee'])).toContain('one user name');
    expect(refusal(['reset-admin', 'a b'])).toContain('letters, digits');
    expect(refusal(['resetadmin'])).toContain('no command');
  });
});
