/** A client whose certificate is not trusted is told so by an alert, and the log says why. */
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';
import { nodeEnv } from '../../src/index.ts';

const file = (name: string): string => fileURLToPath(new URL(`./certificates/${name}.pem`, import.meta.url));
const pairOf = (name: string) => ({ cert: readFileSync(file(name)), key: readFileSync(file(`${name}-key`)) });
const UNKNOWN =
  /^[\d.]+:\d+ - cid:\d+ - TLS handshake error: tls: failed to verify certificate: x509: certificate signed by unknown authority \(CN=stranger SHA-256: [0-9a-f]{64}\)$/;
const EXPIRED =
  /TLS handshake error: tls: failed to verify certificate: x509: certificate has expired or is not yet valid \(CN=expired,O=Sluice SHA-256: [0-9a-f]{64}\)$/;

/** How a connection with these options ends: the code of the error, or the first word that the server says inside. */
function outcomeOf(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: readFileSync(file('ca')), ...options });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve('closed'));
    socket.on('data', (chunk: Buffer) => {
      resolve(chunk.toString('latin1').split(' ')[0] ?? '');
      socket.destroy();
    });
  });
}

/** Whether a connection is a resumed one, and what the next may be resumed with. */
function connectionOf(port: number, options: ConnectionOptions): Promise<{ isReused: boolean; session: Buffer | undefined }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: readFileSync(file('ca')), ...options });
    socket.on('error', reject);
    // Tickets of TLS 1.3 come after the handshake and before the first data.
    socket.once('data', () => {
      resolve({ isReused: socket.isSessionReused(), session: socket.getSession() });
      socket.destroy();
    });
  });
}

/** A broker that trusts the authority in `caFile`, and what it writes to its log. */
function useVerifyingBroker(caFile: string): { readonly port: number; takeLines(): string[] } {
  let started: Broker | undefined;
  let lines: string[] = [];
  beforeAll(async () => {
    const log = { isDebug: false, isTrace: false, write: (_level: string, text: string) => void lines.push(text) };
    const certificates = [{ certFile: file('server'), keyFile: file('server-key') }];
    const tls = { certificates, verify: true, caFile, handshakeFirst: true };
    started = await Broker.start({ port: 0, tls }, nodeEnv(log));
  });
  afterAll(() => started?.stop());
  return {
    get port() {
      if (started === undefined) throw new Error('the broker has not started');
      return started.port;
    },
    takeLines: () => {
      const taken = lines;
      lines = [];
      return taken;
    },
  };
}

describe('a certificate of an unknown authority', () => {
  const broker = useVerifyingBroker(file('ca'));

  it.each<[string, ConnectionOptions]>([
    ['TLS 1.2', { maxVersion: 'TLSv1.2' }],
    ['TLS 1.3 with AES-128', { ciphers: 'TLS_AES_128_GCM_SHA256' }],
    ['TLS 1.3 with AES-256', { ciphers: 'TLS_AES_256_GCM_SHA384' }],
    ['TLS 1.3 with ChaCha20', { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }],
  ])('is refused with an alert in %s', async (_name, options) => {
    broker.takeLines();
    expect(await outcomeOf(broker.port, { ...options, ...pairOf('stranger') })).toBe('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA');
    expect(broker.takeLines().filter((line) => UNKNOWN.test(line))).toHaveLength(1);
    expect(await outcomeOf(broker.port, { ...options, ...pairOf('client') })).toBe('INFO');
  });

  it('is not what a client without any is told', async () => {
    expect(await outcomeOf(broker.port, {})).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
    expect(await outcomeOf(broker.port, { maxVersion: 'TLSv1.2' })).toBe('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE');
  });
});

describe('a certificate that has expired', () => {
  const broker = useVerifyingBroker(file('expired'));

  it('is refused with an alert of its own', async () => {
    expect(await outcomeOf(broker.port, pairOf('expired'))).toBe('ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED');
    expect(broker.takeLines().filter((line) => EXPIRED.test(line))).toHaveLength(1);
  });
});

describe('a session of a client that must be verified', () => {
  const broker = useVerifyingBroker(file('ca'));

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('of %s is not resumed: the certificate may have expired since', async (maxVersion) => {
    const options = { maxVersion, ...pairOf('client') };
    const first = await connectionOf(broker.port, options);
    const second = await connectionOf(broker.port, { ...options, session: first.session });
    expect(second.isReused).toBe(false);
  });
});
