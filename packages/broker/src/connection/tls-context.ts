/** `tls` options → a context that the network can do handshakes with: reads the files, refuses what cannot be used. */
import type { Env } from '../env/env.ts';
import type { TlsContext } from '../env/tls.ts';
import type { ResolvedOptions, TlsOptions } from '../options.ts';

/** Time for a handshake when the options do not say. */
export const DEFAULT_TLS_TIMEOUT_MS = 2000;

/** @throws the system's error for a missing file, or what is wrong with a certificate. */
export async function makeTlsContext(options: TlsOptions, env: Env): Promise<TlsContext> {
  const { disk, net } = env;
  return net.makeTlsContext({
    pairs: options.certificates.map(({ certFile, keyFile }) => ({
      cert: disk.readFileSync(certFile),
      key: disk.readFileSync(keyFile),
    })),
    ca: options.caFile === undefined ? undefined : disk.readFileSync(options.caFile),
    ...(options.isInsecure === true ? { isInsecure: true } : {}),
    mustVerify: options.verify === true || options.verifyAndMap === true,
    cipherSuites: options.cipherSuites ?? [],
    curves: options.curvePreferences ?? [],
    minVersion: options.minVersion ?? '1.2',
    timeoutMs: options.timeoutMs ?? DEFAULT_TLS_TIMEOUT_MS,
  });
}

/** What the monitoring pages are served with: the certificates of the clients' port, none asked of those who read. */
export async function makeMonitorTlsContext({ monitor, tls }: ResolvedOptions, env: Env): Promise<TlsContext | undefined> {
  if (monitor?.isTls !== true || tls === undefined) return undefined;
  return makeTlsContext({ ...tls, verify: false, verifyAndMap: false }, env);
}
