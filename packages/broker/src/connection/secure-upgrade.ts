/** The order of INFO and TLS on a new connection, and what a certificate must be beyond valid. Source: nats-server server/client.go. */
import type { Transport } from '../env/net.ts';
import type { SecureUpgrade, TlsContext, TlsSession } from '../env/tls.ts';
import type { TlsOptions } from '../options.ts';

/** Wait for a TLS hello when both ways are allowed and the client says nothing, before its deadline for CONNECT takes over. */
const ALLOW_NON_TLS_WAIT_MS = 2000;

/** True when the session's certificate is one of the pinned ones, or none are. */
export function isPinned(session: TlsSession | undefined, options: TlsOptions): boolean {
  const { pinnedCerts = [] } = options;
  if (pinnedCerts.length === 0) return true;
  const own = session?.certificates[0];
  return own !== undefined && pinnedCerts.some((pin) => pin.toLowerCase() === own.spkiSha256);
}

/** True when TLS begins before INFO: always, or because whoever connected spoke in the time it has for that, whatever it said. */
export async function beginsWithTls(secure: SecureUpgrade, options: TlsOptions): Promise<boolean> {
  const { handshakeFirst, handshakeFallbackMs = 0 } = options;
  if (handshakeFirst !== true) return false;
  return handshakeFallbackMs === 0 || (await secure.peek(handshakeFallbackMs)) !== 'none';
}

/** Does the handshake, or goes on in the clear where that is allowed. Rejects when it fails. */
export async function secureConnection(
  transport: Transport,
  context: TlsContext,
  options: TlsOptions,
  rules: { readonly mayStayPlain: boolean; readonly isFirst: boolean },
): Promise<void> {
  const { secure } = transport;
  if (secure === undefined) throw new Error('assertion failed: the listener offers no TLS');
  if (rules.mayStayPlain && (await secure.peek(ALLOW_NON_TLS_WAIT_MS)) !== 'tls') {
    secure.readPlain();
    return;
  }
  const session = await secure.startTls(context, rules.isFirst);
  if (isPinned(session, options)) return;
  transport.destroy();
  throw new Error('the certificate is not pinned');
}
