/** What stops `sluice --config` at the start, with the reason in words. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfigFile } from '../../src/broker-host/config-file.ts';
import { hostedOptions } from '../../src/broker-host/hosted-options.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
  file = join(folder, 'nats.conf');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a configuration file of sluice', () => {
  it('is read as nats-server reads it', () => {
    writeFileSync(file, 'max_payload: 2MB\nhost: 0.0.0.0\n');
    expect(loadConfigFile(file)).toMatchObject({ hasHost: true, options: { maxPayloadBytes: 2 * 1024 * 1024 } });
  });

  it('is refused in operator mode, where the user of the console could not log in', () => {
    writeFileSync(file, 'trusted: OAZBRNE7DQGDYT5CSAGWDMI5ENGKOEJ57BXVU6WUTHFEAO3CU5GLQYF5\n');
    expect(() => loadConfigFile(file)).toThrow(/operator mode \(JWT\) does not work with the console yet/);
  });

  it('is refused with the place of an error', () => {
    writeFileSync(file, 'port: 4222\nmax_payload: nonsense\n');
    expect(() => loadConfigFile(file)).toThrow(/nats\.conf:2/);
  });
});

describe('what JetStream keeps', () => {
  const storeDirOf = (text: string | undefined): string | undefined => {
    if (text !== undefined) writeFileSync(file, text);
    const start = {
      overridesFile: join(folder, 'data', 'broker', 'overrides.json'),
      system: { user: 'sys', password: 'secret' },
      host: undefined,
      port: undefined,
      isVerbose: false,
      configFile: text === undefined ? undefined : file,
    };
    return hostedOptions(start).options.jetstream?.storeDir;
  };
  const inside = () => join(folder, 'data', 'broker');

  it('lies in the data folder unless the file names another one', () => {
    expect(storeDirOf(undefined)).toBe(inside());
    expect(storeDirOf('jetstream {}\n')).toBe(inside());
    expect(storeDirOf('jetstream: enabled\n')).toBe(inside());
    expect(storeDirOf('jetstream { max_file_store: 1GB }\n')).toBe(inside());
    expect(storeDirOf('jetstream { store_dir: /var/lib/nats }\n')).toBe('/var/lib/nats');
    expect(storeDirOf('jetstream: disabled\n')).toBeUndefined();
    expect(storeDirOf('port: 4222\n')).toBeUndefined();
  });
});
