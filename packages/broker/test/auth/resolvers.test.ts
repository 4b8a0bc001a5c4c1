/** Accounts that come from elsewhere: from a web server, from other servers over `$SYS`, and what a push does to clients. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, encodeAccount, encodeGeneric, encodeOperator, encodeUser, type User } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import type { ResolverOptions } from '../../src/options.ts';
import { RawClient } from '../support/raw-client.ts';
import { unlimited } from '../support/unlimited.ts';

const operator = createOperator();
const system = createAccount();
const account = createAccount();
const id = account.getPublicKey();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const signed = (key: KeyPair, claims: Partial<Account> = {}): Promise<string> =>
  encodeAccount('A', key, { limits: unlimited, ...claims }, { signer: operator });

async function start(resolver: ResolverOptions | undefined, preload: Record<string, string> = {}): Promise<Broker> {
  const operators = [await encodeOperator('O', operator, { system_account: system.getPublicKey() })];
  const broker = await Broker.start({
    port: 0,
    operator: { operators, trustedKeys: [], preload, ...(resolver === undefined ? {} : { resolver }) },
  });
  ends.push(() => broker.stop());
  return broker;
}

async function withSystem(): Promise<Record<string, string>> {
  return { [system.getPublicKey()]: await signed(system) };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-resolver-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Login {
  readonly key?: KeyPair;
  readonly user?: Partial<User>;
}

/** A client that has shown a JWT and has had an answer. */
async function enter(broker: Broker, of: KeyPair, { key = createUser(), user = {} }: Login = {}): Promise<RawClient> {
  const client = await RawClient.open(broker.port);
  ends.push(() => client.end());
  const nonce = String(client.info['nonce']);
  client.take();
  const sig = Buffer.from(key.sign(new TextEncoder().encode(nonce))).toString('base64url');
  client.send(`CONNECT ${JSON.stringify({ verbose: false, jwt: await encodeUser('U', key, of, user), sig })}\r\nPING\r\n`);
  await client.until((text) => text.includes('PONG') || text.includes('-ERR'));
  return client;
}

async function push(admin: RawClient, of: string, jwt: string): Promise<string> {
  admin.take();
  admin.send(`SUB answer 9\r\nPUB $SYS.REQ.ACCOUNT.${of}.CLAIMS.UPDATE answer ${jwt.length}\r\n${jwt}\r\n`);
  await admin.until((text) => /MSG answer 9 {2}\d+\r\n.*\r\n/.test(text));
  admin.send('UNSUB 9\r\n');
  return admin.take();
}

/** A web server that knows these accounts. */
async function serveAccounts(accounts: Record<string, string>): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server: HttpServer = createServer((request, response) => {
    const name = (request.url ?? '').replace('/jwt/v1/accounts/', '');
    asked.push(name);
    const jwt = name === '' ? 'hello' : accounts[name];
    response.writeHead(jwt === undefined ? 404 : 200).end(jwt);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  ends.push(() => server.closeAllConnections());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}/jwt/v1/accounts/`, asked };
}

describe('a web server of accounts', () => {
  it('is asked for an account when the first user of it comes, and not again', async () => {
    const { url, asked } = await serveAccounts({ ...(await withSystem()), [id]: await signed(account) });
    const broker = await start({ kind: 'url', url });
    expect((await enter(broker, account)).take()).toBe('PONG\r\n');
    expect((await enter(broker, account)).take()).toBe('PONG\r\n');
    expect(asked).toEqual([system.getPublicKey(), id]);
  });

  it('is asked once for logins at the same time, and for what an account imports from', async () => {
    const exporter = createAccount();
    const exports = [{ name: 's', subject: 'help', type: 'service' as const }];
    const imports = [{ name: 's', subject: 'help', account: exporter.getPublicKey(), type: 'service' as const }];
    const { url, asked } = await serveAccounts({
      ...(await withSystem()),
      [id]: await signed(account, { imports } as unknown as Partial<Account>),
      [exporter.getPublicKey()]: await signed(exporter, { exports } as unknown as Partial<Account>),
    });
    const broker = await start({ kind: 'url', url });
    const [asker] = await Promise.all([enter(broker, account), enter(broker, account), enter(broker, account)]);
    expect(asked.filter((name) => name === id)).toHaveLength(1);
    const helper = await enter(broker, exporter);
    helper.send('SUB help 1\r\nPING\r\n');
    await helper.until((text) => text.includes('PONG\r\nPONG'));
    asker?.send('PUB help 2\r\nhi\r\n');
    await helper.until((text) => text.includes('hi\r\n'));
  });

  it('does not know an account, or has one that no operator signed: its users are refused', async () => {
    const foreign = createAccount();
    const jwt = await encodeAccount('F', foreign, { limits: unlimited }, { signer: createOperator() });
    const { url } = await serveAccounts({ ...(await withSystem()), [foreign.getPublicKey()]: jwt });
    const broker = await start({ kind: 'url', url });
    expect((await enter(broker, account)).take()).toContain('Authorization Violation');
    expect((await enter(broker, foreign)).take()).toContain('Authorization Violation');
  });
});

describe('accounts of other servers', () => {
  it('are looked up over the system account, and kept in the folder of a cache', async () => {
    const folder = newFolder();
    const broker = await start({ kind: 'cache', path: folder, timeoutMs: 3000 }, await withSystem());
    const other = await enter(broker, system);
    other.send(`SUB $SYS.REQ.ACCOUNT.${id}.CLAIMS.LOOKUP 1\r\n`);
    const entering = enter(broker, account);
    await other.until((text) => text.includes('CLAIMS.LOOKUP 1 '));
    const reply = /CLAIMS.LOOKUP 1 (\S+) 0/.exec(other.take())?.[1];
    const jwt = await signed(account);
    other.send(`PUB ${reply} ${jwt.length}\r\n${jwt}\r\n`);
    expect((await entering).take()).toBe('PONG\r\n');
    expect(readdirSync(folder)).toContain(`${id}.jwt`);
  });

  it('make room for one another in a cache: the one that was used longest ago goes', async () => {
    const folder = newFolder();
    const others = [createAccount(), createAccount()];
    const broker = await start({ kind: 'cache', path: folder, limit: 2, timeoutMs: 3000 }, await withSystem());
    const other = await enter(broker, system);
    for (const key of others) {
      other.send(`SUB $SYS.REQ.ACCOUNT.${key.getPublicKey()}.CLAIMS.LOOKUP 1\r\n`);
      const entering = enter(broker, key);
      await other.until((text) => text.includes('CLAIMS.LOOKUP 1 '));
      const reply = /CLAIMS.LOOKUP 1 (\S+) 0/.exec(other.take())?.[1];
      const jwt = await signed(key);
      other.send(`PUB ${reply} ${jwt.length}\r\n${jwt}\r\nUNSUB 1\r\n`);
      await entering;
    }
    const expected = others.map((key) => `${key.getPublicKey()}.jwt`);
    expect(readdirSync(folder).sort()).toEqual(expected.sort());
  });

  it('come by themselves where all servers hold all accounts', async () => {
    const broker = await start(
      { kind: 'full', path: newFolder(), mayDelete: false, isHardDelete: false, intervalMs: 50, timeoutMs: 100 },
      await withSystem(),
    );
    const other = await enter(broker, system);
    other.send('SUB $SYS.REQ.CLAIMS.PACK 1\r\n');
    await other.until((text) => text.includes('CLAIMS.PACK 1 '));
    const reply = /CLAIMS.PACK 1 (\S+) 32/.exec(other.take())?.[1];
    const line = `${id}|${await signed(account)}`;
    other.send(`PUB ${reply} ${line.length}\r\n${line}\r\nPUB ${reply} 0\r\n\r\nPING\r\n`);
    await other.until((text) => text.includes('PONG'));
    expect((await enter(broker, account)).take()).toBe('PONG\r\n');
  });

  it('are packed for whoever holds others, and not for whoever holds the same', async () => {
    const broker = await start(
      { kind: 'full', path: newFolder(), mayDelete: false, isHardDelete: false, timeoutMs: 100 },
      { ...(await withSystem()), [id]: await signed(account) },
    );
    const other = await enter(broker, system);
    const hash = broker.server.known?.resolver.folder?.hash().toString('latin1') ?? '';
    other.take();
    other.send('SUB packs 1\r\nPUB $SYS.REQ.CLAIMS.PACK packs 0\r\n\r\n');
    await other.until((text) => text.includes('MSG packs 1  0\r\n'));
    expect(other.take().match(/MSG packs 1/g)).toHaveLength(3);
    other.send(`PUB $SYS.REQ.CLAIMS.PACK packs 32\r\n${hash}\r\n`);
    await other.until((text) => text.includes('MSG packs 1  0\r\n'));
    expect(other.take().match(/MSG packs 1/g)).toHaveLength(1);
  });
});

describe('a pushed account', () => {
  it('may be the system account itself, of which only the key is known at first', async () => {
    const broker = await start({ kind: 'full', path: newFolder(), mayDelete: false, isHardDelete: false, timeoutMs: 100 });
    const admin = await enter(broker, system);
    expect(admin.take()).toBe('PONG\r\n');
    expect(await push(admin, system.getPublicKey(), await signed(system))).toContain('jwt updated');
    expect((await enter(broker, system)).take()).toBe('PONG\r\n');
  });

  it('ends the connections of users that it revokes, and of those alone', async () => {
    const broker = await start(undefined, { ...(await withSystem()), [id]: await signed(account) });
    const admin = await enter(broker, system);
    const key = createUser();
    const [revoked, other] = [await enter(broker, account, { key }), await enter(broker, account)];
    const revocations = { [key.getPublicKey()]: Math.floor(Date.now() / 1000) + 10 };
    expect(await push(admin, id, await signed(account, { revocations }))).toContain('jwt updated');
    await revoked.until((text) => text.includes('-ERR'));
    expect(revoked.take()).toContain("-ERR 'User Authentication Revoked'");
    other.send('PING\r\n');
    await other.until((text) => text.includes('PONG\r\nPONG'));
    expect((await enter(broker, account, { key })).take()).toContain('Authorization Violation');
  });

  it('ends what is above its new limit, the youngest first, and bearers that it no longer allows', async () => {
    const broker = await start(undefined, { ...(await withSystem()), [id]: await signed(account) });
    const admin = await enter(broker, system);
    const [first, bearer, last] = [
      await enter(broker, account),
      await enter(broker, account, { user: { bearer_token: true } }),
      await enter(broker, account),
    ];
    const limits = { ...unlimited, conn: 2, disallow_bearer: true };
    await push(admin, id, await signed(account, { limits } as unknown as Partial<Account>));
    await last.until((text) => text.includes('-ERR'));
    expect(last.take()).toContain("-ERR 'maximum account active connections exceeded'");
    await bearer.until((text) => text.includes('-ERR'));
    expect(bearer.take()).toContain("-ERR 'Authorization Violation'");
    first.send('PING\r\n');
    await first.until((text) => text.includes('PONG\r\nPONG'));
  });

  it('leaves answers that are due on their way when another account changes', async () => {
    const exporter = createAccount();
    const exports = [{ name: 's', subject: 'help', type: 'service' as const }];
    const imports = [{ name: 's', subject: 'help', account: exporter.getPublicKey(), type: 'service' as const }];
    const broker = await start(undefined, {
      ...(await withSystem()),
      [id]: await signed(account, { imports } as unknown as Partial<Account>),
      [exporter.getPublicKey()]: await signed(exporter, { exports } as unknown as Partial<Account>),
    });
    const [admin, asker, helper] = [await enter(broker, system), await enter(broker, account), await enter(broker, exporter)];
    helper.send('SUB help 1\r\nPING\r\n');
    await helper.until((text) => text.includes('PONG\r\nPONG'));
    asker.send('SUB inbox 1\r\nPUB help inbox 2\r\nhi\r\n');
    await helper.until((text) => text.includes('hi\r\n'));
    await push(admin, id, await signed(account, { imports, tags: ['new'] } as unknown as Partial<Account>));
    const reply = / (_R_\.\S+) /.exec(helper.take())?.[1];
    helper.send(`PUB ${reply} 2\r\nyo\r\n`);
    await asker.until((text) => text.includes('MSG inbox 1 2\r\nyo\r\n'));
  });

  it('is gone for good when it is deleted, and so are its clients', async () => {
    const broker = await start(
      { kind: 'full', path: newFolder(), mayDelete: true, isHardDelete: true, timeoutMs: 100 },
      { ...(await withSystem()), [id]: await signed(account) },
    );
    const [admin, client] = [await enter(broker, system), await enter(broker, account)];
    const claim = await encodeGeneric('delete', operator, 'generic', { accounts: [id] });
    admin.send(`SUB answer 1\r\nPUB $SYS.REQ.CLAIMS.DELETE answer ${claim.length}\r\n${claim}\r\n`);
    await admin.until((text) => text.includes('deleted 1 accounts'));
    await client.until((text) => text.includes('-ERR'));
    expect(client.take()).toContain("-ERR 'Account Authentication Expired'");
    expect((await enter(broker, account)).take()).toContain('Authorization Violation');
  });
});
