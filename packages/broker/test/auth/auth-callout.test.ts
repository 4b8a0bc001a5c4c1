/** Auth callouts: a service on the official client, with JWTs and boxes of the official packages, decides who comes in. */
import {
  decode,
  encodeAccount,
  encodeAuthorizationResponse,
  encodeOperator,
  encodeUser,
  fmtCreds,
  type User,
} from '@nats-io/jwt';
import { createAccount, createCurve, createOperator, createUser, fromPublic, type KeyPair } from '@nats-io/nkeys';
import { connect, credsAuthenticator, jwtAuthenticator, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import type { CalloutOptions } from '../../src/options.ts';
import { unlimited } from '../support/unlimited.ts';

interface Request {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly nats: {
    readonly server_id: { readonly id: string; readonly name: string; readonly xkey?: string };
    readonly user_nkey: string;
    readonly client_info: { readonly user?: string; readonly kind: string; readonly type: string; readonly host: string };
    readonly connect_opts: { readonly user?: string; readonly pass?: string; readonly jwt?: string };
  };
}

const issuer = createAccount();
const serviceBox = createCurve();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(callout: Partial<CalloutOptions> = {}): Promise<Broker> {
  const broker = await Broker.start({
    port: 0,
    accounts: [{ name: 'AUTH' }, { name: 'APP' }, { name: 'OTHER' }],
    auth: {
      timeoutMs: 1000,
      users: [
        { user: 'service', password: 'service', account: 'AUTH' },
        { user: 'known', password: 'known', account: 'OTHER' },
      ],
      callout: { issuer: issuer.getPublicKey(), account: 'AUTH', users: ['service'], allowedAccounts: [], ...callout },
    },
  });
  ends.push(() => broker.stop());
  return broker;
}

async function login(broker: Broker, options: object): Promise<NatsConnection> {
  const connection = await connect({ servers: broker.url, reconnect: false, timeout: 3000, ...options });
  ends.push(() => connection.close());
  return connection;
}

/** Answers each request with what `answer` makes of it; nothing when that is nothing. */
async function serve(
  connection: NatsConnection,
  answer: (request: Request, message: Msg) => Promise<string | Uint8Array | undefined>,
): Promise<Request[]> {
  const requests: Request[] = [];
  connection.subscribe('$SYS.REQ.USER.AUTH', {
    callback: (error, message) => {
      if (error !== null) throw error;
      const sealed = message.data.subarray(0, 4).toString() === Buffer.from('xkv1').toString();
      const text = message.headers?.get('Nats-Server-Xkey');
      const clear = text ? serviceBox.open(message.data, text) : message.data;
      if (clear === null) throw new Error(`a request could not be opened: ${sealed}`);
      const request = decode<Request['nats']>(Buffer.from(clear).toString()) as unknown as Request;
      requests.push(request);
      void answer(request, message).then((text) => text !== undefined && message.respond(text));
    },
  });
  await connection.flush();
  return requests;
}

/** A response that lets the client in as `name`. */
async function letIn(request: Request, name: string, user: Partial<User> = {}, by: KeyPair = issuer): Promise<string> {
  const key = fromPublic(request.nats.user_nkey);
  const jwt = await encodeUser(name, key, by, user, { aud: 'APP' });
  return encodeAuthorizationResponse(key, fromPublic(request.nats.server_id.id), issuer, { jwt }, {});
}

async function refuse(request: Request, error: string): Promise<string> {
  const key = fromPublic(request.nats.user_nkey);
  return encodeAuthorizationResponse(key, fromPublic(request.nats.server_id.id), issuer, { error }, {});
}

function clientOf(broker: Broker, user: string) {
  return [...broker.server.clients.values()].find((client) => client.identity?.user === user);
}

describe('an auth callout of the configuration', () => {
  it('tells the service who wants to come in, and lets the client into the account that it names', async () => {
    const broker = await startBroker();
    const requests = await serve(await login(broker, { user: 'service', pass: 'service' }), (request) => letIn(request, 'ann'));
    const connection = await login(broker, { user: 'a', pass: 'secret' });
    await connection.flush();
    expect(clientOf(broker, 'ann')?.account?.name).toBe('APP');
    expect(requests).toMatchObject([
      {
        iss: broker.id,
        aud: 'nats-authorization-request',
        sub: issuer.getPublicKey(),
        nats: {
          server_id: { id: broker.id, name: broker.name },
          client_info: { user: 'a', kind: 'Client', type: 'nats', host: '127.0.0.1' },
          connect_opts: { user: 'a', pass: 'secret' },
        },
      },
    ]);
  });

  it('seals requests for a service with a curve key, and takes answers that are sealed', async () => {
    const broker = await startBroker({ xkey: serviceBox.getPublicKey() });
    const service = await login(broker, { user: 'service', pass: 'service' });
    await serve(service, async (request, message) => {
      expect(Buffer.from(message.data.subarray(0, 4)).toString()).toBe('xkv1');
      const response = await letIn(request, 'ann');
      return serviceBox.seal(Buffer.from(response), request.nats.server_id.xkey ?? '');
    });
    await (await login(broker, { user: 'a', pass: 'secret' })).flush();
    expect(clientOf(broker, 'ann')?.account?.name).toBe('APP');
  });

  it('takes no answer that was sealed with another key', async () => {
    const broker = await startBroker({ xkey: serviceBox.getPublicKey() });
    await serve(await login(broker, { user: 'service', pass: 'service' }), async (request) =>
      createCurve().seal(Buffer.from(await letIn(request, 'ann')), request.nats.server_id.xkey ?? ''),
    );
    await expect(login(broker, { user: 'a', pass: 'secret' })).rejects.toThrow(/authorization/i);
  });

  it('holds the client to the permissions in the answer', async () => {
    const broker = await startBroker();
    await serve(await login(broker, { user: 'service', pass: 'service' }), (request) =>
      letIn(request, 'ann', { pub: { allow: ['ok'], deny: [] }, sub: { allow: ['_INBOX.>'], deny: [] } }),
    );
    const connection = await login(broker, { user: 'a', pass: 'secret' });
    const refusals: string[] = [];
    void (async () => {
      for await (const status of connection.status()) if (status.type === 'error') refusals.push(String(status.error));
    })();
    connection.publish('ok');
    connection.publish('other');
    await connection.flush();
    await connection.flush();
    expect(refusals.join()).toMatch(/^[^,]*Permissions Violation for Publish to "other"[^,]*$/);
  });

  it('refuses when the service does, when it is not the one that is known, when it is silent, and tells the account why', async () => {
    const broker = await startBroker();
    const service = await login(broker, { user: 'service', pass: 'service' });
    const reasons: string[] = [];
    service.subscribe('$SYS.ACCOUNT.CLIENT.AUTH.ERR', {
      callback: (_error, message) => void reasons.push(message.json<{ reason: string }>().reason),
    });
    await serve(service, async (request) => {
      const { user } = request.nats.connect_opts;
      if (user === 'silent') return undefined;
      return user === 'other' ? letIn(request, 'ann', {}, createAccount()) : refuse(request, 'not today');
    });
    for (const user of ['refused', 'other', 'silent']) {
      await expect(login(broker, { user, pass: 'x' })).rejects.toThrow(/authorization/i);
    }
    await service.flush();
    expect(reasons).toEqual([
      'Auth callout service returned an error: not today',
      expect.stringContaining('Wrong issuer for auth callout response on account "AUTH"'),
      '',
    ]);
  });

  it('does not believe an answer to another request', async () => {
    const broker = await startBroker();
    let first: string | undefined;
    await serve(await login(broker, { user: 'service', pass: 'service' }), async (request) => {
      first ??= await letIn(request, 'ann');
      return first;
    });
    await login(broker, { user: 'a', pass: 'x' });
    await expect(login(broker, { user: 'b', pass: 'x' })).rejects.toThrow(/authorization/i);
  });

  it('asks about users of the configuration too, but for those of other accounts than it is allowed', async () => {
    const everywhere = await startBroker();
    await serve(await login(everywhere, { user: 'service', pass: 'service' }), (request) => letIn(request, 'ann'));
    await (await login(everywhere, { user: 'known', pass: 'known' })).flush();
    expect(clientOf(everywhere, 'ann')?.account?.name).toBe('APP');
    const elsewhere = await startBroker({ allowedAccounts: ['APP'] });
    const requests = await serve(await login(elsewhere, { user: 'service', pass: 'service' }), (request) =>
      letIn(request, 'ann'),
    );
    await (await login(elsewhere, { user: 'known', pass: 'known' })).flush();
    expect(clientOf(elsewhere, 'known')?.account?.name).toBe('OTHER');
    expect(requests).toEqual([]);
  });

  it('lets nobody in its account publish what the server asks', async () => {
    const broker = await startBroker();
    const service = await login(broker, { user: 'service', pass: 'service' });
    const refusals: string[] = [];
    void (async () => {
      for await (const status of service.status()) if (status.type === 'error') refusals.push(String(status.error));
    })();
    service.publish('$SYS.REQ.USER.AUTH');
    await service.flush();
    await service.flush();
    expect(refusals.join()).toContain('Permissions Violation for Publish to "$SYS.REQ.USER.AUTH"');
  });
});

describe('an auth callout of an account JWT', () => {
  it('asks about whoever comes with a JWT of the account, and places users in accounts that it is allowed', async () => {
    const [operator, account, other, stranger] = [createOperator(), createAccount(), createAccount(), createAccount()];
    const serviceUser = createUser();
    const authorization = { auth_users: [serviceUser.getPublicKey()], allowed_accounts: [other.getPublicKey()] };
    const signed = (key: KeyPair, claims: object = {}) =>
      encodeAccount('A', key, { limits: unlimited, ...claims }, { signer: operator });
    const preload = {
      [account.getPublicKey()]: await signed(account, { authorization }),
      [other.getPublicKey()]: await signed(other),
      [stranger.getPublicKey()]: await signed(stranger),
    };
    const operators = [await encodeOperator('O', operator)];
    const broker = await Broker.start({ port: 0, operator: { operators, trustedKeys: [], preload } });
    ends.push(() => broker.stop());
    const creds = fmtCreds(await encodeUser('service', serviceUser, account), serviceUser);
    await serve(await login(broker, { authenticator: credsAuthenticator(creds) }), async (request) => {
      const key = fromPublic(request.nats.user_nkey);
      const by = request.nats.connect_opts.user === 'wrong' ? stranger : other;
      const jwt = await encodeUser('ann', key, by);
      return encodeAuthorizationResponse(key, fromPublic(request.nats.server_id.id), account, { jwt }, {});
    });
    const sentinel = await encodeUser('sentinel', createUser(), account, { bearer_token: true });
    const authenticator = jwtAuthenticator(sentinel);
    await (await login(broker, { authenticator: [authenticator, () => ({ user: 'right' })] })).flush();
    expect(clientOf(broker, 'ann')?.account?.name).toBe(other.getPublicKey());
    const wrong = login(broker, { authenticator: [authenticator, () => ({ user: 'wrong' })] });
    await expect(wrong).rejects.toThrow(/authorization/i);
  });
});
