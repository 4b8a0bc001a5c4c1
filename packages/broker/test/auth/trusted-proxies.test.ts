/** Users that must come through a proxy which signs the nonce for them (ADR-55). */
import { generateKeyPairSync, sign } from 'node:crypto';
import { encodePublicNkey } from '@sluice/protocol';
import { describe, expect, it } from 'vitest';
import type { Authenticator } from '../../src/auth/authenticator.ts';
import { ProxyAuthenticator } from '../../src/auth/trusted-proxies.ts';
import { Broker } from '../../src/broker.ts';
import { parseConnectOptions } from '../../src/client/connect-options.ts';
import { connectLine, RawClient } from '../support/raw-client.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const proxyKey = encodePublicNkey('user', publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
const nonce = 'a-nonce';
const goodSignature = sign(null, Buffer.from(nonce), privateKey).toString('base64url');

function outcome(isRequired: boolean, signature: string): string {
  const identity = { user: 'u', account: '$G', permissions: undefined, ...(isRequired ? { proxyRequired: true } : {}) };
  const inner: Authenticator = {
    isRequired: true,
    isRequiredOnWebSocket: true,
    needsNonce: false,
    anonymous: () => undefined,
    authenticate: () => ({ ok: true, identity }),
  };
  const parsed = parseConnectOptions(JSON.stringify({ user: 'u', proxy_sig: signature }), null);
  if (!parsed.ok) throw new Error(parsed.error);
  const connect = parsed.options;
  const peer = { address: '127.0.0.1', port: 1, kind: 'tcp' as const, isTls: false };
  const result = new ProxyAuthenticator(inner, [proxyKey]).authenticate({ cid: 1, peer, connect, nonce });
  if (result instanceof Promise) throw new Error('no promise was expected');
  return result.ok ? `in by ${result.identity.proxyKey ?? 'itself'}` : (result.closedReason ?? 'refused');
}

describe('a trusted proxy', () => {
  it('lets in who it vouches for, and its key is known', () => {
    expect(outcome(true, goodSignature)).toBe(`in by ${proxyKey}`);
    expect(outcome(false, goodSignature)).toBe(`in by ${proxyKey}`);
  });

  it('is needed by a user that is bound to come through one, and by nobody else', () => {
    expect(outcome(true, '')).toBe('Proxy Required');
    expect(outcome(false, '')).toBe('in by itself');
  });

  it('with another signature lets nobody in', () => {
    const wrong = sign(null, Buffer.from('another nonce'), privateKey).toString('base64url');
    expect(outcome(false, wrong)).toBe('Proxy Not Trusted');
    expect(outcome(true, 'junk')).toBe('Proxy Not Trusted');
  });
});

describe('a reload that takes the key of a proxy away', () => {
  it('ends the connections that came through it, and no others', async () => {
    const broker = await Broker.start({
      port: 0,
      trustedProxies: [proxyKey],
      auth: { users: [], user: 'u', password: 'p', timeoutMs: 2000 },
    });
    const [proxied, direct] = [await RawClient.open(broker.port), await RawClient.open(broker.port)];
    const proxySig = sign(null, Buffer.from(String(proxied.info['nonce'])), privateKey).toString('base64url');
    proxied.send(connectLine({ user: 'u', pass: 'p', proxy_sig: proxySig }));
    direct.send(connectLine({ user: 'u', pass: 'p' }));
    await Promise.all([proxied.settle(), direct.settle()]);
    broker.reload({ trustedProxies: [] });
    await proxied.until((text) => text.includes('-ERR'));
    expect(proxied.take()).toContain("-ERR 'Authorization Violation'");
    await direct.settle('PING\r\n');
    expect(direct.isClosed).toBe(false);
    expect(broker.server.clients.closed().map(({ reason }) => reason)).toContain('Proxy Not Trusted');
    for (const client of [proxied, direct]) client.end();
    await broker.stop();
  });
});
