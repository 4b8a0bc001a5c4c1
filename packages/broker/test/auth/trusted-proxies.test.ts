/** Users that must come through a proxy which signs the nonce for them (ADR-55). */
import { generateKeyPairSync, sign } from 'node:crypto';
import { encodePublicNkey } from '@sluice/protocol';
import { describe, expect, it } from 'vitest';
import type { Authenticator } from '../../src/auth/authenticator.ts';
import { ProxyAuthenticator } from '../../src/auth/trusted-proxies.ts';
import { parseConnectOptions } from '../../src/client/connect-options.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const proxyKey = encodePublicNkey('user', publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
const nonce = 'a-nonce';
const goodSignature = sign(null, Buffer.from(nonce), privateKey).toString('base64url');

function outcome(isRequired: boolean, signature: string): string {
  const identity = { user: 'u', account: '$G', permissions: undefined, ...(isRequired ? { proxyRequired: true } : {}) };
  const inner: Authenticator = {
    isRequired: true,
    needsNonce: false,
    anonymous: () => undefined,
    authenticate: () => ({ ok: true, identity }),
  };
  const parsed = parseConnectOptions(JSON.stringify({ user: 'u', proxy_sig: signature }));
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
