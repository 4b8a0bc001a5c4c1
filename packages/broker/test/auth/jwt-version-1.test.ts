/** JWTs of version 1, as `nsc` wrote them before 2021 and as clients' suites still show them. */
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import { connect, jwtAuthenticator } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { asAddressBlocks, decodeJwt } from '../../src/auth/jwt/decode-jwt.ts';
import { Broker } from '../../src/broker.ts';
import { claimType } from '../../src/config/operator.ts';

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');

/** The signature is over the claims alone, the algorithm has its old name, the type stands beside `nats`. */
function signVersion1(type: string, about: KeyPair, issuer: KeyPair, more: object = {}): string {
  const claims = {
    jti: 'X',
    iat: 1_553_840_337,
    iss: issuer.getPublicKey(),
    name: 'n',
    sub: about.getPublicKey(),
    type,
    ...more,
  };
  const body = base64(JSON.stringify(claims));
  return `${base64('{"typ":"jwt","alg":"ed25519"}')}.${body}.${base64(issuer.sign(Buffer.from(body)))}`;
}

describe('JWTs of version 1', () => {
  it('let a user in that its account has signed', async () => {
    const [operator, account, user] = [createOperator(), createAccount(), createUser()];
    const operators = [signVersion1('operator', operator, operator)];
    const limits = { subs: -1, conn: -1, data: -1, payload: -1 };
    const preload = { [account.getPublicKey()]: signVersion1('account', account, operator, { nats: { limits } }) };
    const broker = await Broker.start({ port: 0, operator: { operators, trustedKeys: [], preload } });
    try {
      const jwt = signVersion1('user', user, account, { nats: { pub: {}, sub: {} } });
      const connection = await connect({ servers: broker.url, authenticator: jwtAuthenticator(jwt, user.getSeed()) });
      await connection.flush();
      expect([...broker.server.clients.values()][0]?.account?.name).toBe(account.getPublicKey());
      await connection.close();
    } finally {
      await broker.stop();
    }
  });

  it('keep tags and the account of a signing key where version 2 has them', () => {
    const jwt = signVersion1('user', createUser(), createAccount(), {
      issuer_account: 'A',
      tags: ['t'],
      nats: { src: '::1/128' },
    });
    const decoded = decodeJwt(jwt);
    expect(decoded).toMatchObject({ ok: true, claims: { type: 'user', nats: { issuer_account: 'A', tags: ['t'] } } });
  });

  it('are refused when their claims were altered, or name a version that is not known', () => {
    const jwt = signVersion1('operator', createOperator(), createOperator());
    const [header = '', body = '', signature = ''] = jwt.split('.');
    const altered = base64(Buffer.from(body, 'base64url').toString().replace('"n"', '"m"'));
    expect(decodeJwt(`${header}.${altered}.${signature}`)).toMatchObject({ error: 'claim failed V1 signature verification' });
    const typeless = signVersion1('', createUser(), createAccount(), { nats: { type: 'user', version: 3 } });
    expect(decodeJwt(typeless)).toMatchObject({ ok: false });
  });

  it('are refused when a user has the limit `max`, which nobody would hold it to', () => {
    const user = (max: number): string => signVersion1('user', createUser(), createAccount(), { nats: { max } });
    expect(decodeJwt(user(-1)).ok).toBe(true);
    expect(decodeJwt(user(10)).ok).toBe(false);
  });

  it('are told from other texts in the configuration by their type', () => {
    const account = signVersion1('account', createAccount(), createOperator(), { nats: { limits: {} } });
    expect(claimType(account)).toBe('account');
    expect(claimType('a.b.c')).toBeUndefined();
  });
});

describe('address blocks of a user', () => {
  it('may be one text with commas, as version 1 had it', () => {
    expect(asAddressBlocks('10.0.0.0/8, ::1/128,')).toEqual(['10.0.0.0/8', '::1/128']);
    expect(asAddressBlocks(['10.0.0.0/8'])).toEqual(['10.0.0.0/8']);
    expect(asAddressBlocks(undefined)).toEqual([]);
  });
});
