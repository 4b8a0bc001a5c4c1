/** The console's own state with real processes: either may be killed, the operator's configuration may forbid much, a password is lost. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { AuditPage, ConsoleUser, Page } from '@sluice/protocol/console';
import { afterEach, describe, expect, it } from 'vitest';
import { startStateBroker } from '../../src/broker-host/state-broker.ts';
import { eventually, openStore, stateCredentials } from '../support/console-harness.ts';
import { HttpClient } from '../support/http-client.ts';
import { Sluice } from '../support/sluice.ts';

const PASSWORD = 'correct horse battery';
const FREE_PORTS = ['--port', '0', '--console-port', '0'];
const running: Sluice[] = [];

function start(args: string[] = FREE_PORTS, folder?: string): Sluice {
  const sluice = new Sluice(args, { SLUICE_ADMIN_PASSWORD: PASSWORD }, folder);
  running.push(sluice);
  return sluice;
}

afterEach(async () => {
  for (const sluice of running.splice(0)) await sluice.stop();
});

/** Adds users one after the other until told to stop; the names of those that were acknowledged. */
function addUsers(browser: HttpClient): { acknowledged: string[]; stop(): Promise<void> } {
  const acknowledged: string[] = [];
  let isOver = false;
  const work = async (): Promise<void> => {
    for (let index = 0; !isOver; index++) {
      const username = `user-${index}`;
      try {
        const response = await browser.send('POST', '/api/users', { username, role: 'viewer', password: 'quite long enough' });
        if (response.status === 201) acknowledged.push(username);
      } catch (error) {
        // The console itself was killed: nobody answers for a moment.
        if (!(error instanceof TypeError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  const done = work();
  return {
    acknowledged,
    stop: () => {
      isOver = true;
      return done;
    },
  };
}

const usersOf = async (browser: HttpClient): Promise<string[]> =>
  (await browser.json<Page<ConsoleUser>>('GET', '/api/users?limit=500')).items.map((user) => user.username);

/** `sluice reset-admin`, with a password on its standard input. */
function resetAdmin(folder: string, password: string): Promise<{ code: number | null; text: string }> {
  const entry = fileURLToPath(new URL('../../src/cli/sluice.ts', import.meta.url));
  const flags = ['--conditions=@sluice/source', '--import', 'tsx', entry, 'reset-admin', '--data', folder];
  const child = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'pipe'] });
  let text = '';
  for (const output of [child.stdout, child.stderr])
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  child.stdin.end(`${password}\n`);
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, text })));
}

describe("the console's state", { timeout: 120_000 }, () => {
  it('loses nothing acknowledged when either process is killed, sessions included', async () => {
    const sluice = start();
    const browser = new HttpClient((await sluice.ready()).consoleUrl);
    await browser.logIn('admin', PASSWORD);
    const adding = addUsers(browser);
    for (const round of [1, 2]) {
      for (const name of ['broker', 'console'] as const) {
        const countBefore = adding.acknowledged.length;
        process.kill(await sluice.pid(name, round), 'SIGKILL');
        await sluice.pid(name, round + 1);
        // It goes on in the same session, without a new login.
        await eventually(() => (adding.acknowledged.length > countBefore + 1 ? true : undefined), 20_000);
      }
    }
    await adding.stop();
    const users = await usersOf(browser);
    expect(adding.acknowledged.filter((name) => !users.includes(name))).toEqual([]);
    expect(adding.acknowledged.length).toBeGreaterThan(5);
    const audit = await browser.json<AuditPage>('GET', '/api/audit?action=user.create&limit=500');
    expect(audit.chain.isIntact).toBe(true);
    const traced = new Set(audit.items.map((entry) => entry.target));
    expect(adding.acknowledged.filter((name) => !traced.has(name))).toEqual([]);
    // A copy made while it runs is a backup.
    const copy = mkdtempSync(join(tmpdir(), 'sluice-copy-'));
    cpSync(join(sluice.folder, 'console'), copy, { recursive: true });
    const state = await startStateBroker(copy, stateCredentials);
    const store = await openStore(copy, state.url);
    const restored = new Set(store.users().map((user) => user.username));
    expect(adding.acknowledged.filter((name) => !restored.has(name))).toEqual([]);
    expect((await store.readAudit({}, { offset: 0, limit: 1, isAscending: false })).chain).toEqual(audit.chain);
    await store.close();
    await state.stop();
    rmSync(copy, { recursive: true });
  });

  it('does not care what the operator forbids clients, and shows nowhere in the server they use', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-strict-'));
    const config = join(folder, 'strict.conf');
    const users = '{ user: watcher, password: "look but nothing else" }';
    writeFileSync(
      config,
      `port: -1\nmax_payload: 200\nmax_control_line: 512\naccounts { SYS { users: [ ${users} ] } }\nsystem_account: SYS\n`,
    );
    const sluice = start(['--config', config, '--console-port', '0']);
    const { consoleUrl, natsUrl } = await sluice.ready();
    const browser = new HttpClient(consoleUrl);
    await browser.logIn('admin', PASSWORD);
    const content = {
      mode: 'publish',
      subject: 's',
      reply: '',
      headers: [],
      encoding: 'utf8',
      timeoutMs: 1,
      maxReplies: 1,
      repeat: null,
    };
    const message = { name: 'big', content: { ...content, payload: 'x'.repeat(100_000) } };
    expect(await browser.json('PUT', '/api/saved-messages', message)).toMatchObject({ name: 'big' });
    const watcher = await connect({ servers: natsUrl, user: 'watcher', pass: 'look but nothing else' });
    const ask = async (service: string, body = {}): Promise<string> => {
      const [answer] = await gather(watcher, `$SYS.REQ.SERVER.PING.${service}`, body);
      return JSON.stringify(answer);
    };
    expect(await ask('ACCOUNTZ')).not.toContain('CONSOLE');
    expect(await ask('CONNZ', { auth: true })).not.toContain('CONSOLE');
    expect(await ask('VARZ')).toContain('"max_payload":200');
    expect(await ask('JSZ', { accounts: true, streams: true })).not.toMatch(/CONSOLE|AUDIT|KV_users/);
    await watcher.close();
    rmSync(folder, { recursive: true });
  });

  it('lets the owner of the data folder in again, while it runs and while it does not', async () => {
    const sluice = start();
    const browser = new HttpClient((await sluice.ready()).consoleUrl);
    await browser.logIn('admin', PASSWORD);
    expect(await resetAdmin(sluice.folder, 'short')).toMatchObject({ code: 1, text: expect.stringContaining('12 to 256') });
    const first = await resetAdmin(sluice.folder, 'a new odd passphrase');
    expect(first).toMatchObject({ code: 0, text: expect.stringContaining('admin is an administrator with that password now') });
    expect((await browser.send('GET', '/api/session')).status).toBe(401);
    await expect(browser.logIn('admin', PASSWORD)).rejects.toThrow('401');
    await browser.logIn('admin', 'a new odd passphrase');
    const { items } = await browser.json<AuditPage>('GET', '/api/audit?action=user.reset');
    expect(items).toMatchObject([{ actor: 'system', target: 'admin', outcome: 'ok' }]);
    sluice.process.kill('SIGTERM');
    await sluice.exited();
    const second = await resetAdmin(sluice.folder, 'yet another passphrase');
    expect(second).toMatchObject({ code: 0, text: expect.stringContaining('from its next start on') });
    const again = start(FREE_PORTS, sluice.folder);
    const { consoleUrl } = await again.ready();
    await new HttpClient(consoleUrl).logIn('admin', 'yet another passphrase');
    expect(again.output + again.errors).not.toContain('yet another passphrase');
  });
});

async function gather(client: NatsConnection, subject: string, body: object): Promise<unknown[]> {
  const answers: unknown[] = [];
  for await (const answer of await client.requestMany(subject, JSON.stringify(body), {
    strategy: 'stall',
    stall: 300,
    maxWait: 3000,
  }))
    answers.push(answer.json());
  return answers;
}
