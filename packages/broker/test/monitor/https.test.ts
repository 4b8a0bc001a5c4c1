/** Monitoring over HTTPS: with the certificates of the clients' port, for readers without one, and with renewed ones after a reload. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Broker } from '../../src/broker.ts';

const file = (name: string): string => fileURLToPath(new URL(`../tls/certificates/${name}.pem`, import.meta.url));
const pair = (name: string) => ({ certFile: file(name), keyFile: file(`${name}-key`) });
const ca = readFileSync(file('ca'));

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBroker(): Promise<Broker> {
  const broker = await Broker.start({
    port: 0,
    tls: { certificates: [pair('server')], verify: true, caFile: file('ca') },
    monitor: { host: '127.0.0.1', port: 0, basePath: '', allowedHosts: [], isTls: true },
  });
  ends.push(() => broker.stop());
  return broker;
}

interface Page {
  readonly body: string;
  readonly certificate: string;
}

function read(broker: Broker, path: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: broker.monitorPort, path, ca, servername: 'localhost', agent: false } as const;
    get({ ...options, checkServerIdentity: () => undefined }, (response) => {
      const socket = response.socket as import('node:tls').TLSSocket;
      const certificate = socket.getPeerCertificate().fingerprint256;
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => resolve({ body, certificate }));
    }).on('error', reject);
  });
}

function sendPlain(port: number | undefined, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port ?? 0, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => undefined);
  });
}

describe('the monitoring port with TLS', () => {
  it('serves readers without a certificate, also when clients need one', async () => {
    const broker = await startBroker();
    const varz = JSON.parse((await read(broker, '/varz')).body) as Record<string, unknown>;
    expect(varz).toMatchObject({ http_port: 0, https_port: broker.monitorPort, tls_verify: true });
    const { validTo } = new X509Certificate(readFileSync(file('server')));
    expect(new Date(String(varz['tls_cert_not_after'])).getTime()).toBe(new Date(validTo).getTime());
  });

  it('says to a request in the clear what is wrong, and goes on', async () => {
    const broker = await startBroker();
    const answer = await sendPlain(broker.monitorPort, 'GET /varz HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer).toBe('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
    expect((await read(broker, '/healthz')).body).toContain('ok');
  });

  it('stops while connections stand in the middle of a handshake', async () => {
    const broker = await startBroker();
    const socket = connect(broker.monitorPort ?? 0, '127.0.0.1', () => socket.write(Buffer.from([0x16, 3, 1])));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await broker.stop();
    await closed;
  });

  it('serves the renewed certificate after a reload', async () => {
    const broker = await startBroker();
    const before = await read(broker, '/healthz');
    broker.reload({ ...broker.server.options, tls: { certificates: [pair('other')] } });
    await expect.poll(async () => (await read(broker, '/healthz')).certificate).not.toBe(before.certificate);
  });
});
