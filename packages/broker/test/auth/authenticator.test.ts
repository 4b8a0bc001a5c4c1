/** Who is let in: every method, plain and bcrypt, and what a refusal tells. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { type ConnectOptions, encodePublicNkey } from '@sluice/protocol';
import bcrypt from 'bcryptjs';
import { afterEach, describe, expect, it } from 'vitest';
import { Accounts } from '../../src/account/accounts.ts';
import type { Authenticator, AuthResult } from '../../src/auth/authenticator.ts';
import { BcryptChecker } from '../../src/auth/bcrypt-checker.ts';
import { Callouts } from '../../src/auth/callout/callouts.ts';
import { makeAuthenticator } from '../../src/auth/make-authenticator.ts';
import { OutputTurn } from '../../src/connection/output-turn.ts';
import type { Peer } from '../../src/env/net.ts';
import { nodeEnv } from '../../src/env/node/node-env.ts';
import { makeServerIdentity } from '../../src/identity.ts';
import {
  type AccountOptions,
  type AuthOptions,
  defaultOptions,
  type UserOptions,
  type WebSocketOptions,
} from '../../src/options.ts';
import { Router } from '../../src/routing/router.ts';
import { SeededRandom } from '../support/random.ts';

const tcp: Peer = { address: '127.0.0.1', port: 1, kind: 'tcp', isTls: false };
const webSocket: Peer = { ...tcp, kind: 'websocket' };
const bare: ConnectOptions = { verbose: false, pedantic: false, echo: true, headers: true, no_responders: false, protocol: 1 };
/** Cost 4 is the cheapest that bcrypt has. */
const hashOf = (password: string): string => bcrypt.hashSync(password, 4);

const open: Authenticator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((authenticator) => authenticator.stop?.()));
});

interface Extra {
  readonly accounts?: readonly AccountOptions[];
  readonly webSocketNoAuthUser?: string;
}

/** No configuration of these tests asks an outside service. */
const callouts = new Callouts({
  env: nodeEnv(),
  identity: makeServerIdentity(new SeededRandom(1)),
  accounts: new Accounts(new OutputTurn(nodeEnv().clock), new Router(1), {
    newReplyToken: () => '',
    describeRequester: () => ({}),
  }),
  inboxPrefix: '_INBOX.',
  describe: () => ({ name: '', host: '', version: '', tags: [] }),
  timeoutMs: () => 1,
});

function authenticatorOf(auth: Partial<AuthOptions>, extra: Extra = {}): Authenticator {
  const websocket =
    extra.webSocketNoAuthUser === undefined ? undefined : ({ noAuthUser: extra.webSocketNoAuthUser } as WebSocketOptions);
  const options = {
    auth: { ...defaultOptions.auth, ...auth },
    accounts: extra.accounts ?? [],
    websocket,
    tls: undefined,
    operator: undefined,
  };
  const authenticator = makeAuthenticator(options, {
    ...nodeEnv(),
    random: new SeededRandom(1),
    callouts,
    known: undefined,
    hasAccount: () => true,
  });
  open.push(authenticator);
  return authenticator;
}

function ask(authenticator: Authenticator, connect: Partial<ConnectOptions>, peer: Peer = tcp, nonce = ''): Promise<AuthResult> {
  return Promise.resolve(authenticator.authenticate({ cid: 1, peer, connect: { ...bare, ...connect }, nonce }));
}

async function isLetIn(authenticator: Authenticator, connect: Partial<ConnectOptions>, peer?: Peer): Promise<boolean> {
  return (await ask(authenticator, connect, peer)).ok;
}

describe('without authentication', () => {
  it('lets everybody into the global account with every permission', async () => {
    const authenticator = authenticatorOf({});
    expect(authenticator.isRequired).toBe(false);
    expect(authenticator.anonymous(tcp)).toEqual({ user: '', account: '$G', permissions: undefined });
    expect((await ask(authenticator, { user: 'x', pass: 'y' })).ok).toBe(true);
  });
});

describe.each([
  ['plain', (secret: string) => secret],
  ['bcrypt', hashOf],
])('a %s token', (_form, stored) => {
  it('lets in who knows it and nobody else', async () => {
    const authenticator = authenticatorOf({ token: stored('s3cret') });
    expect(authenticator.isRequired).toBe(true);
    expect(authenticator.anonymous(tcp)).toBeUndefined();
    expect(await isLetIn(authenticator, { auth_token: 's3cret' })).toBe(true);
    for (const connect of [{}, { auth_token: '' }, { auth_token: 's3cret ' }, { auth_token: 'S3cret' }, { user: 's3cret' }]) {
      expect(await isLetIn(authenticator, connect), JSON.stringify(connect)).toBe(false);
    }
  });
});

describe.each([
  ['plain', (secret: string) => secret],
  ['bcrypt', hashOf],
])('a %s password', (_form, stored) => {
  it('lets in the single user', async () => {
    const authenticator = authenticatorOf({ user: 'derek', password: stored('päss') });
    expect(await ask(authenticator, { user: 'derek', pass: 'päss' })).toEqual({
      ok: true,
      identity: { user: 'derek', account: '$G', permissions: undefined },
    });
    expect(await isLetIn(authenticator, { user: 'derek', pass: 'pass' })).toBe(false);
    expect(await isLetIn(authenticator, { user: 'derek' })).toBe(false);
    expect(await isLetIn(authenticator, { user: 'Derek', pass: 'päss' })).toBe(false);
    expect(await isLetIn(authenticator, {})).toBe(false);
  });

  it('lets each of a list in with its own account and permissions', async () => {
    const permissions = { publish: { allow: ['a'], deny: [] } };
    const users: UserOptions[] = [
      { user: 'a', password: stored('1'), account: 'A', permissions },
      { user: 'b', password: stored('2') },
    ];
    const authenticator = authenticatorOf({ users });
    expect(await ask(authenticator, { user: 'a', pass: '1' })).toEqual({
      ok: true,
      identity: { user: 'a', account: 'A', permissions },
    });
    expect(await isLetIn(authenticator, { user: 'b', pass: '2' })).toBe(true);
    expect(await isLetIn(authenticator, { user: 'a', pass: '2' })).toBe(false);
    expect(await isLetIn(authenticator, { user: 'c', pass: '' })).toBe(false);
    expect(await isLetIn(authenticator, { user: '', pass: '' })).toBe(false);
  });
});

describe('bcrypt', () => {
  it('takes the minor letters a, b, x and y', async () => {
    const hash = hashOf('pw');
    for (const minor of ['a', 'b', 'x', 'y']) {
      const authenticator = authenticatorOf({ user: 'u', password: `$2${minor}${hash.slice(3)}` });
      expect(await isLetIn(authenticator, { user: 'u', pass: 'pw' }), minor).toBe(true);
      expect(await isLetIn(authenticator, { user: 'u', pass: 'no' }), minor).toBe(false);
    }
  });

  it('takes a malformed hash for a password that nobody knows', async () => {
    for (const hash of ['$2b$99$short', `$2b$04$${'~'.repeat(53)}`, '$2b$04$']) {
      const authenticator = authenticatorOf({ user: 'u', password: hash });
      expect(await isLetIn(authenticator, { user: 'u', pass: hash }), hash).toBe(false);
    }
  });

  it('lets other events through while it compares', async () => {
    const authenticator = authenticatorOf({ user: 'u', password: bcrypt.hashSync('pw', 12) });
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    expect(await isLetIn(authenticator, { user: 'u', pass: 'pw' })).toBe(true);
    isDone = true;
    expect(turns).toBeGreaterThan(1);
  });

  it('answers 1,024 waiting logins, and refuses those beyond instead of growing', async () => {
    const checker = new BcryptChecker(new SeededRandom(1));
    const hash = hashOf('pw');
    const answers = await Promise.all(Array.from({ length: 1100 }, () => checker.matches(hash, 'pw')));
    expect(answers.filter((isRight) => isRight).length).toBe(1024);
    expect(answers.slice(1024)).not.toContain(true);
    expect(await checker.matches(hash, 'pw')).toBe(true);
    await checker.stop();
  }, 60_000);

  it('is done in this thread where no worker can be started', async () => {
    const checker = new BcryptChecker(new SeededRandom(1), new URL('file:///nowhere/bcrypt-worker.mjs'));
    const hash = hashOf('pw');
    expect(await Promise.all([checker.matches(hash, 'pw'), checker.matches(hash, 'no')])).toEqual([true, false]);
    expect(await checker.matches(hash, 'pw')).toBe(true);
    await checker.stop();
    expect(await checker.matches(hash, 'pw')).toBe(false);
  });

  it('refuses who waits when the authenticator stops', async () => {
    const authenticator = authenticatorOf({ user: 'u', password: bcrypt.hashSync('pw', 10) });
    const answer = isLetIn(authenticator, { user: 'u', pass: 'pw' });
    await authenticator.stop?.();
    expect(await answer).toBe(false);
  });

  it('takes about as long for an unknown user as for a wrong password', async () => {
    const authenticator = authenticatorOf({ user: 'u', password: bcrypt.hashSync('pw', 9) });
    const time = async (user: string): Promise<number> => {
      const start = performance.now();
      await isLetIn(authenticator, { user, pass: 'wrong' });
      return performance.now() - start;
    };
    await time('u');
    const fastest = async (user: string): Promise<number> => {
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 6; round++) best = Math.min(best, await time(user));
      return best;
    };
    const [known, unknown] = [await fastest('u'), await fastest('x')];
    expect(unknown).toBeGreaterThan(known / 3);
    expect(unknown).toBeLessThan(known * 3);
  });
});

describe('a refusal', () => {
  it('does not tell whether the user exists', async () => {
    const authenticator = authenticatorOf({ users: [{ user: 'a', password: 'x' }] });
    const known = await ask(authenticator, { user: 'a', pass: 'wrong' });
    expect(await ask(authenticator, { user: 'nobody', pass: 'wrong' })).toEqual(known);
  });
});

describe('no_auth_user', () => {
  const users: UserOptions[] = [
    { user: 'a', password: 'x' },
    { user: 'guest', password: 'y', account: 'G2' },
  ];

  it('is who sends no credentials, and only then', async () => {
    const authenticator = authenticatorOf({ users, noAuthUser: 'guest' });
    expect(authenticator.anonymous(tcp)?.account).toBe('G2');
    expect(await ask(authenticator, {})).toMatchObject({ ok: true, identity: { user: 'guest' } });
    expect(await isLetIn(authenticator, { user: 'a', pass: 'wrong' })).toBe(false);
    expect(await isLetIn(authenticator, { auth_token: 'x' })).toBe(false);
    expect(await ask(authenticator, { user: 'a', pass: 'x' })).toMatchObject({ ok: true, identity: { user: 'a' } });
  });

  it('may be another one for WebSocket clients', () => {
    const authenticator = authenticatorOf({ users }, { webSocketNoAuthUser: 'guest' });
    expect(authenticator.anonymous(tcp)).toBeUndefined();
    expect(authenticator.anonymous(webSocket)?.user).toBe('guest');
  });

  it('must be a user', () => {
    expect(() => authenticatorOf({ users, noAuthUser: 'nobody' })).toThrow(/no_auth_user: "nobody"/);
  });

  it('is bound to its connection types like any user', () => {
    const bound = [{ user: 'guest', password: 'y', allowedConnectionTypes: ['WEBSOCKET'] }];
    const authenticator = authenticatorOf({ users: bound, noAuthUser: 'guest' });
    expect(authenticator.anonymous(tcp)).toBeUndefined();
    expect(authenticator.anonymous(webSocket)?.user).toBe('guest');
  });
});

describe('allowed_connection_types', () => {
  it('binds a user to the ways it names, in any case', async () => {
    const authenticator = authenticatorOf({
      users: [
        { user: 'web', password: 'x', allowedConnectionTypes: ['websocket'] },
        { user: 'tcp', password: 'x', allowedConnectionTypes: ['STANDARD'] },
        { user: 'any', password: 'x', allowedConnectionTypes: [] },
      ],
    });
    expect(await isLetIn(authenticator, { user: 'web', pass: 'x' }, tcp)).toBe(false);
    expect(await isLetIn(authenticator, { user: 'web', pass: 'x' }, webSocket)).toBe(true);
    expect(await isLetIn(authenticator, { user: 'tcp', pass: 'x' }, tcp)).toBe(true);
    expect(await isLetIn(authenticator, { user: 'tcp', pass: 'x' }, webSocket)).toBe(false);
    expect(await isLetIn(authenticator, { user: 'any', pass: 'x' }, webSocket)).toBe(true);
  });
});

describe('permissions of an identity', () => {
  const fromUser = { publish: { allow: ['user'], deny: [] } };
  const fromAccount = { publish: { allow: ['account'], deny: [] } };
  const fromAuthorization = { publish: { allow: ['authorization'], deny: [] } };

  it('come from the user, else from its account, else from authorization', async () => {
    const authenticator = authenticatorOf(
      {
        users: [
          { user: 'a', password: 'x', account: 'A', permissions: fromUser },
          { user: 'b', password: 'x', account: 'A' },
          { user: 'c', password: 'x', account: 'C' },
        ],
        defaultPermissions: fromAuthorization,
      },
      { accounts: [{ name: 'A', defaultPermissions: fromAccount }] },
    );
    for (const [user, permissions] of [
      ['a', fromUser],
      ['b', fromAccount],
      ['c', fromAuthorization],
    ] as const) {
      expect(await ask(authenticator, { user, pass: 'x' })).toMatchObject({ identity: { permissions } });
    }
  });
});

describe('nkeys', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const nkey = encodePublicNkey('user', publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
  const nonce = 'qUxmZ_0dSk6YtXo';
  const signed = (text: string): Buffer => sign(null, Buffer.from(text), privateKey);
  const users: UserOptions[] = [
    { user: nkey, nkey, account: 'K' },
    { user: 'a', password: 'x' },
  ];

  it('ask for a nonce only when some user has one', () => {
    expect(authenticatorOf({ users }).needsNonce).toBe(true);
    expect(authenticatorOf({ user: 'a', password: 'x' }).needsNonce).toBe(false);
  });

  it('let in who signs the nonce, in both base64 forms, beside users with passwords', async () => {
    const authenticator = authenticatorOf({ users });
    for (const form of ['base64url', 'base64'] as const) {
      const answer = await ask(authenticator, { nkey, sig: signed(nonce).toString(form) }, tcp, nonce);
      expect(answer).toMatchObject({ ok: true, identity: { user: nkey, account: 'K' } });
    }
    expect(await isLetIn(authenticator, { user: 'a', pass: 'x' })).toBe(true);
    expect(await isLetIn(authenticator, { user: nkey, pass: '' })).toBe(false);
  });

  it('refuse another nonce, a broken signature and an unknown key', async () => {
    const authenticator = authenticatorOf({ users });
    const good = signed(nonce).toString('base64url');
    const other = encodePublicNkey('user', new Uint8Array(32).fill(7));
    const cases: [Partial<ConnectOptions>, string][] = [
      [{ nkey, sig: signed('other').toString('base64url') }, nonce],
      [{ nkey, sig: good }, 'other'],
      [{ nkey, sig: good }, ''],
      [{ nkey, sig: good.slice(0, 40) }, nonce],
      [{ nkey, sig: `${good}${good}` }, nonce],
      [{ nkey, sig: '' }, nonce],
      [{ nkey }, nonce],
      [{ nkey, sig: '!'.repeat(86) }, nonce],
      [{ nkey: other, sig: good }, nonce],
      [{ nkey: 'U', sig: good }, nonce],
    ];
    for (const [connect, used] of cases) {
      expect((await ask(authenticator, connect, tcp, used)).ok, JSON.stringify([connect, used])).toBe(false);
    }
  });

  it('must be public user keys', () => {
    const account = encodePublicNkey('account', new Uint8Array(32));
    for (const text of [account, 'UABC', '']) {
      expect(() => authenticatorOf({ users: [{ user: text, nkey: text }] })).toThrow(/not a valid public nkey/);
    }
  });
});
