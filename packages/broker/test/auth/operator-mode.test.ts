/** Operator mode with JWTs made by the official package and shown by the official client. */
import { encodeAccount, encodeActivation, encodeOperator, encodeUser, fmtCreds, newScopedSigner, type User } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import { connect, credsAuthenticator, jwtAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fillTemplates } from '../../src/auth/jwt/claims-permissions.ts';
import { decodeJwt } from '../../src/auth/jwt/decode-jwt.ts';
import { allowedUntil, isAddressAllowed } from '../../src/auth/jwt/user-restrictions.ts';
import { Broker } from '../../src/broker.ts';
import { unlimited } from '../support/unlimited.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const operatorKey = createOperator();

async function startBroker(preload: Record<string, string>): Promise<Broker> {
  const operators = [await encodeOperator('O', operatorKey)];
  const broker = await Broker.start({ port: 0, operator: { operators, trustedKeys: [], preload } });
  ends.push(() => broker.stop());
  return broker;
}

/** A broker with one account, and a way to connect as a user that `issuer` has signed. */
async function withAccount(account: Parameters<typeof encodeAccount>[2] = {}, accountKey: KeyPair = createAccount()) {
  const jwt = await encodeAccount('A', accountKey, { limits: unlimited, ...account }, { signer: operatorKey });
  const broker = await startBroker({ [accountKey.getPublicKey()]: jwt });
  const login = async (user: Partial<User> = {}, issuer: KeyPair = accountKey, extra = {}): Promise<NatsConnection> => {
    const key = createUser();
    const userJwt = await encodeUser('joe', key, issuer, user, extra);
    const authenticator = credsAuthenticator(fmtCreds(userJwt, key));
    const connection = await connect({ servers: broker.url, authenticator, reconnect: false, timeout: 2000 });
    ends.push(() => connection.close());
    return connection;
  };
  return { broker, login, accountKey };
}

describe('operator mode', () => {
  it('lets a user in that its account has signed, into that account', async () => {
    const { broker, login, accountKey } = await withAccount();
    const connection = await login();
    await connection.flush();
    const [client] = [...broker.server.clients.values()];
    expect(client?.account?.name).toBe(accountKey.getPublicKey());
  });

  it('refuses a user of an account that is not known or not signed by the operator', async () => {
    const { login } = await withAccount();
    await expect(login({}, createAccount())).rejects.toThrow(/authorization/i);
    const accountKey = createAccount();
    const jwt = await encodeAccount('A', accountKey, {}, { signer: createOperator() });
    // The server starts without it: one account that is wrong must not cost the others.
    const broker = await startBroker({ [accountKey.getPublicKey()]: jwt });
    const authenticator = jwtAuthenticator(await encodeUser('joe', createUser(), accountKey, { bearer_token: true }));
    const attempt = connect({ servers: broker.url, authenticator, reconnect: false, timeout: 2000 });
    await expect(attempt).rejects.toThrow(/authorization/i);
  });

  it('refuses whoever shows a JWT without the key to it, unless it is a bearer token', async () => {
    const { broker, accountKey } = await withAccount();
    const show = async (user: Partial<User>): Promise<NatsConnection> => {
      const jwt = await encodeUser('joe', createUser(), accountKey, user);
      const authenticator = jwtAuthenticator(jwt);
      return connect({ servers: broker.url, authenticator, reconnect: false, timeout: 2000 });
    };
    await expect(show({})).rejects.toThrow(/authorization/i);
    const bearer = await show({ bearer_token: true });
    await bearer.close();
  });

  it('holds users to the permissions in their JWT', async () => {
    const { login } = await withAccount();
    const connection = await login({ pub: { allow: ['ok.>'], deny: [] }, sub: { allow: ['_INBOX.>'], deny: [] } });
    const refusals: string[] = [];
    void (async () => {
      for await (const status of connection.status()) if (status.type === 'error') refusals.push(String(status.error));
    })();
    connection.publish('ok.a');
    connection.publish('other');
    await connection.flush();
    await connection.flush();
    expect(refusals.join()).toContain('Permissions Violation for Publish to "other"');
    expect(refusals).toHaveLength(1);
  });

  it('fills the templates of a scoped signing key in, and takes no permissions from the user itself', async () => {
    const accountKey = createAccount();
    const scoped = createAccount();
    const signer = newScopedSigner(scoped, 'role', { pub: { allow: ['users.{{name()}}.>'], deny: [] } });
    const { login } = await withAccount({ signing_keys: [signer] }, accountKey);
    const connection = await login({}, accountKey, { signer: scoped, scopedUser: true });
    const refusals: string[] = [];
    void (async () => {
      for await (const status of connection.status()) if (status.type === 'error') refusals.push(String(status.error));
    })();
    connection.publish('users.joe.x');
    connection.publish('users.ann.x');
    await connection.flush();
    await connection.flush();
    expect(refusals).toHaveLength(1);
    expect(refusals[0]).toContain('users.ann.x');
  });

  it('refuses users that were revoked after they were issued', async () => {
    const accountKey = createAccount();
    const soon = Math.floor(Date.now() / 1000) + 3600;
    const { login } = await withAccount({ revocations: { '*': soon } }, accountKey);
    await expect(login()).rejects.toThrow(/authorization/i);
  });

  it('closes a connection when the JWT of its user expires', async () => {
    const { login } = await withAccount();
    const connection = await login({}, undefined, { exp: Math.floor(Date.now() / 1000) + 2 });
    expect(String(await connection.closed())).toMatch(/user authentication expired/i);
  });

  it('closes a connection when the JWT of its account expires, and says whose JWT it was', async () => {
    const accountKey = createAccount();
    const exp = Math.floor(Date.now() / 1000) + 2;
    const jwt = await encodeAccount('A', accountKey, { limits: unlimited }, { signer: operatorKey, exp });
    const broker = await startBroker({ [accountKey.getPublicKey()]: jwt });
    const userJwt = await encodeUser('joe', createUser(), accountKey, { bearer_token: true }, { exp: exp + 3600 });
    const connection = await connect({ servers: broker.url, authenticator: jwtAuthenticator(userJwt), reconnect: false });
    expect(String(await connection.closed())).toMatch(/account authentication expired/i);
  });
});

describe('the parts of operator mode', () => {
  it('refuse a JWT whose signature, algorithm or shape is wrong', async () => {
    const jwt = await encodeOperator('O', operatorKey);
    expect(decodeJwt(jwt).ok).toBe(true);
    const [header = '', body = '', signature = ''] = jwt.split('.');
    const altered = Buffer.from(Buffer.from(body, 'base64url').toString().replace('"O"', '"P"')).toString('base64url');
    expect(decodeJwt(`${header}.${altered}.${signature}`)).toMatchObject({ error: 'claim failed V2 signature verification' });
    const none = Buffer.from('{"typ":"JWT","alg":"none"}').toString('base64url');
    expect(decodeJwt(`${none}.${body}.${signature}`)).toMatchObject({ ok: false });
    for (const text of ['', 'a.b', 'a.b.c.d', '..', 'x'.repeat(2_000_000)]) expect(decodeJwt(text).ok).toBe(false);
  });

  it('make a template with several tag values several subjects, and one without a value nothing', () => {
    const values = {
      name: 'n',
      subject: 'U',
      accountName: 'a',
      accountSubject: 'A',
      tags: ['team:x', 'team:y'],
      accountTags: [],
    };
    const permissions = { publish: { allow: ['t.{{tag(team)}}.>', 'u.{{tag(none)}}'], deny: [] } };
    expect(fillTemplates(permissions, values)?.publish?.allow).toEqual(['t.x.>', 't.y.>']);
    expect(fillTemplates({ publish: { allow: ['u.{{tag(none)}}'], deny: [] } }, values)?.publish?.deny).toEqual(['>']);
    expect(fillTemplates({ publish: { allow: [], deny: ['u.{{tag(none)}}'] } }, values)).toBeUndefined();
  });

  it('hold addresses to blocks and times of day to ranges', () => {
    expect(isAddressAllowed(['10.0.0.0/8'], '10.1.2.3')).toBe(true);
    expect(isAddressAllowed(['10.0.0.0/8'], '11.1.2.3')).toBe(false);
    expect(isAddressAllowed(['nonsense'], '10.1.2.3')).toBe(false);
    expect(isAddressAllowed(['fd00::/8'], 'fd00::1')).toBe(true);
    const noon = Date.UTC(2026, 0, 1, 12, 0, 0);
    const until = (start: string, end: string, zone = 'UTC') => allowedUntil([{ start, end }], zone, noon);
    expect(until('11:00:00', '13:00:00')).toBe(noon + 3_600_000);
    expect(until('13:00:00', '14:00:00')).toBeUndefined();
    expect(until('22:00:00', '12:30:00')).toBe(noon + 1_800_000);
    expect(until('11:00:00', '06:00:00')).toBe(noon + 18 * 3_600_000);
    expect(until('11:00:00', '13:00:00', 'America/New_York')).toBeUndefined();
    expect(until('11:00:00', '13:00:00', 'No/Where')).toBeUndefined();
    expect(allowedUntil([], 'UTC', noon)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a user JWT that is bound to something', () => {
  it('lets in over the kinds of connections that it names, and over no other', async () => {
    const { login } = await withAccount();
    await (await login({ allowed_connection_types: ['WEBSOCKET', 'STANDARD'] } as Partial<User>)).flush();
    await expect(login({ allowed_connection_types: ['WEBSOCKET'] } as Partial<User>)).rejects.toThrow(/authorization/i);
    await expect(login({ allowed_connection_types: ['ZORK'] } as unknown as Partial<User>)).rejects.toThrow(/authorization/i);
  });

  it('is not needed where the server has a sentinel for those that show none', async () => {
    const accountKey = createAccount();
    const preload = {
      [accountKey.getPublicKey()]: await encodeAccount('A', accountKey, { limits: unlimited }, { signer: operatorKey }),
    };
    const defaultSentinel = await encodeUser('sentinel', createUser(), accountKey, { bearer_token: true });
    const operators = [await encodeOperator('O', operatorKey)];
    const broker = await Broker.start({ port: 0, operator: { operators, trustedKeys: [], preload, defaultSentinel } });
    ends.push(() => broker.stop());
    const connection = await connect({ servers: broker.url, reconnect: false, timeout: 2000 });
    ends.push(() => connection.close());
    await connection.flush();
    expect([...broker.server.clients.values()][0]?.account?.name).toBe(accountKey.getPublicKey());
  });
});

describe('a private export', () => {
  /** An importer with the token that `grant` makes, if any, and what it gets of what the exporter publishes. */
  async function importing(grant: (exporter: KeyPair, importer: KeyPair) => Promise<string | undefined>, revocations = {}) {
    const [exporterKey, importerKey] = [createAccount(), createAccount()];
    const exports = [{ name: 'p', subject: 'private.>', type: 'stream', token_req: true, revocations }];
    const token = await grant(exporterKey, importerKey);
    const imports = [
      {
        name: 'p',
        subject: 'private.>',
        type: 'stream',
        account: exporterKey.getPublicKey(),
        ...(token === undefined ? {} : { token }),
      },
    ];
    const encode = (key: KeyPair, claims: object) =>
      encodeAccount('A', key, { limits: unlimited, ...claims } as Parameters<typeof encodeAccount>[2], { signer: operatorKey });
    const broker = await startBroker({
      [exporterKey.getPublicKey()]: await encode(exporterKey, { exports }),
      [importerKey.getPublicKey()]: await encode(importerKey, { imports }),
    });
    const enter = async (key: KeyPair) => {
      const jwt = await encodeUser('joe', createUser(), key, { bearer_token: true });
      const connection = await connect({ servers: broker.url, authenticator: jwtAuthenticator(jwt), reconnect: false });
      ends.push(() => connection.close());
      return connection;
    };
    const [exporter, importer] = [await enter(exporterKey), await enter(importerKey)];
    let count = 0;
    importer.subscribe('private.a', { callback: () => void count++ });
    await importer.flush();
    const publish = async (): Promise<number> => {
      exporter.publish('private.a');
      await exporter.flush();
      await importer.flush();
      return count;
    };
    return { count: await publish(), publish };
  }

  const grantOf = (exporter: KeyPair, importer: KeyPair, opts = {}): Promise<string> =>
    encodeActivation('t', importer, exporter, 'stream', { subject: 'private.>' } as Parameters<typeof encodeActivation>[4], opts);

  it('is for accounts that hold a token of the exporter, and for no others', async () => {
    expect((await importing((exporter, importer) => grantOf(exporter, importer))).count).toBe(1);
    expect((await importing(() => Promise.resolve(undefined))).count).toBe(0);
  });

  it('is not for those whose token was revoked or has expired', async () => {
    const soon = Math.floor(Date.now() / 1000) + 100;
    expect((await importing((exporter, importer) => grantOf(exporter, importer), { '*': soon })).count).toBe(0);
    expect((await importing((exporter, importer) => grantOf(exporter, importer, { exp: soon - 200 }))).count).toBe(0);
  });

  it('ends when the token does', async () => {
    const exp = Math.floor(Date.now() / 1000) + 4;
    const { count, publish } = await importing((exporter, importer) => grantOf(exporter, importer, { exp }));
    expect(count).toBe(1);
    await vi.waitFor(async () => expect(await publish()).toBe(await publish()), { timeout: 20_000, interval: 100 });
  }, 30_000);

  it('keeps everybody out of an account whose token is of somebody else or for somebody else', async () => {
    await expect(importing((_exporter, importer) => grantOf(createAccount(), importer))).rejects.toThrow(/authorization/i);
    await expect(importing((exporter) => grantOf(exporter, createAccount()))).rejects.toThrow(/authorization/i);
  });
});
