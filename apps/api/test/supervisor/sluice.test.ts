/** The whole command: two processes, either of which may die. Real processes, real clients. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import type { Capabilities, ConsoleConfig, Overview } from '@sluice/protocol/console';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/console-harness.ts';
import { HttpClient } from '../support/http-client.ts';
import { LiveClient } from '../support/live-client.ts';
import { isAlive, Sluice } from '../support/sluice.ts';

const PASSWORD = 'correct horse battery';
const FREE_PORTS = ['--port', '0', '--console-port', '0'];
const running: Sluice[] = [];

function start(
  args: string[] = FREE_PORTS,
  env: Record<string, string> = { SLUICE_ADMIN_PASSWORD: PASSWORD },
  folder?: string,
): Sluice {
  const sluice = new Sluice(args, env, folder);
  running.push(sluice);
  return sluice;
}

afterEach(async () => {
  for (const sluice of running.splice(0)) await sluice.stop();
});

describe('sluice', { timeout: 60_000 }, () => {
  it('starts a broker and a console, prints their addresses and stops everything on SIGTERM', async () => {
    const sluice = start();
    const { natsUrl, consoleUrl } = await sluice.ready();
    expect(sluice.output).toContain('this machine only');
    expect(sluice.output).not.toContain('/setup#');
    const client = await connect({ servers: natsUrl });
    expect(client.info?.max_payload).toBe(1_048_576);
    await client.close();
    const browser = new HttpClient(consoleUrl);
    expect(await browser.logIn('admin', PASSWORD)).toMatchObject({ username: 'admin', role: 'admin' });
    const pids = [await sluice.pid('broker'), await sluice.pid('console')];
    sluice.process.kill('SIGTERM');
    expect(await sluice.exited()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('stops when npm was told to stop, which ends the shell between them', async () => {
    const sluice = new Sluice(FREE_PORTS, { npm_lifecycle_event: 'start' }, undefined, true);
    running.push(sluice);
    const { natsUrl } = await sluice.ready();
    const pids = [await sluice.pid('broker'), await sluice.pid('console')];
    sluice.process.kill('SIGTERM');
    await eventually(() => (pids.some(isAlive) ? undefined : true), 20_000);
    await expect(connect({ servers: natsUrl, reconnect: false })).rejects.toThrow();
  });

  it('prints a link at the first start that creates the administrator, and none later', async () => {
    const sluice = start(FREE_PORTS, {});
    const { consoleUrl } = await sluice.ready();
    const token = /\/setup#(\S+)/.exec(sluice.output)?.[1] ?? '';
    expect(token.length).toBeGreaterThanOrEqual(43);
    const browser = new HttpClient(consoleUrl);
    await expect(browser.setUp('wrong', 'kim', PASSWORD)).rejects.toThrow('403');
    expect(await browser.setUp(token, 'kim', PASSWORD)).toMatchObject({ username: 'kim', role: 'admin' });
    sluice.process.kill('SIGTERM');
    await sluice.exited();
    const again = start(FREE_PORTS, {}, sluice.folder);
    const second = await again.ready();
    expect(again.output).not.toContain('/setup#');
    expect(await new HttpClient(second.consoleUrl).logIn('kim', PASSWORD)).toMatchObject({ role: 'admin' });
  });

  it('keeps messages flowing while the console dies and comes back at its address', async () => {
    const sluice = start();
    const { natsUrl, consoleUrl } = await sluice.ready();
    const client = await connect({ servers: natsUrl, reconnect: false });
    let received = 0;
    client.subscribe('tick', {
      callback: () => {
        received += 1;
      },
    });
    process.kill(await sluice.pid('console'), 'SIGKILL');
    for (let message = 0; message < 100; message++) {
      client.publish('tick');
      await client.flush();
    }
    expect(received).toBe(100);
    await sluice.pid('console', 2);
    expect(await new HttpClient(consoleUrl).logIn('admin', PASSWORD)).toMatchObject({ role: 'admin' });
    expect(sluice.errors).toContain('console process ended by SIGKILL');
    client.publish('tick');
    await client.flush();
    expect(received).toBe(101);
    await client.close();
  });

  it('starts a killed broker again at its address, and the console says so', async () => {
    const sluice = start();
    const { natsUrl, consoleUrl } = await sluice.ready();
    const browser = new HttpClient(consoleUrl);
    await browser.logIn('admin', PASSWORD);
    const read = () => browser.json<Capabilities>('GET', '/api/capabilities');
    const client = await connect({ servers: natsUrl, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
    const live = await LiveClient.open(browser);
    process.kill(await sluice.pid('broker'), 'SIGKILL');
    const away = await live.find((told) =>
      told.type === 'broker' && told.broker.state === 'restarting' ? told.broker : undefined,
    );
    expect(away).toMatchObject({ lastExit: { signal: 'SIGKILL' }, nextStartAtMs: expect.any(Number) });
    await live.find((told) => (told.type === 'broker' && told.broker.state === 'running' ? true : undefined));
    live.close();
    const { broker } = await eventually(async () => {
      const capabilities = await read();
      return capabilities.broker.state === 'running' ? capabilities : undefined;
    });
    expect(broker).toMatchObject({ restarts: 1, lastExit: { signal: 'SIGKILL' } });
    await eventually(async () => {
      try {
        await client.flush();
        return true;
      } catch {
        return undefined;
      }
    });
    await eventually(async () => {
      const { findings } = await browser.json<Overview>('GET', '/api/overview');
      return findings.find((finding) => finding.id === 'broker-restarted');
    });
    await client.close();
  });

  it('brings applied configuration back before the first client, and says where each value comes from', async () => {
    const sluice = start();
    const { natsUrl, consoleUrl } = await sluice.ready();
    const browser = new HttpClient(consoleUrl);
    await browser.logIn('admin', PASSWORD);
    const { revision } = await eventually(async () => {
      const response = await browser.send('GET', '/api/config');
      return response.ok ? ((await response.json()) as ConsoleConfig) : undefined;
    });
    const users = [
      { username: 'billing', password: 'pay the bills', permissions: { publish: { allow: ['invoices.>'], deny: [] } } },
    ];
    await browser.json('POST', '/api/config/apply', { revision, settings: { max_payload: 4096 }, users });
    process.kill(await sluice.pid('broker'), 'SIGKILL');
    await sluice.pid('broker', 2);
    const client = await connect({ servers: natsUrl, user: 'billing', pass: 'pay the bills' });
    expect(client.info?.max_payload).toBe(4096);
    await client.close();
    const config = await eventually(async () => {
      const response = await browser.send('GET', '/api/config');
      return response.ok ? ((await response.json()) as ConsoleConfig) : undefined;
    });
    expect(config.settings.find((setting) => setting.key === 'max_payload')).toMatchObject({
      value: 4096,
      source: 'console',
      defaultValue: 1_048_576,
    });
    expect(config.users).toMatchObject([{ username: 'anonymous' }, { username: 'billing', source: 'console' }]);
  });

  it('reads a configuration file, and refuses one with errors by their place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-conf-'));
    const good = join(folder, 'good.conf');
    writeFileSync(
      good,
      'server_name: edge-1\nport: -1\nmax_payload: 2KB\nauthorization { users: [ {user: kim, password: secret} ] }\n',
    );
    const sluice = start(['--config', good, '--console-port', '0']);
    const { natsUrl, consoleUrl } = await sluice.ready();
    const client = await connect({ servers: natsUrl, user: 'kim', pass: 'secret' });
    expect(client.info).toMatchObject({ server_name: 'edge-1', max_payload: 2048, host: '127.0.0.1' });
    await client.close();
    await expect(connect({ servers: natsUrl, reconnect: false })).rejects.toThrow();
    const browser = new HttpClient(consoleUrl);
    await browser.logIn('admin', PASSWORD);
    const { servers } = await eventually(async () => {
      const read = await browser.json<Capabilities>('GET', '/api/capabilities');
      return read.servers.length > 0 ? read : undefined;
    });
    expect(servers).toMatchObject([{ name: 'edge-1' }]);
    const bad = join(folder, 'bad.conf');
    writeFileSync(bad, 'max_payload: 1MB\nmax_paylod: 2MB\n');
    const refused = start(['--config', bad, '--console-port', '0']);
    expect(await refused.exited()).toBe(1);
    expect(refused.errors).toContain('bad.conf:2');
    const missing = start(['--config', join(folder, 'none.conf'), '--console-port', '0']);
    expect(await missing.exited()).toBe(1);
    expect(missing.errors).toContain('no such file or directory');
    rmSync(folder, { recursive: true });
  });

  it('says which port is in use and exits with 1', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = String(typeof address === 'object' && address !== null ? address.port : 0);
    const nats = start(['--port', port, '--console-port', '0']);
    expect(await nats.exited()).toBe(1);
    expect(nats.errors).toContain(`port ${port} for NATS is in use by another program; choose another with --port`);
    const web = start(['--port', '0', '--console-port', port]);
    expect(await web.exited()).toBe(1);
    expect(web.errors).toContain(`port ${port} for the console is in use by another program; choose another with --console-port`);
    taken.close();
  });

  it('refuses a data folder that another Sluice uses', async () => {
    const first = start();
    await first.ready();
    const second = start(FREE_PORTS, {}, first.folder);
    expect(await second.exited()).toBe(1);
    expect(second.errors).toContain(`in use by another Sluice, process ${first.process.pid}`);
    expect(await new HttpClient((await first.ready()).consoleUrl).logIn('admin', PASSWORD)).toMatchObject({ role: 'admin' });
  });

  it('writes only into its data folder, for its own user, with a README, and no secret in any log', async () => {
    const sluice = start();
    const { consoleUrl } = await sluice.ready();
    await new HttpClient(consoleUrl).logIn('admin', PASSWORD);
    const files = readdirSync(sluice.folder, { recursive: true, encoding: 'utf8' });
    const own = files.filter((file) => !/^(broker|console)\/jetstream/.test(file)).sort();
    expect(own).toEqual(['README', 'broker', 'console', 'sluice.lock']);
    expect(files).toContain('broker/jetstream');
    expect(files).toContain('console/jetstream/CONSOLE/streams');
    for (const file of files) {
      const path = join(sluice.folder, file);
      expect(statSync(path).mode & 0o077, file).toBe(0);
      if (statSync(path).isFile()) expect(readFileSync(path, 'utf8')).not.toContain(PASSWORD);
    }
    expect(sluice.output + sluice.errors).not.toContain(PASSWORD);
  });
});
