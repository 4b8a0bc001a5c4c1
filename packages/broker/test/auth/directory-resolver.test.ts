/** Accounts in a folder: pushed over `$SYS`, in force at once, and there after a restart. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeAccount, encodeGeneric, encodeOperator, encodeUser } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import { afterEach, describe, expect, it } from 'vitest';
import { isAccountId } from '../../src/auth/jwt/account-folder.ts';
import { Broker } from '../../src/broker.ts';
import { RawClient } from '../support/raw-client.ts';
import { unlimited } from '../support/unlimited.ts';

const operator = createOperator();
const system = createAccount();
const account = createAccount();
const folders: string[] = [];
const brokers: Broker[] = [];
const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  for (const broker of brokers.splice(0)) await broker.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(path: string): Promise<Broker> {
  const operatorJwt = await encodeOperator('O', operator, { system_account: system.getPublicKey() });
  const preload = { [system.getPublicKey()]: await encodeAccount('SYS', system, { limits: unlimited }, { signer: operator }) };
  const broker = await Broker.start({
    port: 0,
    operator: {
      operators: [operatorJwt],
      trustedKeys: [],
      preload,
      resolver: { kind: 'full', path, mayDelete: true, isHardDelete: false, timeoutMs: 300 },
    },
  });
  brokers.push(broker);
  return broker;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-accounts-'));
  folders.push(folder);
  return folder;
}

/** What a user of the account gets for CONNECT and PING. */
async function enter(broker: Broker, of: KeyPair): Promise<RawClient> {
  const user = createUser();
  const client = await RawClient.open(broker.port);
  clients.push(client);
  const nonce = String(client.info['nonce']);
  client.take();
  const sig = Buffer.from(user.sign(new TextEncoder().encode(nonce))).toString('base64url');
  const connect = { verbose: false, jwt: await encodeUser('U', user, of), sig };
  client.send(`CONNECT ${JSON.stringify(connect)}\r\nPING\r\n`);
  await client.until((text) => text.includes('PONG') || text.includes('-ERR'));
  return client;
}

/** The answer to one request, its line left out. */
async function ask(client: RawClient, subject: string, payload: string): Promise<string> {
  client.take();
  client.send(`SUB answer 1\r\nPUB ${subject} answer ${payload.length}\r\n${payload}\r\n`);
  await client.until((text) => /MSG answer 1 {2}\d+\r\n.*\r\n/.test(text));
  return client.take().replace(/^MSG answer 1 {2}\d+\r\n/, '');
}

describe('a folder of accounts', () => {
  it('takes a pushed account into force, tells it, and has it after a restart', async () => {
    const folder = newFolder();
    const broker = await start(folder);
    expect((await enter(broker, account)).take()).toContain('Authorization Violation');
    const admin = await enter(broker, system);
    const jwt = await encodeAccount('A', account, { limits: unlimited }, { signer: operator });
    expect(await ask(admin, '$SYS.REQ.CLAIMS.UPDATE', jwt)).toContain('"code":200,"message":"jwt updated"');
    expect((await enter(broker, account)).take()).toBe('PONG\r\n');
    expect(await ask(admin, `$SYS.REQ.ACCOUNT.${account.getPublicKey()}.CLAIMS.LOOKUP`, '')).toBe(`${jwt}\r\n`);
    expect(await ask(admin, '$SYS.REQ.CLAIMS.LIST', '')).toContain(account.getPublicKey());
    await broker.stop();
    expect((await enter(await start(folder), account)).take()).toBe('PONG\r\n');
  });

  it('stores nothing that is no account, or is another one than the subject says', async () => {
    const folder = newFolder();
    const admin = await enter(await start(folder), system);
    const before = readdirSync(folder);
    const jwt = await encodeAccount('A', account, { limits: unlimited }, { signer: operator });
    expect(await ask(admin, '$SYS.REQ.CLAIMS.UPDATE', 'junk')).toContain('expected 3 chunks');
    expect(await ask(admin, `$SYS.REQ.ACCOUNT.${system.getPublicKey()}.CLAIMS.UPDATE`, jwt)).toContain('does not match');
    expect(readdirSync(folder)).toEqual(before);
  });

  it('stores an account that no operator has signed, and lets none of its users in', async () => {
    const broker = await start(newFolder());
    const admin = await enter(broker, system);
    const jwt = await encodeAccount('A', account, { limits: unlimited }, { signer: createOperator() });
    expect(await ask(admin, '$SYS.REQ.CLAIMS.UPDATE', jwt)).toContain('jwt updated');
    expect((await enter(broker, account)).take()).toContain('Authorization Violation');
  });

  it('deletes for nobody but a trusted operator', async () => {
    const admin = await enter(await start(newFolder()), system);
    expect(await ask(admin, '$SYS.REQ.CLAIMS.DELETE', 'junk')).toContain('expected 3 chunks');
    const jwt = await encodeAccount('A', account, { limits: unlimited }, { signer: createOperator() });
    expect(await ask(admin, '$SYS.REQ.CLAIMS.DELETE', jwt)).toContain('not self signed');
    const stranger = createOperator();
    const claim = await encodeGeneric('d', stranger, 'delete', { accounts: [account.getPublicKey()] });
    expect(await ask(admin, '$SYS.REQ.CLAIMS.DELETE', claim)).toContain('not trusted');
  });

  it('has no file names but account ids', () => {
    expect(isAccountId(account.getPublicKey())).toBe(true);
    for (const text of ['../x', 'A', '', operator.getPublicKey(), `${account.getPublicKey()}/..`])
      expect(isAccountId(text)).toBe(false);
  });
});
