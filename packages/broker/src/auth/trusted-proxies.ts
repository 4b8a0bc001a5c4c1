/**
 * Protocol-aware proxies: one signs the nonce of INFO for the client behind it, and users may be bound to come through one.
 * Source: ADR-55; nats-server server/auth.go proxyCheck.
 */
import { closedReasons } from '@sluice/protocol';
import type { Peer } from '../env/net.ts';
import type { Authenticator, AuthRefusal, AuthRequest, AuthResult, Identity } from './authenticator.ts';
import { isSignedBy } from './nkey-signature.ts';

/** What becomes of whoever a stranger vouches for. */
export const proxyNotTrusted: AuthRefusal = {
  ok: false,
  reason: 'proxy is not trusted',
  closedReason: closedReasons.proxyNotTrusted,
};

/** An authenticator whose users may have to come through one of the proxies with these public keys. */
export class ProxyAuthenticator implements Authenticator {
  readonly isRequired: boolean;
  readonly isRequiredOnWebSocket: boolean;
  readonly needsNonce: boolean;
  private readonly inner: Authenticator;
  private readonly trustedKeys: readonly string[];

  constructor(inner: Authenticator, trustedKeys: readonly string[]) {
    this.inner = inner;
    this.trustedKeys = trustedKeys;
    this.isRequired = inner.isRequired;
    this.isRequiredOnWebSocket = inner.isRequiredOnWebSocket;
    this.needsNonce = inner.needsNonce || trustedKeys.length > 0;
  }

  anonymous(peer: Peer): Identity | undefined {
    return this.inner.anonymous(peer);
  }

  authenticate(request: AuthRequest): AuthResult | Promise<AuthResult> {
    const signature = request.connect.proxy_sig ?? '';
    const proxyKey = signature === '' ? undefined : this.trustedKeys.find((key) => isSignedBy(key, request.nonce, signature));
    if (signature !== '' && proxyKey === undefined) return proxyNotTrusted;
    const answer = this.inner.authenticate(request);
    return answer instanceof Promise ? answer.then((result) => withProxy(result, proxyKey)) : withProxy(answer, proxyKey);
  }

  stop(): void | Promise<void> {
    return this.inner.stop?.();
  }
}

function withProxy(result: AuthResult, proxyKey: string | undefined): AuthResult {
  if (!result.ok) return result;
  if (proxyKey !== undefined) return { ok: true, identity: { ...result.identity, proxyKey } };
  if (result.identity.proxyRequired !== true) return result;
  const refusal = { ok: false as const, reason: 'proxy connection required', closedReason: closedReasons.proxyRequired };
  const { callout } = result.identity;
  if (callout === undefined) return refusal;
  const reason = 'Proxy connection required';
  return { ...refusal, warning: reason, told: { account: callout.account, reason } };
}
