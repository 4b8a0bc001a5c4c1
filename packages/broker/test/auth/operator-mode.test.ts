/** Operator mode with JWTs made by the official package and shown by the official client. */
import { encodeAccount, encodeOperator, encodeUser, fmtCreds, newScopedSigner, type User } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import { connect, credsAuthenticator, jwtAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
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
