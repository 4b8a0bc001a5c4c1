/** Routes over TLS: both sides prove who they are. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { nodeEnv } from '../../src/index.ts';
import type { TlsOptions } from '../../src/options.ts';
import { eventually, formed, useCluster } from '../support/use-cluster.ts';

const file = (name: string): string => fileURLToPath(new URL(`../tls/certificates/${name}.pem`, import.meta.url));
const tlsOf = (name: string, more: Partial<TlsOptions> = {}): TlsOptions => ({
  certificates: [{ certFile: file(name), keyFile: file(`${name}-key`) }],
  caFile: file('ca'),
  verify: true,
  ...more,
});

describe('routes over TLS', () => {
  const cluster = useCluster();

  it('carry messages between servers that trust each other', async () => {
    const first = await cluster.start([], { tls: tlsOf('server') });
    const second = await cluster.start([first], { tls: tlsOf('server') });
    await formed(first, second);
    const here = await cluster.client(first);
    const there = await cluster.client(second);
    await here.settle('SUB s 1\r\n');
    const payload = 'x'.repeat(300_000);
    await eventually(() => second.server.globalAccount.hasInterest('s'));
    there.send(`PUB s 300000\r\n${payload}\r\n`);
    await here.until((text) => text.includes(`MSG s 1 300000\r\n${payload}\r\n`));
    expect(first.server.cluster?.tlsNotAfterMs).toBeGreaterThan(Date.now());
  });

  it('are refused to a stranger, and to whoever speaks in the clear', async () => {
    const lines: string[] = [];
    const env = nodeEnv({ isDebug: false, isTrace: false, write: (level, text) => void lines.push(`${level} ${text}`) });
    const first = await cluster.start([], { tls: tlsOf('server') }, {}, env);
    await cluster.start([first], { tls: tlsOf('stranger', { isInsecure: true }) });
    await cluster.start([first], {});
    await eventually(() => lines.filter((line) => line.includes('TLS route handshake error')).length >= 2);
    expect(first.server.cluster?.remoteCount).toBe(0);
  });

  it('are not opened to a server that is not who it should be, unless that is allowed', async () => {
    const first = await cluster.start([], { tls: tlsOf('client') });
    const careful = await cluster.start([first], { tls: tlsOf('server') });
    const careless = await cluster.start([first], { tls: tlsOf('server', { isInsecure: true }) });
    await eventually(() => careless.server.cluster?.remoteCount === 1);
    expect(careful.server.cluster?.routes().some(({ didSolicit }) => didSolicit)).toBe(false);
  });
});
